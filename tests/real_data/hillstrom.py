#!/usr/bin/python3
"""Uplift of `proffer train` against a two-model peer by Python's xgboost on Hillstrom's e-mail campaign: any e-mail
against none, visits; the same rows, features and settings.

hillstrom.py PROFFER LAUNCH SOURCE [--splits N] [--learners t s x] [--out TABLE.md]

The peer learns from the values of the book: one model of the rows with e-mail, one of those without. Splits as peers.py.
Measured on the held-out rows: Qini area per person, and uplift of the highest 30 %. Fails where, for the T-learner, the
mean paired difference of one of them is below zero by more than its interval, or where metrics.json does not say what
Python measures from the exported trees. Exit 77 = skipped.
"""
import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from peers import Jobs, csv_of, mapping_with_splits, write_csv_with_splits, h5py, np, xgboost

TRAIN = """train:
  book: {book}
  split: {{by: column, name: split_{k}}}
  uplift:
"""
LEARNER = "    {0}: {{learner: {0}, rounds: 200, depth: 4, eta: 0.1, early_stopping: 0, replicates: 20}}\n"
TOP = 0.3


def by_score(score, treated, outcome):
    """Cumulated rows and outcomes of both arms where a score ends, highest first: N_t, Y_t, N_c, Y_c."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    t, y = treated[order].astype(float), outcome[order].astype(float)
    return [np.cumsum(column)[ends] for column in (t, t * y, 1 - t, (1 - t) * y)]


def qini_area(score, treated, outcome):
    """∫ (q(x) − x q(1)) dx over the share x, per person; q = Y_t − Y_c N_t / N_c (Radcliffe 2007)."""
    n_t, y_t, n_c, y_c = by_score(score, treated, outcome)
    q = np.append(0, y_t - np.where(n_c > 0, y_c * n_t / np.maximum(n_c, 1), 0))
    x = np.append(0, (n_t + n_c) / len(score))
    return (np.sum((q[1:] + q[:-1]) / 2 * np.diff(x)) - q[-1] / 2) / len(score)


def top_uplift(score, treated, outcome):
    """Uplift of the highest share of the rows; a tie at its end is parted in proportion."""
    wanted = round(TOP * len(score))
    columns = by_score(score, treated, outcome)
    taken = np.append(0, columns[0] + columns[2])
    n_t, y_t, n_c, y_c = (np.interp(wanted, taken, np.append(0, column)) for column in columns)
    return y_t / n_t - y_c / n_c


def measures(score, treated, outcome):
    return qini_area(score, treated, outcome), top_uplift(score, treated, outcome)


def peer_model(inputs, outcome):
    settings = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": 4, "eta": 0.1, "lambda": 1,
                "min_child_weight": 1, "max_bin": 256, "nthread": 2, "verbosity": 0,
                "base_score": float(outcome.mean())}
    return xgboost.train(settings, xgboost.DMatrix(inputs, label=outcome), 200)


def read_book(path):
    with h5py.File(path) as book:
        names = [name.decode() for name in book["/schema/name"][:]]
        roles = [role.decode() for role in book["/schema/role"][:]]
        features = book["/borrower/features"][:]
        inputs = features[:, [i for i, role in enumerate(roles) if role == "feature"]]
        splits = features[:, [i for i, name in enumerate(names) if name.startswith("split_")]]
        return inputs.astype(np.float32), book["/offer/contacted"][:] == 1, book["/outcome/responded"][:], splits == 1


def ours(run, learner):
    test = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["uplift"][learner]["test"]["treatments"][0]
    return test["qini"]["area"]["value"], test["top"]["uplift"]["value"]


def from_export(run, learner, inputs):
    """What the exported trees of the arms say."""
    chance = []
    for arm in ("treatment1", "control"):
        booster = xgboost.Booster()
        booster.load_model(str(run / f"models/{learner}.{arm}.xgboost.json"))
        booster.feature_names = None
        margin = booster.predict(xgboost.DMatrix(inputs), output_margin=True).astype(float)
        chance.append(1 / (1 + np.exp(-margin)))
    return chance[0] - chance[1]


def line_of(learner, figures, peer):
    difference = figures - peer
    error = difference.std(axis=0, ddof=1) / np.sqrt(len(difference))
    mean, of_peer, gap = figures.mean(axis=0), peer.mean(axis=0), difference.mean(axis=0)
    line = (f"| {learner} | {len(figures)} | {mean[0]:.5f} | {of_peer[0]:.5f} | {gap[0]:+.5f} ± {1.96 * error[0]:.5f} | "
            f"{mean[1]:.4f} | {of_peer[1]:.4f} | {gap[1]:+.4f} ± {1.96 * error[1]:.4f} |")
    return line, bool(np.all(gap + 1.96 * error >= 0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("proffer")
    parser.add_argument("launch")
    parser.add_argument("source", type=Path)
    parser.add_argument("--splits", type=int, default=int(os.environ.get("PROFFER_PEER_SPLITS", "4")))
    parser.add_argument("--learners", nargs="*", default=["t"])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if not os.path.isdir(os.environ.get("PROFFER_DATA", "")):
        print("skipped: PROFFER_DATA does not name the folder of public data")
        return 77
    jobs = Jobs(arguments)
    figures, peer = {learner: [] for learner in arguments.learners}, []
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        mapping = (arguments.source / "configs/data/hillstrom.yaml").read_text(encoding="utf-8")
        write_csv_with_splits(csv_of(mapping), work / "copy.csv", ",", 1, arguments.splits)
        (work / "mapping.yaml").write_text(mapping_with_splits(mapping, work / "copy.csv", arguments.splits))
        jobs.run("ingest", work / "mapping.yaml", "--out", work / "book")
        inputs, treated, outcome, tests = read_book(work / "book/books/book.h5")
        for k in range(arguments.splits):
            config, run, test = work / f"{k}.yaml", work / f"run{k}", tests[:, k]
            config.write_text(TRAIN.format(book=work / "book/books/book.h5", k=k) +
                              "".join(map(LEARNER.format, arguments.learners)))
            jobs.run("train", config, "--out", run)
            for learner in arguments.learners:
                figures[learner].append(ours(run, learner))
                if learner == "x":
                    continue
                told = measures(from_export(run, learner, inputs[test]), treated[test], outcome[test])
                if not np.allclose(told, figures[learner][-1], rtol=0, atol=1e-6):
                    sys.exit(f"split {k}: metrics.json says {figures[learner][-1]}, the exported trees {told}")
            arms = [peer_model(inputs[~test & arm], outcome[~test & arm]) for arm in (treated, ~treated)]
            score = [arm.predict(xgboost.DMatrix(inputs[test])).astype(float) for arm in arms]
            peer.append(measures(score[0] - score[1], treated[test], outcome[test]))
            print(f"split {k}: peer {peer[-1]}", {learner: figures[learner][-1] for learner in figures}, flush=True)
    lines = ["| learner | splits | Qini area per person | peer | difference | uplift of the highest 30 % | peer | "
             "difference |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    holds = True
    for learner in arguments.learners:
        line, not_below = line_of(learner, np.array(figures[learner]), np.array(peer))
        lines.append(line)
        holds = holds and (not_below or learner != "t")
    print("\n".join(lines))
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
