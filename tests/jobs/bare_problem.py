"""bare_problem.py write FILE | check FILE RUNDIR: an allocation problem written by h5py, and its answer by HiGHS."""
import json
import sys

import h5py
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

rows, offers = 60, 4


def write(path):
    random = np.random.default_rng(7)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "proffer-allocation"
        file.attrs["format_version"] = "1.0"
        file.attrs["choose"] = "at_most_one"
        file["value"] = random.uniform(1, 10, (rows, offers))
        use = np.stack([random.uniform(1, 5, (rows, offers)), np.ones((rows, offers)), random.uniform(0, 2, (rows, offers))])
        file["use"] = use
        file["limit"] = np.array([60.0, 25.0, 12.0])
        file["sense"] = np.array([0, 0, 1], np.uint8)
        file["eligible"] = (random.uniform(size=(rows, offers)) < 0.9).astype(np.uint8)
        file["id"] = random.permutation(np.arange(1000, 1000 + rows)).astype(np.uint64)


def check(path, run):
    with h5py.File(path) as file:
        value, use, limit = file["value"][:], file["use"][:], file["limit"][:]
        eligible, ids = file["eligible"][:] == 1, file["id"][:]
    with h5py.File(f"{run}/offers/choice.h5") as file:
        assert file.attrs["format"] in ("proffer-choice", b"proffer-choice")
        choice = file["choice"][:]
        assert (file["id"][:] == ids).all()
    made = np.flatnonzero(choice >= 0)
    assert eligible[made, choice[made]].all()
    total = value[made, choice[made]].sum()
    used = use[:, made, choice[made]].sum(axis=1)
    assert used[0] <= 60 and used[1] <= 25 and used[2] >= 12, used

    per_row = np.kron(np.eye(rows), np.ones(offers))
    best = milp(
        -value.ravel(),
        constraints=[
            LinearConstraint(per_row, ub=1),
            LinearConstraint(use.reshape(3, -1), lb=[-np.inf, -np.inf, 12], ub=[60, 25, np.inf]),
        ],
        integrality=np.ones(rows * offers),
        bounds=Bounds(0, eligible.ravel().astype(float)),
        options={"mip_rel_gap": 0},
    )
    optimum = -best.fun
    with open(f"{run}/offers/certificate.json") as file:
        certificate = json.load(file)
    assert abs(certificate["value"] - total) <= 1e-9 * abs(total), (certificate["value"], total)
    tolerance = 1e-9 * optimum
    assert total <= optimum + tolerance and optimum <= certificate["bound"] + tolerance, (total, optimum, certificate["bound"])
    assert certificate["status"] == "certified" and total >= optimum * (1 - 1e-6) - tolerance, (total, optimum)
    print(f"value {total:.6f}, optimum {optimum:.6f}, bound {certificate['bound']:.6f}")


{"write": write, "check": check}[sys.argv[1]](*sys.argv[2:])
