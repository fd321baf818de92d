#!/usr/bin/python3
"""Held-out AUC of `proffer train` against Python's xgboost on public data, the same rows, features and settings.

peers.py PROFFER LAUNCH SOURCE [--splits N] [--sets NAME ...] [--out TABLE.md]

For each data set: a copy of its CSV with columns split_0 … (0 train, 1 test: 70/30 by RandomState(k).permutation), its
shipped mapping with these columns added, one ingest, then for each split one training at 2 ranks and one peer. The peer
learns from the values of the book. Fails where the mean paired difference of the AUC is below -0.002. Exit 77 = skipped.
"""
import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Before xgboost: threads that spin while they wait make it fifty times slower where cores are shared.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
try:
    import h5py
    import numpy as np
    import xgboost
    from sklearn.metrics import log_loss, roc_auc_score
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

# mapping -> outcome, offer terms, separator, line of the header
SETS = {
    "karlan_zinman": ("responded", ["apr"], ",", 1),
    "uci_credit_default": ("default", [], ",", 2),
    "give_me_some_credit": ("default", [], ",", 1),
    "bank_full": ("responded", [], ";", 1),
    "bank_additional": ("responded", [], ";", 1),
}
WORST_MEAN_DIFFERENCE = -0.002
TRAIN = """train:
  book: {book}
  max_bins: 255
  split: {{by: column, name: split_{k}}}
  models:
    peer: {{target: {target}, offer_terms: [{terms}], rounds: 200, depth: 4, eta: 0.1, early_stopping: 0, lambda: 1,
            min_child_weight: 1, second_opinion: false}}
"""


def csv_of(mapping):
    return Path(os.path.expandvars(re.search(r"^csv: (\S+)$", mapping, re.M).group(1)))


def write_csv_with_splits(source, target, separator, header_line, splits):
    """A plain copy with the columns split_0 … appended. Returns the splits, rows × splits."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        lines = [line.rstrip("\r\n") for line in file]
    rows = [line for line in lines[header_line:] if line]
    part = np.zeros((len(rows), splits), dtype=np.uint8)
    for k in range(splits):
        part[np.random.RandomState(k).permutation(len(rows))[int(0.7 * len(rows)):], k] = 1
    names = separator.join(f"split_{k}" for k in range(splits))
    with open(target, "w", encoding="utf-8") as file:
        for line in lines[:header_line]:
            file.write(line + separator + names + "\n")
        for line, row in zip(rows, part):
            file.write(line + separator + separator.join(map(str, row)) + "\n")
    return part


def mapping_with_splits(mapping, csv, splits):
    """The shipped mapping, reading the copy, with the split columns kept but never learnt from."""
    columns = "".join(f"  split_{k}: {{role: excluded}}\n" for k in range(splits))
    mapping = re.sub(r"^csv: .*$", f"csv: {csv}", mapping, flags=re.M)
    if re.search(r"^columns:", mapping, re.M):
        return re.sub(r"^columns:.*\n", lambda found: found.group(0) + columns, mapping, count=1, flags=re.M)
    return mapping + "\ncolumns:\n" + columns


def read_book(path, outcome, terms):
    """Inputs (features in the order of the book, then offer terms), labels, and the split columns as the book has them."""
    with h5py.File(path) as book:
        names = [name.decode() for name in book["/schema/name"][:]]
        roles = [role.decode() for role in book["/schema/role"][:]]
        features = book["/borrower/features"][:]
        inputs = [features[:, i] for i, role in enumerate(roles) if role == "feature"]
        inputs += [book[f"/offer/{term}"][:] for term in terms]
        splits = features[:, [i for i, name in enumerate(names) if name.startswith("split_")]]
        return np.column_stack(inputs).astype(np.float32), book[f"/outcome/{outcome}"][:], splits


def peer_prediction(inputs, label, test, start):
    """Margins of the test rows by Python's xgboost; `start`: base score, None = its default."""
    settings = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": 4, "eta": 0.1, "lambda": 1,
                "min_child_weight": 1, "max_bin": 256, "nthread": 2, "verbosity": 0}
    if start is not None:
        settings["base_score"] = start
    train = xgboost.DMatrix(inputs[~test], label=label[~test])
    return xgboost.train(settings, train, 200).predict(xgboost.DMatrix(inputs[test]))


class Jobs:
    def __init__(self, arguments):
        self.command = [arguments.launch, "2", arguments.proffer]

    def run(self, *words):
        done = subprocess.run([*self.command, *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"proffer {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}{done.stdout}")


def ingested(name, jobs, source, work, splits):
    outcome, terms, separator, header_line = SETS[name]
    mapping = (source / f"configs/data/{name}.yaml").read_text(encoding="utf-8")
    copy = work / f"{name}.csv"
    part = write_csv_with_splits(csv_of(mapping), copy, separator, header_line, splits)
    mapping_file = work / f"{name}.yaml"
    mapping_file.write_text(mapping_with_splits(mapping, copy, splits), encoding="utf-8")
    jobs.run("ingest", mapping_file, "--out", work / name)
    book = work / name / "books/book.h5"
    inputs, label, splits_of_book = read_book(book, outcome, terms)
    if not np.array_equal(splits_of_book, part):
        sys.exit(f"{name}: the book's splits are not those of the CSV")
    return book, inputs, label, part == 1


def trained(name, jobs, work, book, k):
    outcome, terms, _, _ = SETS[name]
    config = work / f"{name}_{k}.yaml"
    config.write_text(TRAIN.format(book=book, k=k, target=outcome, terms=", ".join(terms)), encoding="utf-8")
    run = work / f"{name}_{k}"
    jobs.run("train", config, "--out", run)
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))["peer"]["test"]


def compare(name, jobs, source, work, splits, default_start):
    """Rows of (ours, peer) for AUC and log loss, and the AUC of the peer with its default start."""
    book, inputs, label, tests = ingested(name, jobs, source, work, splits)
    known = label <= 1
    figures = []
    for k in range(splits):
        ours = trained(name, jobs, work, book, k)
        test = tests[known, k]
        y, x = label[known], inputs[known]
        if ours["rows"] != int(test.sum()):
            sys.exit(f"{name} split {k}: {ours['rows']} test rows instead of {int(test.sum())}")
        peer = peer_prediction(x, y, test, float(y[~test].mean()))
        other = roc_auc_score(y[test], peer_prediction(x, y, test, None)) if default_start else float("nan")
        figures.append((ours["auc"], roc_auc_score(y[test], peer), ours["log_loss"],
                        log_loss(y[test], peer.astype(float)), other))
        print(f"{name} split {k}: proffer {figures[-1][0]:.5f} peer {figures[-1][1]:.5f}", flush=True)
    return np.array(figures)


def line_of(name, figures):
    difference = figures[:, 0] - figures[:, 1]
    error = difference.std(ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else float("nan")
    mean = figures.mean(axis=0)
    return (f"| {name} | {len(figures)} | {mean[0]:.4f} | {mean[1]:.4f} | {difference.mean():+.5f} | {error:.5f} | "
            f"{mean[2]:.4f} | {mean[3]:.4f} | {mean[4]:.4f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("proffer")
    parser.add_argument("launch")
    parser.add_argument("source", type=Path)
    parser.add_argument("--splits", type=int, default=int(os.environ.get("PROFFER_PEER_SPLITS", "5")))
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--default-start", action="store_true", help="also train the peer from base_score 0.5")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if not os.path.isdir(os.environ.get("PROFFER_DATA", "")):
        print("skipped: PROFFER_DATA does not name the folder of public data")
        return 77
    jobs = Jobs(arguments)
    lines = ["| data set | splits | AUC proffer | AUC peer | mean difference | s.e. | log loss proffer | log loss peer | "
             "AUC peer, base_score 0.5 |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    worse = []
    for name in arguments.sets:
        with tempfile.TemporaryDirectory() as work:
            figures = compare(name, jobs, arguments.source, Path(work), arguments.splits, arguments.default_start)
        lines.append(line_of(name, figures))
        if not (figures[:, 0] - figures[:, 1]).mean() >= WORST_MEAN_DIFFERENCE:
            worse.append(name)
    print("\n".join(lines))
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if worse:
        print(f"below the peer by more than {-WORST_MEAN_DIFFERENCE}: {', '.join(worse)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
