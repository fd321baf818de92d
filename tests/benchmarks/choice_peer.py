"""choice_peer.py PROFFER [ROWS [OFFERS [LIMITS]]]: one choice problem given to `proffer combine` and to HiGHS through
scipy: the LP (default 20,000 × 24 × 10: HiGHS takes minutes) and a small MILP. Prints seconds, ratios and bounds.
PROFFER runs at one rank and one thread; both times leave out making the problem and reading it from the file."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import h5py
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, vstack


def planted(rows, offers, limits, seed=5):
    """Values that grow with what they use, so that the limits matter; each limit allows a tenth of what all would use."""
    random = np.random.default_rng(seed)
    size = random.lognormal(0, 0.6, (rows, 1)) * random.uniform(0.5, 2, (1, offers))
    value = size * random.uniform(0.2, 1.5, (rows, offers))
    use = np.stack([size * random.uniform(0.1, 1, (rows, offers)) for _ in range(limits)])
    limit = 0.1 * use.mean(axis=2).sum(axis=1)
    return value, use, limit


def write(path, value, use, limit):
    with h5py.File(path, "w") as file:
        file.attrs["format"], file.attrs["format_version"], file.attrs["choose"] = "proffer-allocation", "1.0", "at_most_one"
        file["value"], file["use"], file["limit"] = value, use, limit
        file["sense"] = np.zeros(len(limit), np.uint8)
        file["eligible"] = np.ones(value.shape, np.uint8)
        file["id"] = np.arange(1, len(value) + 1, dtype=np.uint64)


def proffer(executable, folder, problem, gap, nodes):
    write(folder / "problem.h5", *problem)
    (folder / "problem.yaml").write_text(f"combine:\n  problem: problem.h5\n  gap_tolerance: {gap}\n  node_limit: {nodes}\n")
    out = folder / "run"
    subprocess.run([executable, "combine", folder / "problem.yaml", "--out", out, "-q", "--set", "threads=1"], check=True)
    manifest = json.loads((out / "manifest.json").read_text())
    seconds = manifest["stages"]["combine"]["seconds"]
    return json.loads((out / "offers" / "certificate.json").read_text()), seconds


def highs_lp(value, use, limit):
    rows, offers = value.shape
    per_row = csr_matrix((np.ones(rows * offers), (np.repeat(np.arange(rows), offers), np.arange(rows * offers))))
    start = time.perf_counter()
    found = linprog(-value.ravel(), A_ub=vstack([csr_matrix(use.reshape(len(limit), -1)), per_row]),
                    b_ub=np.concatenate([limit, np.ones(rows)]), bounds=(0, 1), method="highs")
    return -found.fun, time.perf_counter() - start


def highs_milp(value, use, limit):
    rows, offers = value.shape
    start = time.perf_counter()
    found = milp(-value.ravel(), constraints=[LinearConstraint(np.kron(np.eye(rows), np.ones(offers)), ub=1),
                                              LinearConstraint(use.reshape(len(limit), -1), ub=limit)],
                 integrality=np.ones(rows * offers), bounds=Bounds(0, 1), options={"mip_rel_gap": 0, "time_limit": 120})
    return -found.fun, time.perf_counter() - start


def main():
    executable = pathlib.Path(sys.argv[1]).resolve()
    rows, offers, limits = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 20000), (3, 24), (4, 10)))
    with tempfile.TemporaryDirectory() as name:
        problem = planted(rows, offers, limits)
        certificate, ours = proffer(executable, pathlib.Path(name), problem, 1e-9, 1)
        bound, theirs = highs_lp(*problem)
        print(f"LP {rows} × {offers} × {limits}: proffer {ours:.3f} s (list and certificate included), HiGHS {theirs:.1f} s, "
              f"ratio {theirs / ours:.0f}; bounds {certificate['bound']:.9f} and {bound:.9f}, "
              f"relative difference {abs(certificate['bound'] - bound) / bound:.1e}; gap {certificate['gap']:.1e}")
    with tempfile.TemporaryDirectory() as name:
        problem = planted(60, 6, 4, seed=6)
        certificate, ours = proffer(executable, pathlib.Path(name), problem, 0, 2000000)
        best, theirs = highs_milp(*problem)
        print(f"MILP 60 × 6 × 4: proffer {ours:.3f} s, HiGHS {theirs:.1f} s, ratio {theirs / ours:.0f}; values "
              f"{certificate['value']:.9f} and {best:.9f} ({certificate['status']})")


main()
