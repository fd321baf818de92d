"""limits_against_highs.py PROFFER: small scores with every kind of limit, and frontiers, against HiGHS through scipy.

The problem is written down here a second time from its definition in docs/methods.md: CVaR with the variables eta and z
of Rockafellar & Uryasev, capital by scipy's normal distribution, changes by counting. For each problem: value <= optimum
<= bound, relaxed_bound equal to the LP's optimum where no cut is missing, infeasible exactly where HiGHS says so.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import h5py
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.stats import norm
except ImportError:
    print("skipped: /usr/bin/python3 lacks h5py or scipy")
    sys.exit(77)

N, M = 48, 4
LIMIT = np.array([1000.0, 2500.0, 3000.0, 7000.0])
EXPOSURE = 0.8 * LIMIT
LGD = np.array([0.7, 0.65, 0.4, 0.45])
ASSET = np.array([2, 2, 1, 1], np.uint8)
PD_FLOOR = 0.02
FUNDER = np.array([0, 1, 255, 1], np.uint8)
OPENING = np.array([4000.0, 9000.0, 500.0])
SCENARIOS = [("base", 0.6, 1.0, 1.0, {}), ("bad", 0.25, 1.8, 0.9, {}), ("south", 0.15, 1.0, 1.0, {"south": (5.0, 1.2)})]


class Population:
    def __init__(self, seed):
        random = np.random.default_rng(seed)
        self.take = random.uniform(0.05, 0.6, (N, M)).astype(np.float32).astype(float)
        self.pd = random.uniform(0.01, 0.25, (N, M)).astype(np.float32).astype(float)
        self.value = random.uniform(-40, 160, (N, M)).astype(np.float32).astype(float)
        self.reason = np.where(random.uniform(size=(N, M)) < 0.15, 1, 0).astype(np.uint32)
        self.segment = random.integers(0, 2, N).astype(np.uint8)
        self.group = random.integers(0, 2, N).astype(np.uint8)
        self.id = (np.arange(N) * 3 + 5).astype(np.uint64)
        self.before = np.where(random.uniform(size=N) < 0.4, random.integers(0, M, N), -1).astype(np.int32)

    def write(self, folder):
        texts = lambda *t: np.array([s.encode() for s in t], dtype="S16")
        names = texts(*[f"offer{j}" for j in range(M)])
        with h5py.File(folder / "scores.h5", "w") as file:
            for key, value in {"format": "proffer-scores", "format_version": "1.1", "currency": "EUR"}.items():
                file.attrs[key] = value
            file.attrs["default_months"] = 12
            catalog = {"products": texts("card", "loan"), "channels": texts("mail"), "name": names,
                       "product": np.array([0, 0, 1, 1], np.uint8), "channel": np.zeros(M, np.uint8), "limit": LIMIT,
                       "exposure": EXPOSURE, "lgd": LGD, "fraud_loss": np.ones(M), "contact_cost": np.ones(M),
                       "apr": np.full(M, 0.1), "effective_apr": np.full(M, 0.1), "term": np.full(M, 24, np.uint16),
                       "asset_class": ASSET, "capital_lgd": LGD, "capital_pd_floor": np.full(M, PD_FLOOR),
                       "funders": texts("bank", "partner"), "funder": FUNDER}
            for key, value in catalog.items():
                file["catalog/" + key] = value
            file["schema/reasons"] = texts("rule")
            file["schema/reason_class"] = np.zeros(1, np.uint8)
            file["schema/segments"] = texts("north", "south")
            file["schema/groups"] = texts("women", "men")
            file["schema/group_rows"] = np.bincount(self.group, minlength=2).astype(np.uint64)
            file["schema/opening"] = OPENING
            file["assumptions/text"] = texts("none")
            file["borrower/id"] = self.id
            file["borrower/unit"] = self.id
            for key in ("take", "pd", "value"):
                file["score/" + {"take": "p_take", "pd": "p_default"}.get(key, key)] = getattr(self, key).astype(np.float32)
            file["score/reason"] = self.reason
            file["score/p_fraud"] = np.zeros(N, np.float32)
            file["score/segment"] = self.segment
            file["score/group"] = self.group
        order = np.random.default_rng(1).permutation(N)  # an earlier list, in another order
        with h5py.File(folder / "before.h5", "w") as file:
            file.attrs["format"] = "proffer-offers"
            file.attrs["format_version"] = "1.0"
            file["catalog/name"] = names
            file["borrower/id"] = self.id[order]
            file["decision/offer"] = self.before[order]

    def in_scenario(self, scenario):
        _, _, pd, response, segments = scenario
        pd_of = np.where((self.segment == 1) & ("south" in segments), segments.get("south", (pd,))[0], pd)
        response_of = np.where((self.segment == 1) & ("south" in segments), segments.get("south", (0, response))[1], response)
        return np.minimum(1, self.take * response_of[:, None]), np.minimum(1, self.pd * pd_of[:, None])


def capital(pd):
    pd = np.maximum(pd, PD_FLOOR)
    w = (1 - np.exp(-35 * pd)) / (1 - np.exp(-35))
    r = np.where(ASSET == 1, 0.03 * w + 0.16 * (1 - w), 0.04)
    return LGD * (norm.cdf((norm.ppf(pd) + np.sqrt(r) * norm.ppf(0.999)) / np.sqrt(1 - r)) - pd)


class Rows:
    """Constraints low <= A x <= high over the pairs and some further variables."""

    def __init__(self):
        self.extra, self.rows = 0, []

    def add(self, use, low, high, extra=None):
        self.rows.append((np.asarray(use, float).ravel(), extra or {}, low, high))

    def matrices(self):
        matrix = np.zeros((len(self.rows), N * M + self.extra))
        for r, (use, extra, _, _) in enumerate(self.rows):
            matrix[r, : N * M] = use
            for k, coefficient in extra.items():
                matrix[r, N * M + k] = coefficient
        return matrix, np.array([r[2] for r in self.rows]), np.array([r[3] for r in self.rows])


def limits_of(p, kinds, scale):
    """YAML lines and rows of some limits; `scale` makes them tight or loose."""
    yaml, rows, inf = [], Rows(), np.inf
    ones = np.ones((N, M))
    had = p.before >= 0
    for kind in kinds:
        if kind == "capital":
            bound = 9000 * scale
            yaml.append(f"{{name: capital, measure: capital, limit: {bound}}}")
            rows.add(p.take * capital(p.pd) * EXPOSURE, -inf, bound)
        elif kind == "funder":
            yaml.append(f"{{name: partner, measure: takes, funder: partner, limit: {4 * scale}}}")
            rows.add(p.take * (FUNDER == 1), -inf, 4 * scale)
        elif kind == "concentration":
            share = 0.45
            yaml.append(f"{{name: south, measure: exposure, segment: south, share: true, opening: book, limit: {share}}}")
            use = p.take * EXPOSURE * ((p.segment == 1)[:, None] - share)
            rows.add(use, -inf, share * OPENING.sum() - OPENING[1])
        elif kind == "worst":
            bound = 2500 * scale
            yaml.append(f"{{name: worst loss, measure: loss, basis: worst_case, limit: {bound}}}")
            for scenario in SCENARIOS:
                take, pd = p.in_scenario(scenario)
                rows.add(take * pd * LGD * EXPOSURE, -inf, bound)
        elif kind == "cvar":
            bound, level = 2200 * scale, 0.7
            yaml.append(f"{{name: loss at risk, measure: loss, basis: cvar, quantile: {level}, limit: {bound}}}")
            eta, first = rows.extra, rows.extra + 1
            rows.extra += 1 + len(SCENARIOS)
            for s, scenario in enumerate(SCENARIOS):  # z_s >= loss_s - eta
                take, pd = p.in_scenario(scenario)
                rows.add(take * pd * LGD * EXPOSURE, -inf, 0, {eta: -1, first + s: -1})
            rows.add(0 * ones, -inf, bound,
                     {eta: 1, **{first + s: scenario[1] / (1 - level) for s, scenario in enumerate(SCENARIOS)}})
        elif kind == "changed":  # N − Σ [same] x − Σ_{none before} [1 − Σ x]
            bound = round(12 * scale)
            yaml.append(f"{{name: changed, measure: changed, limit: {bound}}}")
            same = np.zeros((N, M))
            same[np.flatnonzero(had), p.before[had]] = 1
            rows.add((~had)[:, None] * ones - same, -inf, bound - had.sum())
        elif kind == "lost":
            yaml.append("{name: lost, measure: lost, share: true, limit: 0.2}")
            rows.add(had[:, None] * ones, had.sum() - 0.2 * had.sum(), inf)
        elif kind == "ratio":
            yaml.append("{name: rates, measure: impact_ratio, group: women, reference: men, sense: at_least, limit: 0.9}")
            women, men = p.group == 0, p.group == 1
            rows.add((women / women.sum() - 0.9 * men / men.sum())[:, None] * ones, 0, inf)
    return yaml, rows


def highs(p, rows, relaxed):
    matrix, low, high = rows.matrices()
    per_row = np.hstack([np.kron(np.eye(N), np.ones(M)), np.zeros((N, rows.extra))])
    cost = np.concatenate([-p.value.ravel(), np.zeros(rows.extra)])
    lowest = np.zeros(len(cost))
    highest = np.concatenate([(p.reason == 0).ravel().astype(float), np.full(rows.extra, np.inf)])
    integrality = np.concatenate([np.full(N * M, 0 if relaxed else 1), np.zeros(rows.extra)])
    return milp(cost, integrality=integrality, bounds=Bounds(lowest, highest),
                constraints=[LinearConstraint(per_row, ub=np.ones(N)), LinearConstraint(matrix, low, high)],
                options={"mip_rel_gap": 0.0, "time_limit": 20.0})


SCENARIO_YAML = "  scenarios:\n" + "".join(
    f"  - {{name: {name}, probability: {probability}, pd: {pd}, response: {response}"
    + (", segments: {" + ", ".join(f"{s}: {{pd: {a}, response: {b}}}" for s, (a, b) in segments.items()) + "}" if segments else "")
    + "}\n" for name, probability, pd, response, segments in SCENARIOS)


def config(folder, yaml, more=""):
    path = folder / "c.yaml"
    path.write_text("seed: 1\ncombine:\n  scores: scores.h5\n  previous: before.h5\n" + SCENARIO_YAML + "  limits:\n" +
                    "".join(f"  - {line}\n" for line in yaml) + more)
    return path


def proffer(*arguments):
    return subprocess.run([sys.argv[1], *map(str, arguments), "-q"], capture_output=True, text=True)


def main():
    wrong, infeasible = [], 0
    kinds = ["capital", "funder", "concentration", "worst", "cvar", "changed", "lost", "ratio"]
    sets = [([kind], 1.0) for kind in kinds] + [(["cvar"], 0.4), (["worst", "cvar"], 0.6), (kinds, 1.0), (kinds, 0.7),
            (["cvar", "changed", "ratio", "capital"], 0.5), (["changed", "lost", "cvar"], 0.2), (["lost", "funder"], 0.05)]
    for number, (some, scale) in enumerate(sets):
        with tempfile.TemporaryDirectory() as work:
            folder, p = Path(work), Population(number)
            p.write(folder)
            yaml, rows = limits_of(p, some, scale)
            done = proffer("combine", config(folder, yaml), "--out", folder / "run")
            best, relaxed = highs(p, rows, False), highs(p, rows, True)
            complain = lambda text: wrong.append(f"{some} × {scale}: {text}")
            if best.status == 2:
                infeasible += 1
                if done.returncode != 4:
                    complain(f"infeasible, but exit {done.returncode}: {done.stderr}")
                continue
            if done.returncode != 0:
                complain(f"exit {done.returncode}: {done.stderr}")
                continue
            certificate = json.loads((folder / "run/offers/certificate.json").read_text())
            with h5py.File(folder / "run/offers/offers.h5") as file:
                choice = file["decision/offer"][:]
            x = np.zeros((N, M))
            x[np.flatnonzero(choice >= 0), choice[choice >= 0]] = 1
            matrix, low, high = rows.matrices()
            if rows.extra == 0:
                use = matrix @ x.ravel()
                if (use > high + 1e-6).any() or (use < low - 1e-6).any():
                    complain(f"a limit is broken: {use} in {low} … {high}")
            elif "cvar" in some:  # the smallest eta and z for this list
                loss = np.array([(lambda t, d: (x * t * d * LGD * EXPOSURE).sum())(*p.in_scenario(s)) for s in SCENARIOS])
                probability = np.array([s[1] for s in SCENARIOS])
                cvar = min(eta + (probability * np.maximum(0, loss - eta)).sum() / 0.3 for eta in loss)
                entry = next(limit for limit in certificate["limits"] if limit["name"] == "loss at risk")
                if cvar > 2200 * scale + 1e-6:
                    complain(f"CVaR {cvar} > {2200 * scale}")
                if abs(cvar - entry["use"]) > 1e-6 and entry["slack"] < 1e-3 * cvar:
                    complain(f"CVaR {cvar}, certificate {entry['use']}")
            optimum = -best.fun
            if certificate["value"] > optimum + 1e-6 or certificate["bound"] < optimum - 1e-6:
                complain(f"value {certificate['value']}, bound {certificate['bound']}, optimum {optimum}")
            if certificate["status"] != "certified":
                complain(f"only {certificate['status']}: {certificate['value']} of {optimum}")
            # Every q that binds is a cut at the end, unless the list (not the relaxation) already held the limit.
            if certificate["relaxed_bound"] < -relaxed.fun - 1e-6:
                complain(f"relaxed bound {certificate['relaxed_bound']}, LP {-relaxed.fun}")
            if "cvar" not in some and abs(certificate["relaxed_bound"] + relaxed.fun) > 1e-6:
                complain(f"relaxed bound {certificate['relaxed_bound']}, LP {-relaxed.fun}")
    for kind, varied in (("cvar", "loss at risk"), ("capital", "capital")):
        with tempfile.TemporaryDirectory() as work:
            folder, p = Path(work), Population(77)
            p.write(folder)
            yaml, _ = limits_of(p, [kind], 1.0)
            base = 2200 if kind == "cvar" else 9000
            path = config(folder, yaml, f"frontier: {{limit: {varied}, from: {0.2 * base}, to: {base}, points: 5}}\n")
            done = proffer("frontier", path, "--out", folder / "run")
            if done.returncode != 0:
                wrong.append(f"frontier of {kind}: exit {done.returncode}: {done.stderr}")
                continue
            for point in json.loads((folder / "run/frontier/frontier.json").read_text())["points"]:
                optimum = -highs(p, limits_of(p, [kind], point["limit"] / base)[1], False).fun
                if not point["planned_value"] - 1e-6 <= optimum <= point["bound"] + 1e-6:
                    wrong.append(f"frontier of {kind} at {point['limit']}: {point['planned_value']} … {point['bound']}, "
                                 f"optimum {optimum}")
    for line in wrong:
        print(line)
    print(f"{len(sets)} problems, {infeasible} of them infeasible, and 2 frontiers against HiGHS: "
          f"{len(wrong)} disagreements")
    sys.exit(bool(wrong))


main()
