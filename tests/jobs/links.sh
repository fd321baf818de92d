#!/usr/bin/env bash
# links.sh: what rows share, against plain union-find in Python; the same bytes at 1 and 3 ranks and as a job of its own;
# scored, listed and verified; and a better fraud model where rings are planted.
source "$(dirname "$0")/common.sh"
cat "$small" - > "$work/config.yaml" << 'END'
links: {fraud_known_after: 2, hub: 20}
END
rings=(--set "generate.links={ring_share: 0.03, ring_members: 6, ring_fraud: 0.5}")
for ranks in 1 3; do
  expect 0 on "$ranks" run "$work/config.yaml" "${rings[@]}" --out "$work/run$ranks" -q
done
digests "$work/run1" > "$work/reference"
same "the run at 3 ranks" "$work/run3"
/usr/bin/python3 "$here/links.py" "$work/run1/books" 2 20 || fail "links differ from those of union-find"
expect 0 on 2 verify "$work/run1" -q

cat > "$work/alone.yaml" << END
links: {training: run1/books/training.h5, population: run1/books/population.h5, fraud_known_after: 2, hub: 20}
END
expect 0 on 2 links "$work/alone.yaml" --out "$work/alone" -q
for book in training population; do
  cmp "$work/run1/books/$book.linked.h5" "$work/alone/books/$book.linked.h5" || fail "alone, $book differs"
done
sed -i 's#training.h5#training.linked.h5#' "$work/alone.yaml"
expect 3 on 2 links "$work/alone.yaml" --out "$work/twice" -q
grep -q "has a column link_component already" "$work/err" || fail "columns are added twice"
expect 3 on 2 run "$work/config.yaml" --out "$work/none" -q
grep -q "has no links" "$work/err" || fail "a book without links passes"

cat > "$work/rings.yaml" << 'END'
seed: 5
generate:
  links: {ring_share: 0.01, ring_fraud: 0.4}
  training: {borrowers: 120000, take_up: 0.4, fraud_rate: 0.015}
  population: {borrowers: 100}
links: {}
train:
  monitor: {review_capacity: 200}
  models:
    fraud: {target: fraud, rounds: 60, depth: 3, second_opinion: false}
    alone:
      target: fraud
      rounds: 60
      depth: 3
      second_opinion: false
      exclude: [link_component, link_component_frauds, link_degree, link_sharing_frauds, link_device, link_phone, link_address]
END
expect 0 on 2 run "$work/rings.yaml" --out "$work/rings" -q
/usr/bin/python3 - "$work/rings/metrics.json" << 'END' || fail "links do not help to find frauds"
import json, sys
metrics = json.load(open(sys.argv[1]))
linked, alone = (metrics[name]["test"] for name in ("fraud", "alone"))
for what, value in (("average precision", lambda m: m["average_precision"]),
                    ("recall at capacity", lambda m: m["recall_at_capacity"]["recall"])):
    print(f"{what}: with links {value(linked):.4f}, without {value(alone):.4f}")
sys.exit(not (linked["average_precision"] > 1.5 * alone["average_precision"]
              and linked["recall_at_capacity"]["recall"] > alone["recall_at_capacity"]["recall"]))
END
finish
