"""customers.py RUN: models of customers against the planted prospects, and collections.csv against Python's XGBoost."""
import csv
import json
import math
import pathlib
import sys

import h5py
import numpy as np
import xgboost
from sklearn.metrics import roc_auc_score

run = pathlib.Path(sys.argv[1])
metrics = json.loads((run / "metrics.json").read_text())
with h5py.File(run / "books/training.h5") as book:
    names = [name.decode() for name in book["/schema/name"][:]]
    assert book.attrs["customer_months"] == 6
    features = book["/borrower/features"][:]
    outcome = {name: book[f"/outcome/{name}"][:] for name in ("attrited", "repeated", "delinquent")}
    planted = book["/truth/prospects"][:]
customer = ~np.isnan(features[:, names.index("account_months")])
assert 0.35 < customer.mean() < 0.45, customer.mean()
for at, (model, target, rate) in enumerate((("attrition", "attrited", 0.12), ("repeat", "repeated", 0.2),
                                            ("behaviour", "delinquent", 0.06))):
    code = outcome[target]
    known = code <= 1
    assert not (known & ~customer).any(), "an outcome without an account"
    assert abs(code[known].mean() - rate) < 0.01, (target, code[known].mean())
    # The outcomes are drawn from the planted probabilities: calibrated overall, and no model beats them.
    assert abs(code[known].mean() - planted[known, at].mean()) < 0.006, target
    best = roc_auc_score(code[known], planted[known, at])
    test = metrics[model]["test"]
    print(f"{model}: AUC {test['auc']:.3f} on rows kept from training, of at most about {best:.3f}")
    assert test["auc"] > 0.5 + 0.75 * (best - 0.5), (model, test["auc"], best)
    assert abs(test["mean_predicted"] - test["base_rate"]) < 0.015, (model, test["mean_predicted"], test["base_rate"])
assert not (outcome["delinquent"] == 1)[(outcome["attrited"] == 1) | (outcome["repeated"] == 1)].any()

with h5py.File(run / "books/population.h5") as book:
    features, ids, prospects = book["/borrower/features"][:], book["/borrower/id"][:], book["/truth/prospects"][:]
days = features[:, names.index("days_past_due")]
model = json.loads((run / "models/behaviour.json").read_text())
booster = xgboost.Booster(model_file=str(run / "models/behaviour.xgboost.json"))
inputs = features[:, [names.index(name) for name in model["features"]]]
margin = booster.predict(xgboost.DMatrix(inputs, feature_names=booster.feature_names), output_margin=True)
probability = 1 / (1 + np.exp(-margin.astype(float)))
table = {"low": ["none", "text message", "call"], "middle": ["text message", "call", "letter, registered"],
         "high": ["call", "agency", "agency"]}
with open(run / "collections/collections.csv", newline="") as file:
    lines = list(csv.DictReader(file))
due = np.flatnonzero(days >= 1)
assert len(lines) == len(due) > 300, (len(lines), len(due))
for line, i in zip(lines, due):
    p = probability[i]
    assert int(line["id"]) == ids[i] and float(line["days_past_due"]) == days[i]
    assert abs(float(line["probability"]) - p) < 1e-12, (line, p)
    assert int(line["score"]) == round(600 + 20 / math.log(2) * (math.log((1 - p) / p) - math.log(50)))
    band = "low" if p < 0.1 else "middle" if p < 0.4 else "high"
    step = 0 if days[i] < 30 else 1 if days[i] < 60 else 2
    assert (line["band"], line["treatment"]) == (band, table[band][step]), line
summary = json.loads((run / "collections/collections.json").read_text())
assert summary["horizon_months"] == 6 and sum(cell["accounts"] for cell in summary["table"]) == len(lines)
auc = roc_auc_score(prospects[due, 2] > np.median(prospects[due, 2]), probability[due])
assert auc > 0.8, auc
print(f"{len(lines)} accounts past due; the model tells the worse half of them from the better with AUC {auc:.3f}")
