"""Compares exported models with Python's xgboost.

oracle.py margins MODEL VALUES FEATURES MARGINS   margins of the exported model, bit for bit
oracle.py quality VALUES LABELS FEATURES TRAIN    held-out log loss of xgboost's own training, printed
"""
import sys

import numpy as np
import xgboost as xgb


def margins(model, values, features, expected):
    x = np.fromfile(values, np.float32).reshape(-1, int(features))
    booster = xgb.Booster(model_file=model)
    data = xgb.DMatrix(x, feature_names=booster.feature_names)
    got = booster.predict(data, output_margin=True)
    different = np.flatnonzero(got.view(np.uint32) != np.fromfile(expected, np.uint32))
    if len(different):
        sys.exit(f"{len(different)} of {len(x)} margins differ, first at row {different[0]}")


def quality(values, labels, features, train):
    x = np.fromfile(values, np.float32).reshape(-1, int(features))
    y = np.fromfile(labels, np.uint8)
    n = int(train)
    settings = dict(tree_method="hist", objective="binary:logistic", max_depth=4, eta=0.2, nthread=1)
    booster = xgb.train(settings, xgb.DMatrix(x[:n], y[:n]), 40)
    p = booster.predict(xgb.DMatrix(x[n:])).astype(np.float64)
    print(repr(float(-np.mean(np.where(y[n:] == 1, np.log(p), np.log1p(-p))))))


{"margins": margins, "quality": quality}[sys.argv[1]](*sys.argv[2:])
