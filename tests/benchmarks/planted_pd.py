#!/usr/bin/python3
"""planted_pd.py BOOK SCORES RHO: the scores' PD given take-up against what is planted in a synthetic population book, per
rate of the personal loans: means weighted by the planted take-up, their ratio, and the root mean square error of a pair.
Exit 1 where a mean is more than 5 % off."""
import sys

import h5py
import numpy as np
from scipy.special import ndtr

place, weight = np.polynomial.legendre.leggauss(32)


def both(x, y, rho):
    """P(X <= x, Y <= y) by the integral over the sine of the correlation."""
    angle = np.arcsin(rho)
    sine = np.sin(angle * (place + 1) / 2)[None]
    x, y = x[:, None], y[:, None]
    density = np.exp(-(x * x - 2 * sine * x * y + y * y) / (2 * (1 - sine * sine)))
    return ndtr(x[:, 0]) * ndtr(y[:, 0]) + density @ (weight * angle / 2) / (2 * np.pi)


book, scores, rho = h5py.File(sys.argv[1]), h5py.File(sys.argv[2]), float(sys.argv[3])
row_of = {int(number): row for row, number in enumerate(book["borrower/id"][:])}
rows = [row_of[int(number)] for number in scores["borrower/id"][:]]
names = [name.decode() for name in book["truth/name"][:]]
truth = dict(zip(names, book["truth/row"][:][rows].astype(float).T))
catalog = {name: scores[f"catalog/{name}"][:] for name in ("apr", "limit", "term", "channel", "product")}
products = [name.decode() for name in scores["catalog/products"][:]]
channels = [name.decode() for name in scores["catalog/channels"][:]]
pd = scores["score/p_default"][:].astype(float)
bands, failed = {}, False
for j, apr in enumerate(catalog["apr"]):
    if products[catalog["product"][j]] != "personal_loan":
        continue
    limit, term = float(catalog["limit"][j]), float(catalog["term"][j])
    f = truth["f_loan"] - truth["apr_sensitivity"] * (apr - 0.15)
    f -= truth["competitor_sensitivity"] * np.maximum(0, apr - truth["competitor_apr"])
    f += truth["limit_sensitivity"] * np.log(limit / 5000) + truth["term_sensitivity"] * np.log(term / 36)
    if channels[catalog["channel"][j]] == "phone":
        f += truth["f_phone"]
    g = truth["g_base"] + truth["g_apr_sensitivity"] * (apr - 0.15)
    g += truth["g_burden"] * np.log1p(limit / (2 * truth["income"]))
    take = ndtr(f)
    bands.setdefault(float(apr), []).append((take, both(f, g, rho) / np.maximum(take, 1e-12), pd[:, j]))
print("   apr  planted   scored   ratio    rmse")
for apr, parts in sorted(bands.items()):
    take, planted, scored = (np.concatenate(values) for values in zip(*parts))
    means = (take * planted).sum() / take.sum(), (take * scored).sum() / take.sum()
    failed |= abs(means[1] / means[0] - 1) > 0.05
    error = np.sqrt(np.mean((planted - scored) ** 2))
    print(f"{apr:6.3f} {means[0]:8.4f} {means[1]:8.4f} {means[1] / means[0]:7.4f} {error:7.4f}")
sys.exit(failed)
