"""review.py RUN: fairness.json and declines.csv of a run against its list and book, read with h5py."""
import csv
import json
import pathlib
import sys

import h5py
import numpy as np

run = pathlib.Path(sys.argv[1])
with h5py.File(run / "offers/offers.h5") as offers, h5py.File(run / "books/population.h5") as book:
    ids, code = offers["/borrower/id"][:], offers["/decision/code"][:]
    names = [name.decode() for name in book["/schema/name"][:]]
    rows = {borrower: row for row, borrower in enumerate(book["/borrower/id"][:])}
    features = book["/borrower/features"][:][[rows[borrower] for borrower in ids]]
fairness = json.loads((run / "offers/fairness.json").read_text())["columns"]
assert set(fairness) == {"sex", "marital_status"}, set(fairness)
for column, labels in {"sex": ["male", "female"], "marital_status": ["married", "single", "divorced"]}.items():
    group = features[:, names.index(column)]
    for kind, accepted in {"offered": code == 0, "not_declined": ~np.isin(code, [2, 3, 4])}.items():
        rates = {label: np.mean(accepted[group == at]) for at, label in enumerate(labels)}
        for entry in fairness[column][kind]:
            assert abs(entry["acceptance_rate"] - rates[entry["group"]]) < 1e-12, (column, kind, entry)
            assert abs(entry["adverse_impact_ratio"] - rates[entry["group"]] / max(rates.values())) < 1e-12
with open(run / "offers/declines.csv", newline="") as file:
    declines = list(csv.DictReader(file))
declined = ids[code == 3]
assert len(declined) > 20, "the test needs model declines"
assert [int(line["id"]) for line in declines] == list(declined)
monitored = {"sex", "marital_status"}
for line in declines:
    reasons = [line[f"reason_{r}"] for r in range(1, 5) if line[f"reason_{r}"]]
    assert reasons and len(set(reasons)) == len(reasons) and not monitored & set(reasons), line
    for r in range(1, 5):
        if line[f"reason_{r}"] == "history":
            assert line[f"phrase_{r}"] == "Your payments, and what the bureau says of them", line
assert any(line["reason_1"] == "history" for line in declines)
