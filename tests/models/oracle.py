"""What scikit-learn says of the rows of a CSV file; exit 1 where it differs by more than 1e-9.

oracle.py calibration FILE: log-odds, label, and our isotonic, Platt and beta probabilities.
oracle.py contributions STEM: STEM.json, an XGBoost model; STEM.csv, inputs, our contributions, the expected margin."""

import sys

import numpy as np
from scipy.special import log_expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression


def isotonic(odds, label):
    free = IsotonicRegression(out_of_bounds="clip").fit(odds, label)
    rates, places = np.unique(free.predict(odds), return_inverse=True)
    rows = np.bincount(places)
    low, high = rates[0], rates[-1]
    if low == 0:
        low = min(0.5 / (rows[0] + 1), rates[1])
    if high == 1:
        high = max(1 - 0.5 / (rows[-1] + 1), rates[-2])
    return np.clip(free.predict(odds), low, high)


def regression(inputs, label):
    """Maximum likelihood against Platt's targets: each row once as positive, once as negative, weighted."""
    positives, negatives = np.sum(label), np.sum(1 - label)
    target = np.where(label == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    model = LogisticRegression(penalty=None, solver="newton-cholesky", tol=1e-13, max_iter=1000)
    model.fit(np.r_[inputs, inputs], np.r_[np.ones(len(label)), np.zeros(len(label))],
              sample_weight=np.r_[target, 1 - target])
    return model.predict_proba(inputs)[:, 1]


def calibration(file):
    odds, label, *ours = np.loadtxt(file, delimiter=",", unpack=True)
    theirs = [isotonic(odds, label), regression(odds[:, None], label),
              regression(np.c_[log_expit(odds), -log_expit(-odds)], label)]
    return [np.max(np.abs(a - b)) for a, b in zip(ours, theirs)]


def contributions(stem):
    """TreeSHAP is in float there: differences count from 1e-6 on, as 1e-9 do elsewhere."""
    import xgboost
    rows = np.loadtxt(stem + ".csv", delimiter=",")
    inputs = (rows.shape[1] - 1) // 2
    booster = xgboost.Booster(model_file=stem + ".json")
    theirs = booster.predict(xgboost.DMatrix(rows[:, :inputs]), pred_contribs=True, validate_features=False)
    return [np.max(np.abs(theirs - rows[:, inputs:])) / 1000]


differences = {"calibration": calibration, "contributions": contributions}[sys.argv[1]](sys.argv[2])
print(sys.argv[1], "largest differences:", *differences)
sys.exit(any(difference > 1e-9 for difference in differences))
