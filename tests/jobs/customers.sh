#!/usr/bin/env bash
# customers.sh: models of what existing customers do against what is planted, and treatments of accounts past due, with
# the same bytes at 1 and 3 ranks.
source "$(dirname "$0")/common.sh"
cat > "$work/config.yaml" << 'END'
seed: 8
generate:
  history: {months: 6, attrition_rate: 0.12, repeat_rate: 0.2, delinquent_rate: 0.06}
  training: {borrowers: 60000}
  population: {borrowers: 20000}
train:
  out_of_time_from: 20240430
  models:
    attrition: {target: attrited, rounds: 60, depth: 3, second_opinion: false}
    repeat: {target: repeated, rounds: 60, depth: 3, second_opinion: false}
    behaviour: {target: delinquent, rounds: 60, depth: 3, second_opinion: false}
collections:
  days: [1, 30, 60]
  bands:
    low: {treatments: [none, text message, call]}
    middle: {from: 0.1, treatments: [text message, call, "letter, registered"]}
    high: {from: 0.4, treatments: [call, agency, agency]}
END
for ranks in 1 3; do
  expect 0 on "$ranks" run "$work/config.yaml" --out "$work/run$ranks" -q
done
digests "$work/run1" > "$work/reference"
same "the run at 3 ranks" "$work/run3"
/usr/bin/python3 "$here/customers.py" "$work/run1" || fail "customers differ from what is planted"
cat > "$work/alone.yaml" << 'END'
collections:
  book: run1/books/population.h5
  model_file: run1/models/attrition.json
  days: [1]
  bands: {all: {treatments: [call]}}
END
expect 0 on 2 collections "$work/alone.yaml" --set collections.model_file=run1/models/behaviour.json --out "$work/alone" -q
cut -d, -f1-4 "$work/run1/collections/collections.csv" > "$work/of_run"
cut -d, -f1-4 "$work/alone/collections/collections.csv" | cmp - "$work/of_run" || fail "alone, scores differ"
expect 2 on 2 collections "$work/alone.yaml" --out "$work/other" -q
grep -q "is about attrited" "$work/err" || fail "another model passes"
finish
