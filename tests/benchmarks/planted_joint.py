#!/usr/bin/python3
"""planted_joint.py RUN BOOK: of a joint default model on a synthetic training book, in one line:
 - rho, its standard error and interval (two numbers), maximum and interval of the profile;
 - by how much the held-out joint log-likelihood (per contact, valid and test rows) beats the independent model without
   and with the excluded inputs;
 - the mean PD of those who did not take: planted, joint, independent without and with;
 - root mean square errors of the PD of a row that did not take: joint, without, with;
 - root mean square errors of the PD of a taker under a re-drawn offer, weighted by the planted take-up: joint, without,
   with. 20,000 contacts, each asked about a loan whose rate, limit, term and channel are drawn anew, all as likely, and
   contracted at the rate offered;
 - of those, by rate: mean PD by the joint model over the planted mean (rates rise).
The independent models are `default_without` and `default_with` of the run."""
import json
import sys

import h5py
import numpy as np
from scipy.special import ndtr

import planted

folder, book = sys.argv[1], h5py.File(sys.argv[2])
joint = json.load(open(f"{folder}/metrics.json"))["default"]["joint"]
rho = float(book.attrs["rho"])
some = 20000
forests = {name: planted.Forest(folder, name) for name in ("response", "default", "default_without", "default_with")}


def root_mean_square(values, weights=None):
    return np.sqrt(np.average(values * values, weights=weights))


def held_out(model, measure):
    parts = [joint["comparison"][part] for part in ("valid", "test") if part in joint["comparison"]]
    return np.average([part[model][measure] for part in parts], weights=[float(part["contacts"]) for part in parts])


models = ("joint", "independent_without_excluded", "independent_with_excluded")
fits = [held_out(model, "joint_log_likelihood") for model in models]
line = [joint["rho"], joint["standard_error"], *joint["interval_95"], joint["profile"]["rho"],
        *joint["profile"]["interval_95"], fits[0] - fits[1], fits[0] - fits[2]]

others = np.flatnonzero(book["outcome/responded"][:] == 0)
terms = ("product", "channel", "limit", "apr", "contract_apr", "term")
offers = {name: book[f"offer/{name}"][:][others].astype(float) for name in terms}
line.append(ndtr(planted.default_index(planted.truth_of(book, others), offers)).mean())
line += [held_out(model, "mean_pd_of_non_takers") for model in models]

asked = others[:some]
offer = {name: values[:some] for name, values in offers.items()}
true = ndtr(planted.default_index(planted.truth_of(book, asked), offer))
for name in ("default", "default_without", "default_with"):
    line.append(root_mean_square(ndtr(forests[name].margins(book, asked, offer)) - true))

draw = np.random.default_rng(1)
told = {name: np.unique(book[f"offer/{name}"][:][book["offer/product"][:] == planted.personal_loan]).astype(float)
        for name in ("limit", "apr", "term")}
asked = np.arange(some)
offer = {name: draw.choice(values[np.isfinite(values)], some) for name, values in told.items()}
offer |= {"product": np.zeros(some), "channel": draw.integers(0, 2, some), "contract_apr": offer["apr"]}
truth = planted.truth_of(book, asked)
f = planted.take_index(truth, offer)
take, true = ndtr(f), planted.pd_of_takers(f, planted.default_index(truth, offer), rho)
margins = {name: forest.margins(book, asked, offer) for name, forest in forests.items()}
ours = planted.pd_of_takers(margins["response"], margins["default"], joint["rho"])
for pd in (ours, ndtr(margins["default_without"]), ndtr(margins["default_with"])):
    line.append(root_mean_square(pd - true, take))
for rate in np.unique(offer["apr"]):
    own = offer["apr"] == rate
    line.append((take * ours)[own].sum() / (take * true)[own].sum())
print(*line)
