"""mmkp.py ANSWERS_PROGRAM [NODES]: published multiple-choice knapsacks with several limits (Khan et al. from OR-Library;
Hiremath & Hill 2013), from the folder PROFFER_DATA/mmkp, against the values published with them and against HiGHS.

Asserts for each: every limit held by an exact sum; value <= HiGHS's bound; our bound >= the best value known; a value of at
least 99.5 % of it. Prints one line per OR-Library file and per set of Hiremath & Hill's, with the means over its problems.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import numpy as np

    from against_highs import AT_MOST, exact_uses_hold, highs
except ImportError:
    print("skipped: /usr/bin/python3 has no scipy")
    sys.exit(77)

LEAST_SHARE = 0.995
HIGHS_OPTIONS = {"mip_rel_gap": 0.0, "time_limit": 5.0}


def problem_of(items, limits):
    """items [groups, items, 1 + limits]: value, then uses. Exactly one item of each group."""
    groups, width, _ = items.shape
    rows = [{"sense": AT_MOST, "bound": float(b), "tolerance": 0.0, "use": items[:, :, 1 + k].ravel().tolist()}
            for k, b in enumerate(limits)]
    return {"rows": groups, "offers": width, "value": items[:, :, 0].ravel().tolist(), "exactly_one": True,
            "eligible": [1] * (groups * width), "limits": rows}


def take_problem(numbers):
    """Groups, items and limits, the limits, then per group its number and its items."""
    groups, items, limits = (int(next(numbers)) for _ in range(3))
    bounds = [next(numbers) for _ in range(limits)]
    table = []
    for _ in range(groups):
        next(numbers)
        table.append([[next(numbers) for _ in range(1 + limits)] for _ in range(items)])
    return problem_of(np.array(table), bounds)


def orlib(path):
    text = path.read_text()
    data, _, solutions = text.partition("Solutions")
    best = re.search(r"Exact Solution([\s\d.eE+-]*)", solutions)
    return [(path.name.removeprefix("mmkp_orlib_"), take_problem(map(float, data.split())), float(best.group(1).split()[-1]))]


def hiremath_hill(path):
    numbers = map(float, path.read_text().split())
    name = path.name.removeprefix("mmkp_hh_").split(".")[0]
    return [(f"{name} {int(number)}", take_problem(numbers), None) for number in numbers]


def answers_to(program, problems, nodes):
    with tempfile.TemporaryDirectory() as folder:
        question, reply = Path(folder, "problems.json"), Path(folder, "answers.json")
        question.write_text(json.dumps(problems))
        subprocess.run([program, question, reply, str(nodes)], check=True)
        return json.loads(reply.read_text())


def compare(name, problem, published, answer):
    """One line of the table as a dict, and complaints."""
    started = time.process_time()
    peer = highs(problem, False, options=HIGHS_OPTIONS)
    seconds = time.process_time() - started
    best = max(x for x in (published, None if peer.x is None else -peer.fun) if x is not None)
    wrong = []
    if answer["status"] not in ("certified", "feasible") or not exact_uses_hold(problem, answer["choice"]):
        wrong.append(f"{name}: {answer['status']}, or a limit is exceeded")
    if answer["bound"] < best - 1e-6 or answer["value"] > -peer.mip_dual_bound + 1e-6 * best:
        wrong.append(f"{name}: value {answer['value']}, bound {answer['bound']}, best known {best}, "
                     f"HiGHS's bound {-peer.mip_dual_bound}")
    if answer["value"] < LEAST_SHARE * best:
        wrong.append(f"{name}: value {answer['value']} is less than 99.5 % of {best}")
    return {"share": answer["value"] / best, "highs_share": 0.0 if peer.x is None else -peer.fun / best,
            "best": best, "value": answer["value"], "gap": answer["bound"] / answer["value"] - 1,
            "certified": answer["status"] == "certified", "seconds": answer["seconds"], "highs_seconds": seconds}, wrong


def main():
    folder = Path(os.environ.get("PROFFER_DATA", ""), "mmkp")
    if not os.environ.get("PROFFER_DATA") or not folder.is_dir():
        print("skipped: PROFFER_DATA does not name the folder of public data")
        sys.exit(77)
    nodes = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    failures = 0
    for path in sorted(folder.glob("mmkp_*")):
        cases = orlib(path) if "orlib" in path.name else hiremath_hill(path)
        answers = answers_to(sys.argv[1], [problem for _, problem, _ in cases], nodes)
        lines = []
        for (name, problem, published), answer in zip(cases, answers):
            line, wrong = compare(name, problem, published, answer)
            lines.append(line)
            failures += len(wrong)
            for text in wrong:
                print(text, flush=True)
        mean = lambda key: sum(line[key] for line in lines) / len(lines)
        print(f"{path.name}: {len(lines)} problems of {cases[0][1]['rows']} groups, best known {mean('best'):.2f}, value "
              f"{mean('value'):.2f} (least {min(line['share'] for line in lines):.4%} of the best), gap {mean('gap'):.2%}, "
              f"{sum(line['certified'] for line in lines)} certified, {mean('seconds'):.2f} s; "
              f"HiGHS {mean('highs_share'):.4%} in {mean('highs_seconds'):.2f} CPU s", flush=True)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
