"""What scikit-learn and the formula of standard errors say of weighted rows; exit 1 where it differs by more than 1e-9.

logistic_oracle.py FILE RIDGE: three lines of ours (coefficients, standard errors, p; intercept first, then a 0), then
rows of three columns, label, weight."""

import sys

import numpy as np
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

lines = np.loadtxt(sys.argv[1], delimiter=",")
ridge = float(sys.argv[2])
(coefficient, error, p), rows = lines[:3, :4], lines[3:]
x, label, weight = rows[:, :3], rows[:, 3], rows[:, 4]
scale = np.array([1.0, 1.0, 100.0])  # so that its solver, too, converges to the last digits
if ridge == 0:
    model = LogisticRegression(penalty=None, solver="newton-cholesky", tol=1e-14, max_iter=1000)
    model.fit(x / scale, label, sample_weight=weight)
    theirs = np.r_[model.intercept_, model.coef_[0] / scale]
else:
    model = LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-14, max_iter=1000)
    model.fit(x, label, sample_weight=weight)
    theirs = np.r_[model.intercept_, model.coef_[0]]
design = np.c_[np.ones(len(x)), x]
chance = 1 / (1 + np.exp(-design @ theirs))
information = (design.T * (weight * chance * (1 - chance))) @ design + ridge * np.diag([0, 1, 1, 1])
errors = np.sqrt(np.diag(np.linalg.inv(information)))
differences = [np.max(np.abs(coefficient - theirs)), np.max(np.abs(error / errors - 1)),
               np.max(np.abs(p - 2 * norm.sf(np.abs(theirs / errors))))]
print("logistic regression, ridge", ridge, "largest differences:", *differences)
sys.exit(any(difference > 1e-9 for difference in differences))
