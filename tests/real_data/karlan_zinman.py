#!/usr/bin/python3
"""configs/karlan_zinman.yaml from the CSV to the list, checked against the CSV and linear regressions on it.

karlan_zinman.py PROFFER LAUNCH SOURCE      Exit 77 = skipped.
"""
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # not into the source folder
import peers  # of this folder

try:
    import h5py
    import numpy as np
    import pandas as pd
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

# Linear probabilities on the monthly rate in points, with risk × wave dummies, and their robust standard errors: of
# take-up (n = 53,178), and of arrears above 10 % among the borrowers.
TAKE_UP_SLOPE, TAKE_UP_ERROR = -0.00242, 0.00046
ARREARS_SLOPE, ARREARS_ERROR = 0.0123, 0.0035
# Highest monthly rate of waves 2 and 3 by class: what the randomisation reached.
HIGHEST_RATE = {"LOW": 7.75, "MEDIUM": 9.75, "HIGH": 11.75}
SEEDS = range(1, 21)

failures = []


def check(holds, text):
    print(("ok      " if holds else "FAILED  ") + text, flush=True)
    if not holds:
        failures.append(text)


def start(*words):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout + done.stderr)
    return done.returncode


class Run:
    """The files of a run beside the rows of the CSV, which the book keeps in order."""

    def __init__(self, folder, clients):
        self.clients = clients
        with h5py.File(folder / "scores/scores.h5") as file:
            self.p_take, self.p_default = file["/score/p_take"][:], file["/score/p_default"][:]
            self.reason = file["/score/reason"][:]
            self.reasons = [name.decode() for name in file["/schema/reasons"][:]]
            self.catalog = {name: file[f"/catalog/{name}"][:]
                            for name in ("limit", "apr", "term", "exposure", "lgd", "contact_cost")}
        with h5py.File(folder / "offers/offers.h5") as file:
            self.id = file["/borrower/id"][:]
            self.decision = {name: values[:] for name, values in file["/decision"].items()}
        self.certificate = json.loads((folder / "offers/certificate.json").read_text(encoding="utf-8"))
        self.rows = np.flatnonzero(self.decision["code"] == 0)
        self.offers = self.decision["offer"][self.rows]
        self.rate = self.catalog["apr"] / 12 * 100


def check_limits(run):
    """Every limit again from the list: take-up and default of the list, exposure and LGD of the catalog."""
    take = run.decision["p_take"][run.rows].astype(float)
    default = run.decision["p_default"][run.rows].astype(float)
    exposure = run.catalog["exposure"][run.offers]
    high = run.clients["risk"].to_numpy()[run.rows] == "HIGH"
    used = {
        "mailings": len(run.rows),
        "exposure": math.fsum(exposure * take),
        "expected loss": math.fsum(run.catalog["lgd"][run.offers] * exposure * (take * default)),
        "high-risk exposure": math.fsum((exposure * take)[high]),
    }
    check({limit["name"] for limit in run.certificate["limits"]} == set(used), "the certificate names every limit")
    for limit in run.certificate["limits"]:
        use = used[limit["name"]]
        check(use <= limit["limit"] * (1 + 1e-12) and math.isclose(use, limit["use"], rel_tol=1e-9),
              f"{limit['name']}: {use:,.2f} of {limit['limit']:,.0f}, certificate {limit['use']:,.2f}")
    value = math.fsum(run.decision["value"][run.rows])
    certificate = run.certificate
    check(certificate["status"] == "certified" and certificate["gap"] <= 1e-5, f"certified, gap {certificate['gap']:.2g}")
    check(math.isclose(value, certificate["planned_value"], rel_tol=1e-9) and value <= certificate["bound"],
          f"value {value:,.2f} of at most {certificate['bound']:,.2f}")
    # A second opinion is an estimate with an error of its own: it may lie a little above the plan.
    check(0.5 < certificate["honest"]["ratio"] < 1.1, f"honest value {certificate['honest_value']:,.2f}")


def check_eligible(run):
    """No chosen offer breaks the policy, worked out from the CSV."""
    check(not run.reason[run.rows, run.offers].any(), "no chosen offer has a reason against it")
    risk = run.clients["risk"].to_numpy()[run.rows]
    highest = np.array([HIGHEST_RATE[name] for name in risk])
    check((run.rate[run.offers] <= highest + 1e-9).all(), "no rate above those tested in the client's risk class")
    limit, apr, term = (run.catalog[name] for name in ("limit", "apr", "term"))
    last, tried = run.clients["lastamount"].to_numpy(), run.clients["offer4"].to_numpy() * 12 / 100
    near = [((last >= l / 1.25 - 1e-3) & (last <= l * 1.25 + 1e-3) & (np.abs(tried - a) <= 0.12 + 1e-5)).sum()
            for l, a in zip(limit, apr)]
    chosen = np.unique(run.offers)
    check(min(np.array(near)[chosen]) >= 200, f"chosen offers were tried {min(np.array(near)[chosen])} times or more")
    unsupported = run.reasons.index("unsupported")
    flagged = (run.reason[0] >> unsupported & 1).astype(bool)
    check(np.array_equal(flagged, np.array(near) < 200) and flagged.any(),
          f"{flagged.sum()} of {len(limit)} offers unsupported, as counted in the CSV")
    instalment = limit * (1 + apr / 12 * term) / term  # flat: interest on the whole amount over the whole term
    check((instalment[run.offers] <= 0.36 * last[run.rows] + 1e-3).all(), "no instalment above 0.36 of the last loan")


def check_rates(run):
    """The models against the experiment: each client's offer nearest the last loan, over the rates tested."""
    risk = run.clients["risk"].to_numpy()
    sizes = np.unique(run.catalog["limit"])
    nearest = sizes[np.abs(np.log(run.clients["lastamount"].to_numpy()[:, None] / sizes)).argmin(axis=1)]
    take_up, default = [], []
    for name, highest in HIGHEST_RATE.items():
        for size in sizes:
            rows = (risk == name) & (nearest == size)
            offers = np.flatnonzero((run.catalog["limit"] == size) & (run.rate <= highest))
            x = run.rate[offers] - run.rate[offers].mean()
            for probabilities, slopes in ((run.p_take, take_up), (run.p_default, default)):
                slopes.append(probabilities[np.ix_(rows, offers)].astype(float) @ x / (x @ x))
    take_up, default = np.concatenate(take_up), np.concatenate(default)
    for name, slopes, published, error in (("take-up", take_up, TAKE_UP_SLOPE, TAKE_UP_ERROR),
                                           ("PD", default, ARREARS_SLOPE, ARREARS_ERROR)):
        check(abs(slopes.mean() - published) < 3 * error,
              f"{name} per point of the monthly rate {slopes.mean():+.5f}, regression {published:+} (s.e. {error})")
    check(take_up.max() <= 1e-6, "no client's take-up rises with the rate")


def check_outcomes(proffer, launch, source, work, clients):
    """What came of letters like those on the list: of clients that no model has learnt from (30 %), at most a point a
    month from the chosen rate. Take-ups and bad loans against the probabilities of the list."""
    config = (source / "configs/karlan_zinman.yaml").read_text(encoding="utf-8")
    mapping = (source / "configs/data/karlan_zinman.yaml").read_text(encoding="utf-8")
    test = peers.write_csv_with_splits(peers.csv_of(mapping), work / "clients.csv", ",", 1, 1)[:, 0] == 1
    (work / "data").mkdir()
    (work / "data/karlan_zinman.yaml").write_text(peers.mapping_with_splits(mapping, work / "clients.csv", 1),
                                                  encoding="utf-8")
    by_hash = "split: {by: hash, valid: 0.15, test: 0.2}"
    check(by_hash in config, "the config splits by hash")
    # No row is left to stop early: as many rounds as the early stopping of the shipped config finds.
    (work / "held_out.yaml").write_text(config.replace(by_hash, "split: {by: column, name: split_0}")
                                        .replace("rounds: 300", "rounds: 106")
                                        .replace("bootstrap: 100", "bootstrap: 20"), encoding="utf-8")
    if start(launch, 2, proffer, "run", work / "held_out.yaml", "--out", work / "held_out") != 0:
        check(False, "proffer run on 70 % of the clients")
        return
    run = Run(work / "held_out", clients)
    letter = clients["offer4"].to_numpy()
    rows = run.rows[test[run.rows] & (np.abs(letter[run.rows] - run.rate[run.offers]) <= 1)]
    take, default = (run.decision[name][rows].astype(float) for name in ("p_take", "p_default"))
    took = clients["tookup"].to_numpy()[rows] == 1
    bad = took & (clients["pstdue_average"].to_numpy()[rows] > 0.1 * clients["loansize"].to_numpy()[rows])
    for what, p, happened in (("take-ups", take, took), ("bad loans", take * default, bad)):
        deviation = math.sqrt((p * (1 - p)).sum())
        check(abs(happened.sum() - p.sum()) < 3 * deviation,
              f"{len(rows)} held-out letters like those of the list: {happened.sum()} {what}, {p.sum():.1f} expected "
              f"(s.d. {deviation:.1f})")


def check_models(proffer, launch, source, work):
    """Held-out figures of take-up and default, averaged over splits: one split of 800 borrowers says little."""
    figures = []
    config = (source / "configs/karlan_zinman.yaml").read_text(encoding="utf-8")
    joint, rest = config.index("\n    # Do those who accept dearer letters"), config.index("\ncombine:")
    (work / "no_joint.yaml").write_text(config[:joint] + config[rest:], encoding="utf-8")
    for seed in SEEDS:
        out = work / f"seed_{seed}"
        code = start(launch, 2, proffer, "train", work / "no_joint.yaml", "--out", out, "--set",
                     f"train.book={work / 'run/books/training.h5'}", "--set", f"seed={seed}")
        if code != 0:
            check(False, f"train with seed {seed}: exit {code}")
            return
        metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
        test = metrics["default"]["test"]
        figures.append((metrics["response"]["test"]["auc"], test["auc"], test["log_loss"]))
    take_up, auc, loss = np.mean(figures, axis=0)
    check(take_up >= 0.695, f"response model held out, {len(figures)} splits: AUC {take_up:.4f}")
    check(auc >= 0.7 and loss <= 0.545, f"default model held out: AUC {auc:.4f}, log loss {loss:.4f}")


def main():
    proffer, launch, source = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    csv = Path(os.environ.get("PROFFER_DATA", "")) / "karlan-zinman-2008/kz_demandelasts_aer08.csv.gz"
    if "PROFFER_DATA" not in os.environ or not csv.exists():
        print("skipped: PROFFER_DATA does not name the folder of public data")
        return 77
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        code = start(launch, 2, proffer, "run", source / "configs/karlan_zinman.yaml", "--out", work / "run")
        check(code == 0, f"proffer run: exit {code}")
        if code != 0:
            return 1
        run = Run(work / "run", pd.read_csv(csv, low_memory=False))
        check(np.array_equal(run.id, run.id[0] + np.arange(len(run.clients))), "the list has the clients of the CSV in order")
        check(start(launch, 2, proffer, "verify", work / "run") == 0, "verify recomputes the same list")
        check_limits(run)
        check_eligible(run)
        check_rates(run)
        check_outcomes(proffer, launch, source, work, run.clients)
        check_models(proffer, launch, source, work)
    print(f"{len(failures)} checks failed" if failures else "all checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
