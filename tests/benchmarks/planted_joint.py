#!/usr/bin/python3
"""planted_joint.py METRICS BOOK: of a joint default model on a synthetic training book, in one line: rho, its standard
error and interval (two numbers), maximum and interval of the profile; by how much the held-out joint log-likelihood (per
contact, valid and test rows) beats the independent model without and with the excluded inputs; and the mean PD of those
who did not take: planted, joint, independent without and with."""
import json
import sys

import h5py
import numpy as np
from scipy.special import ndtr

joint = json.load(open(sys.argv[1]))["default"]["joint"]
book = h5py.File(sys.argv[2])
others = np.flatnonzero(book["outcome/responded"][:] == 0)
names = [name.decode() for name in book["truth/name"][:]]
truth = dict(zip(names, book["truth/row"][:][others].astype(float).T))
offer = {name: book[f"offer/{name}"][:][others].astype(float) for name in ("product", "limit", "contract_apr")}
g = truth["g_base"] + offer["product"] * truth["g_card"] + truth["g_apr_sensitivity"] * (offer["contract_apr"] - 0.15)
g += truth["g_burden"] * np.log1p(offer["limit"] / (2 * truth["income"]))
parts = [joint["comparison"][part] for part in ("valid", "test") if part in joint["comparison"]]
contacts = np.array([part["contacts"] for part in parts], float)


def held_out(model, measure):
    return np.average([part[model][measure] for part in parts], weights=contacts)


models = ("joint", "independent_without_excluded", "independent_with_excluded")
fits = [held_out(model, "joint_log_likelihood") for model in models]
print(joint["rho"], joint["standard_error"], *joint["interval_95"], joint["profile"]["rho"],
      *joint["profile"]["interval_95"], fits[0] - fits[1], fits[0] - fits[2], ndtr(g).mean(),
      *(held_out(model, "mean_pd_of_non_takers") for model in models))
