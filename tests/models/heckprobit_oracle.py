"""A direct maximisation of the likelihood of probit with sample selection by scipy; exit 1 where ours differs by more
than 1e-4.

heckprobit_oracle.py FILE: a line of ours (f: intercept and two columns, g: intercept and one column, rho, log-likelihood),
then rows of two columns of f, one of g, response, default (255: unknown)."""

import sys

import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal, norm

with open(sys.argv[1]) as file:
    ours = np.array([float(value) for value in file.readline().split(",")])
    rows = np.loadtxt(file, delimiter=",")
x = np.c_[np.ones(len(rows)), rows[:, :2]]
z = np.c_[np.ones(len(rows)), rows[:, 2]]
response, label = rows[:, 3], rows[:, 4]
known = (response == 1) & (label <= 1)
place, weight = np.polynomial.legendre.leggauss(48)


def both(a, b, rho):
    """P(X <= a, Y <= b): the integral over the correlation (Sheppard 1900), not the program's formula for tails."""
    r = rho[:, None] * (place[None] + 1) / 2
    density = np.exp(-(a[:, None] ** 2 - 2 * r * a[:, None] * b[:, None] + b[:, None] ** 2) / (2 * (1 - r * r)))
    return norm.cdf(a) * norm.cdf(b) + rho / 2 * ((density / np.sqrt(1 - r * r)) @ weight) / (2 * np.pi)


check = multivariate_normal.cdf([0.3, -0.8], cov=[[1, 0.6], [0.6, 1]])
assert abs(both(np.array([0.3]), np.array([-0.8]), np.array([0.6]))[0] - check) < 1e-5


def loss(theta):
    f, g, rho = x @ theta[:3], z @ theta[3:5], np.tanh(theta[5])
    q = 2 * label[known] - 1
    p = both(f[known], q * g[known], q * rho)
    total = np.log(np.maximum(p, 1e-300)).sum() + norm.logcdf(-f[response == 0]).sum()
    return -(total + norm.logcdf(f[(response == 1) & ~known]).sum())


best = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-4, "maxiter": 500})
best = minimize(loss, best.x, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000})
theirs = np.r_[best.x[:5], np.tanh(best.x[5]), -best.fun]
print("heckprobit, ours minus scipy:", ours - theirs)
sys.exit(bool(np.max(np.abs(ours - theirs)) > 1e-4))
