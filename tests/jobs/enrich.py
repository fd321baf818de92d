"""enrich.py MODELS RUN: the columns of RUN's enriched books against what Python's XGBoost makes of MODELS."""
import json
import pathlib
import sys

import h5py
import numpy as np
import xgboost

models, run = map(pathlib.Path, sys.argv[1:])
for book in ("training", "population"):
    with h5py.File(run / f"books/{book}.h5") as plain, h5py.File(run / f"books/{book}.enriched.h5") as enriched:
        names = [name.decode() for name in plain["/schema/name"][:]]
        assert [name.decode() for name in enriched["/schema/name"][:]] == [*names, "leaves", "goes_bad"]
        features, as_of = plain["/borrower/features"][:], plain["/borrower/as_of"][:]
        values = enriched["/borrower/features"][:]
        assert np.array_equal(values[:, :-2], features, equal_nan=True)
    known = as_of >= 20230630
    print(f"{book}: {known.mean():.2f} of the rows are told")
    assert known.all() if book == "population" else 0.5 < known.mean() < 0.9
    for column, model in (("leaves", "attrition"), ("goes_bad", "behaviour")):
        own = json.loads((models / f"{model}.json").read_text())
        booster = xgboost.Booster(model_file=str(models / f"{model}.xgboost.json"))
        inputs = features[:, [names.index(name) for name in own["features"]]]
        matrix = xgboost.DMatrix(inputs, feature_names=booster.feature_names)
        expected = 1 / (1 + np.exp(-booster.predict(matrix, output_margin=True).astype(np.float64)))
        got = values[:, [*names, "leaves", "goes_bad"].index(column)]
        assert np.isnan(got[~known]).all()
        assert np.abs(got[known] - expected[known]).max() < 1e-6
        assert got[known].std() > 0.01, "a score that tells nothing"
learnt = json.loads((run / "models/default.json").read_text())["features"]
assert "leaves" in learnt and "goes_bad" in learnt, learnt
