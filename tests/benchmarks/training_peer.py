#!/usr/bin/python3
"""The rounds of a response model by Python's xgboost, two threads. Started by training_cost.sh.

training_peer.py BOOK ROUNDS DEPTH SECONDS      SECONDS: what proffer's rounds took inside XGBoost, at two ranks.
"""
import sys
import time

import h5py
import numpy as np
import xgboost


def main():
    rounds, depth, seconds = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    with h5py.File(sys.argv[1]) as book:
        learnt = [role == b"feature" for role in book["/schema/role"][:]]
        label = book["/outcome/responded"][:]
        rows = np.flatnonzero(label < 2)
        rows = rows[np.random.default_rng(1).random(len(rows)) < 0.9]  # about as many as train without the held-out
        terms = [book[f"/offer/{term}"][:].astype(np.float32) for term in ("limit", "apr", "term")]
        values = np.column_stack([book["/borrower/features"][:][:, learnt], *terms])[rows]
    start = time.perf_counter()
    matrix = xgboost.QuantileDMatrix(values, label[rows], max_bin=254, nthread=2)
    built = time.perf_counter() - start
    settings = {"objective": "binary:logistic", "tree_method": "hist", "max_bin": 254, "max_depth": depth, "eta": 0.1,
                "lambda": 1, "min_child_weight": 1, "nthread": 2, "base_score": float(label[rows].mean())}
    xgboost.train(settings, matrix, 1)  # what only the first round does
    start = time.perf_counter()
    xgboost.train(settings, matrix, rounds)
    own = time.perf_counter() - start
    print(f"Python's xgboost {xgboost.__version__}: {rounds} rounds on {values.shape[0]:,} x {values.shape[1]} in "
          f"{own:.2f} s; proffer's take {seconds / own:.2f} of that (its matrix took {built:.2f} s more)")


if __name__ == "__main__":
    main()
