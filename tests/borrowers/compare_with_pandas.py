"""compare_with_pandas.py BOOK CSV SEPARATOR HEADER_LINE: what ingest made of a file, against what pandas reads.

Numbers must be equal as float32, categories must have the codes of pandas (places among the sorted labels) or those of
the dictionary. Prints how many columns were compared, or the first difference.
"""
import json
import sys

import h5py
import numpy
import pandas

book_path, csv_path, separator, header_line = sys.argv[1:]
frame = pandas.read_csv(csv_path, sep=separator, header=int(header_line) - 1, keep_default_na=False,
                        na_values=["", "NA"])
with h5py.File(book_path) as book:
    names = [name.decode() for name in book["/schema/name"][:]]
    kinds = [kind.decode() for kind in book["/schema/kind"][:]]
    dictionaries = [text.decode() for text in book["/schema/dictionary"][:]]
    features = book["/borrower/features"][:]

compared = 0
for column, (name, kind) in enumerate(zip(names, kinds)):
    if name not in frame:
        continue
    if kind == "categorical":
        codes = pandas.Categorical(frame[name], categories=json.loads(dictionaries[column])).codes
        wanted = numpy.where(codes < 0, numpy.nan, codes).astype("float32")
    else:
        wanted = frame[name].astype("float64").astype("float32").to_numpy()
    if not numpy.array_equal(features[:, column], wanted, equal_nan=True):
        row = numpy.flatnonzero(~((features[:, column] == wanted) | (numpy.isnan(features[:, column]) & numpy.isnan(wanted))))[0]
        sys.exit(f"column {name}, row {row}: book {features[row, column]!r}, pandas {wanted[row]!r}")
    if kind == "categorical":
        labels = json.loads(dictionaries[column])
        if name not in ("risk", "segment") and labels != sorted(labels):
            sys.exit(f"column {name}: labels are not sorted: {labels}")
    compared += 1
print(compared, "columns agree")
