"""The measures of scikit-learn, scipy and numpy for the rows of a CSV file (score, label, weight, treated), one
"name value" line each. Started by oracle_test.cpp."""

import sys

import numpy as np
from scipy import stats
from sklearn import calibration, metrics


def measures(suffix, score, label, weight):
    yield "auc" + suffix, metrics.roc_auc_score(label, score, sample_weight=weight)
    false_positive, true_positive, _ = metrics.roc_curve(label, score, sample_weight=weight, drop_intermediate=False)
    yield "ks" + suffix, np.max(np.abs(true_positive - false_positive))
    yield "average_precision" + suffix, metrics.average_precision_score(label, score, sample_weight=weight)
    # By hand: the clipping of log_loss changed between versions of scikit-learn.
    yield "log_loss" + suffix, metrics.log_loss(label, np.clip(score, 2.0**-52, 1 - 2.0**-52), sample_weight=weight)
    yield "brier" + suffix, metrics.brier_score_loss(label, score, sample_weight=weight)


def qini_area(score, label, treated):
    order = np.argsort(-score, kind="stable")
    score, label, treated = score[order], label[order], treated[order]
    last = np.r_[np.nonzero(np.diff(score))[0], len(score) - 1]
    n_t, n_c = np.cumsum(treated)[last], np.cumsum(1 - treated)[last]
    y_t, y_c = np.cumsum(label * treated)[last], np.cumsum(label * (1 - treated))[last]
    q = y_t - np.where(n_c > 0, y_c * n_t / np.maximum(n_c, 1), 0)
    share = np.r_[0, (last + 1) / len(score)]
    return np.trapz(np.r_[0, q], share) - q[-1] / 2


def auuc(score, label, treated):
    order = np.argsort(-score, kind="stable")
    score, label, treated = score[order], label[order], treated[order]
    last = np.r_[np.nonzero(np.diff(score))[0], len(score) - 1]
    n_t, n_c = np.cumsum(treated)[last], np.cumsum(1 - treated)[last]
    y_t, y_c = np.cumsum(label * treated)[last], np.cumsum(label * (1 - treated))[last]
    rates = y_t / np.maximum(n_t, 1) - y_c / np.maximum(n_c, 1)
    curve = np.where((n_t > 0) & (n_c > 0), rates * (n_t + n_c), 0)
    return np.trapz(np.r_[0, curve], np.r_[0, (last + 1) / len(score)]) / len(score)


def main():
    score, label, weight, treated = np.loadtxt(sys.argv[1], delimiter=",", unpack=True)
    lines = list(measures("", score, label, None)) + list(measures("_weighted", score, label, weight))
    observed, predicted = calibration.calibration_curve(label, score, n_bins=10, strategy="uniform")
    count = np.histogram(score, np.linspace(0, 1, 11))[0]
    count = count[count > 0]
    lines.append(("ece_by_width", np.sum(count * np.abs(observed - predicted)) / len(score)))
    with np.errstate(divide="ignore"):  # a bin of certain predictions that fail is infinite
        chi = np.sum(count * (observed - predicted) ** 2 / (predicted * (1 - predicted)))
    lines.append(("hosmer_lemeshow", chi))
    lines.append(("hosmer_lemeshow_p", stats.chi2.sf(chi, len(count))))
    lines.append(("qini_area", qini_area(score, label, treated)))
    lines.append(("auuc", auuc(score, label, treated)))
    for name, value in lines:
        print(name, repr(float(value)))


main()
