#!/usr/bin/env bash
# cold_start.sh: models from an external book that is weighted to look like the own one, and models that continue from
# them on a book of one's own; the same bytes at 1 and 3 ranks, and said in metrics and cards.
source "$(dirname "$0")/common.sh"
for seed in 1 2; do
  cat > "$work/books$seed.yaml" << END
seed: $seed
generate:
  drift: $((seed * 4 - 4))
  training: {borrowers: 12000, take_up: 0.3, default_rate: 0.12}
  population: {borrowers: 9000}
END
  expect 0 on 2 generate "$work/books$seed.yaml" --out "$work/books$seed" -q
done
cat > "$work/cold.yaml" << 'END'
train:
  book: books1/books/training.h5
  look_alike: {book: books2/books/population.h5, clip: 10, rounds: 30}
  models:
    default: {target: default, rounds: 12, depth: 3, offer_terms: [limit, contract_apr]}
END
for ranks in 1 3; do
  expect 0 on "$ranks" train "$work/cold.yaml" --out "$work/cold$ranks" -q
done
grep -q "cold start: the training book is external" "$work/err" || fail "cold start is not said"
digests "$work/cold1" > "$work/reference"
same "cold start at 3 ranks" "$work/cold3"
grep -q "has seen no outcome of the lender's own borrowers" "$work/cold1/models/default.card.md" || fail "the card says nothing"
cat > "$work/later.yaml" << 'END'
train:
  book: books2/books/training.h5
  models:
    default: {target: default, rounds: 12, depth: 3, offer_terms: [limit, contract_apr], continues: cold1/models/default.json}
END
for ranks in 1 3; do
  expect 0 on "$ranks" train "$work/later.yaml" --out "$work/later$ranks" -q
done
digests "$work/later1" > "$work/reference"
same "the continued model at 3 ranks" "$work/later3"
/usr/bin/python3 - "$work" << 'END' || fail "files do not say what was learnt from what"
import hashlib, json, pathlib, sys
work = pathlib.Path(sys.argv[1])
cold, later = (json.loads((work / run / "metrics.json").read_text())["default"] for run in ("cold1", "later1"))
facts = cold["cold_start"]
assert 0.5 < facts["auc"] <= 1 and 0 < facts["effective_rows"] < facts["rows"] == 12000, facts
before = (work / "cold1/models/default.json").read_bytes()
assert later["continues"]["sha256"] == hashlib.sha256(before).hexdigest(), later["continues"]
trees = json.loads(before)["forest"]["trees"]
assert json.loads((work / "later1/models/default.json").read_text())["forest"]["trees"][:len(trees)] == trees
inputs = {each["name"] for each in json.loads((work / "later1/manifest.json").read_text())["inputs"]}
assert "train.models.default.continues" in inputs, inputs
END
sed -i 's/default: {target/default: {kind: scorecard, target/; s/, depth: 3//; s/, rounds: 12//' "$work/cold.yaml"
expect 2 on 2 train "$work/cold.yaml" --out "$work/scorecard" -q
grep -q "model default takes no weights" "$work/err" || fail "a scorecard passes"
finish
