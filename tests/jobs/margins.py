"""margins.py MODEL.xgboost.json BOOK MARGINS: Python's xgboost on the raw values of a book, bit for bit proffer's margins."""
import sys

import h5py
import numpy as np
import xgboost as xgb

model, book, margins = sys.argv[1:]
booster = xgb.Booster(model_file=model)
with h5py.File(book) as file:
    names = [name.decode() for name in file["/schema/name"][:]]
    features = file["/borrower/features"][:]
    offer = {name: dataset[:] for name, dataset in file["/offer"].items()}


def column(name):
    """A feature of the borrower, or a term of the offer with its code for "none" as missing."""
    if name in names:
        return features[:, names.index(name)]
    name = name.removeprefix("offer.")
    missing = {"product": 255, "channel": 255, "term": 0}
    values = offer[name].astype(np.float32)
    if name in missing:
        values[offer[name] == missing[name]] = np.nan
    return values


x = np.stack([column(name) for name in booster.feature_names], axis=1)
got = booster.predict(xgb.DMatrix(x, feature_names=booster.feature_names), output_margin=True)
expected = np.fromfile(margins, np.float32)
assert len(got) == len(expected) >= 100_000, (len(got), len(expected))
different = np.flatnonzero(got.view(np.uint32) != expected.view(np.uint32))
if len(different):
    sys.exit(f"{model}: {len(different)} of {len(x)} margins differ, first at row {different[0]}")
missing = int(np.isnan(x).any(axis=1).sum())
assert missing > 1000, missing
assert len(np.unique(got)) > 10, "the model says the same of everyone"
print(f"{model}: {len(x)} margins agree, {missing} rows with missing values")
