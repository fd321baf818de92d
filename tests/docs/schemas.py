"""The JSON files of real runs against docs/schemas/, and planted mistakes that the schemas must find."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from schema import problems

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFFER = os.environ["PROFFER"]
failures = []


def read(path):
    return json.loads(pathlib.Path(path).read_text())


def check(name, path):
    schema, value = read(ROOT / "docs/schemas" / f"{name}.json"), read(path)
    failures.extend(f"{path}: {line}" for line in problems(value, schema)[:5])
    for key in schema["required"]:
        broken = copy.deepcopy(value)
        del broken[key]
        if not problems(broken, schema):
            failures.append(f"{name}: a file without {key} passes")
        broken[key] = object()
        if not problems(broken, schema):
            failures.append(f"{name}: a file with a senseless {key} passes")


def run(code, *arguments):
    done = subprocess.run([PROFFER, *arguments, "-q"], capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"exit {done.returncode} instead of {code}: {arguments}: {done.stderr}")


with tempfile.TemporaryDirectory() as work:
    made = pathlib.Path(work) / "made"
    config = str(ROOT / "tests/jobs/small.yaml")
    run(0, "run", config, "--out", str(made))
    check("manifest", made / "manifest.json")
    check("certificate", made / "offers/certificate.json")
    for model in sorted((made / "models").glob("*.json")):
        if model.name.endswith(".card.json"):
            check("model_card", model)
        elif not model.name.endswith(".xgboost.json"):
            check("model", model)
    # Everything a certificate of a list can hold, and a frontier.
    rich = pathlib.Path(work) / "rich.yaml"
    rich.write_text(
        f"combine:\n  scores: {made}/scores/scores.h5\n  cells: {{control: 0.05, exploration: 0.01}}\n  scenarios:\n"
        "    - {name: base, probability: 0.8}\n    - {name: bad, probability: 0.2, pd: 1.5}\n  limits:\n"
        "    - {name: worst loss, measure: loss, basis: worst_case, limit: 20000}\n"
        "    - {name: loss at risk, measure: loss, basis: cvar, quantile: 0.9, limit: 20000}\n"
        "    - {name: cards, measure: contacts, product: card, share: true, limit: 0.5}\n"
        "frontier: {limit: worst loss, from: 5000, to: 20000, points: 3}\n")
    run(0, "combine", str(rich), "--out", f"{work}/rich")
    check("certificate", f"{work}/rich/offers/certificate.json")
    run(0, "frontier", str(rich), "--out", f"{work}/frontier")
    check("frontier", f"{work}/frontier/frontier/frontier.json")
    priced = pathlib.Path(work) / "priced.yaml"
    priced.write_text(pathlib.Path(config).read_text().replace(
        "rate_convention: amortising", "rate_convention: amortising\n      reference_apr: 0.129").replace(
        "rate_convention: revolving", "rate_convention: revolving\n      reference_apr: 0.199").replace(
        "  fraud_loss: 0.9\n", "  fraud_loss: 0.9\n  prices: {take_up_elasticity: -0.6}\n")
        + "sensitivity: {take_up_elasticity: [-2, 0]}\n")
    run(0, "sensitivity", str(priced), "--out", f"{work}/priced", "--set", f"score.population={made}/books/population.h5",
        "--set", f"score.models={made}/models")
    check("sensitivity", f"{work}/priced/sensitivity/sensitivity.json")
    # Limits that cannot hold together: a certificate without a list.
    impossible = pathlib.Path(work) / "impossible.yaml"
    impossible.write_text(
        f"combine:\n  scores: {made}/scores/scores.h5\n  limits:\n"
        "    - {name: few, measure: contacts, limit: 10}\n"
        "    - {name: many, measure: contacts, sense: at_least, limit: 20}\n")
    run(4, "combine", str(impossible), "--out", f"{work}/none")
    check("certificate", f"{work}/none/offers/certificate.json")
    if sorted(read(f"{work}/none/offers/certificate.json")["conflict"]) != ["few", "many"]:
        failures.append("the conflict is not between few and many")

if failures:
    sys.exit("\n".join(failures))
