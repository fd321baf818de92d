"""choice_peer.py BENCH_CHOICE_FILE [ROWS [OFFERS [LIMITS]]]: one choice problem given to proffer and to HiGHS through
scipy, one after the other: the LP (default 20,000 × 24 × 10: HiGHS takes minutes) and a small MILP. Prints seconds of
the processor (and by the wall), ratios, and how far the bounds differ. Neither time includes making the problem or
reading it from the file; proffer has one rank and one thread, HiGHS's simplex method has one thread."""
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


def proffer(executable, folder, problem):
    write(folder / "problem.h5", *problem)
    return json.loads(subprocess.run([executable, folder / "problem.h5", "1"], check=True, capture_output=True).stdout)


class Clock:
    """Seconds of the processor, and by the wall, of what happens inside `with`."""

    def __enter__(self):
        self.started, self.cpu_started = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.seconds, self.cpu = time.perf_counter() - self.started, time.process_time() - self.cpu_started


def highs_lp(value, use, limit):
    rows, offers = value.shape
    per_row = csr_matrix((np.ones(rows * offers), (np.repeat(np.arange(rows), offers), np.arange(rows * offers))))
    all_rows = vstack([csr_matrix(use.reshape(len(limit), -1)), per_row])
    exact = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    with Clock() as clock:
        found = linprog(-value.ravel(), A_ub=all_rows, b_ub=np.concatenate([limit, np.ones(rows)]), bounds=(0, 1),
                        method="highs", options=exact)
    return -found.fun, clock


def highs_milp(value, use, limit):
    rows, offers = value.shape
    with Clock() as clock:
        found = milp(-value.ravel(), constraints=[LinearConstraint(np.kron(np.eye(rows), np.ones(offers)), ub=1),
                                                  LinearConstraint(use.reshape(len(limit), -1), ub=limit)],
                     integrality=np.ones(rows * offers), bounds=Bounds(0, 1), options={"mip_rel_gap": 0, "time_limit": 120})
    return -found.fun, clock


def main():
    executable = pathlib.Path(sys.argv[1]).resolve()
    rows, offers, limits = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 20000), (3, 24), (4, 10)))
    with tempfile.TemporaryDirectory() as name:
        problem = planted(rows, offers, limits)
        ours = proffer(executable, pathlib.Path(name), problem)
        bound, clock = highs_lp(*problem)
        print(f"LP {rows} × {offers} × {limits}, CPU seconds (by the wall): proffer's bound {ours['bound_cpu']:.4f} "
              f"({ours['bound_seconds']:.4f}), with list and certificate {ours['list_cpu']:.2f} ({ours['list_seconds']:.2f}), "
              f"HiGHS {clock.cpu:.1f} ({clock.seconds:.1f}); ratio {clock.cpu / ours['bound_cpu']:.0f} for the bound, "
              f"{clock.cpu / ours['list_cpu']:.1f} with the list; bounds {ours['bound']:.9f} and {bound:.9f}, relative "
              f"difference {abs(ours['bound'] - bound) / bound:.1e}; the list's gap {ours['gap']:.1e}")
    with tempfile.TemporaryDirectory() as name:
        problem = planted(60, 6, 4, seed=6)
        ours = proffer(executable, pathlib.Path(name), problem)
        best, clock = highs_milp(*problem)
        print(f"MILP 60 × 6 × 4: proffer {ours['list_cpu']:.3f} CPU s, HiGHS {clock.cpu:.1f}, ratio "
              f"{clock.cpu / ours['list_cpu']:.0f}; values {ours['value']:.9f} and {best:.9f} (gap {ours['gap']:.1e})")


main()
