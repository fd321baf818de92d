#!/usr/bin/python3
"""planted_pd.py BOOK SCORES RHO: the scores' PD given take-up against what is planted in a synthetic population book, per
rate of the personal loans: means weighted by the planted take-up, their ratio, and the root mean square error of a pair.
Exit 1 where a mean is more than 5 % off."""
import sys

import h5py
import numpy as np
from scipy.special import ndtr

import planted

book, scores, rho = h5py.File(sys.argv[1]), h5py.File(sys.argv[2]), float(sys.argv[3])
row_of = {int(number): row for row, number in enumerate(book["borrower/id"][:])}
truth = planted.truth_of(book, [row_of[int(number)] for number in scores["borrower/id"][:]])
catalog = {name: scores[f"catalog/{name}"][:] for name in ("apr", "limit", "term", "channel", "product")}
products = [name.decode() for name in scores["catalog/products"][:]]
channels = [name.decode() for name in scores["catalog/channels"][:]]
pd = scores["score/p_default"][:].astype(float)
bands, failed = {}, False
for j, apr in enumerate(catalog["apr"]):
    if products[catalog["product"][j]] != "personal_loan":
        continue
    channel = planted.phone if channels[catalog["channel"][j]] == "phone" else planted.mail
    offer = {"product": planted.personal_loan, "channel": channel, "limit": float(catalog["limit"][j]), "apr": apr,
             "contract_apr": apr, "term": float(catalog["term"][j])}
    f = planted.take_index(truth, offer)
    true = planted.pd_of_takers(f, planted.default_index(truth, offer), rho)
    bands.setdefault(float(apr), []).append((ndtr(f), true, pd[:, j]))
print("   apr  planted   scored   ratio    rmse")
for apr, parts in sorted(bands.items()):
    take, true, scored = (np.concatenate(values) for values in zip(*parts))
    means = (take * true).sum() / take.sum(), (take * scored).sum() / take.sum()
    failed |= abs(means[1] / means[0] - 1) > 0.05
    error = np.sqrt(np.mean((true - scored) ** 2))
    print(f"{apr:6.3f} {means[0]:8.4f} {means[1]:8.4f} {means[1] / means[0]:7.4f} {error:7.4f}")
sys.exit(failed)
