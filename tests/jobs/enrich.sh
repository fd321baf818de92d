#!/usr/bin/env bash
# enrich.sh: scores of models of an earlier book as columns, against Python's XGBoost; the same bytes at 1 and 3 ranks and
# as a job of its own; missing where they were not known yet; learnt from, scored, listed and verified.
source "$(dirname "$0")/common.sh"
cat > "$work/early.yaml" << 'END'
seed: 8
generate:
  history: {months: 6, attrition_rate: 0.12, repeat_rate: 0.2, delinquent_rate: 0.1}
  training: {borrowers: 30000, from: 20220131, to: 20221231, cut_off: 20230630}
  population: {borrowers: 0}
train:
  models:
    attrition: {target: attrited, rounds: 20, depth: 3, second_opinion: false}
    behaviour: {target: delinquent, rounds: 20, depth: 3, second_opinion: false}
    response: {target: responded, offer_terms: [apr], rounds: 2, depth: 2, second_opinion: false}
END
expect 0 on 2 run "$work/early.yaml" --out "$work/early" -q
cat "$small" - > "$work/config.yaml" << 'END'
enrich:
  models:
    leaves: {file: early/models/attrition.json}
    goes_bad: {file: early/models/behaviour.json}
END
history=(--set "generate.history={months: 6, attrition_rate: 0.12, repeat_rate: 0.2, delinquent_rate: 0.1}")
for ranks in 1 3; do
  expect 0 on "$ranks" run "$work/config.yaml" "${history[@]}" --out "$work/run$ranks" -q
done
grep -q "of 12,000 rows of training.h5 are too early to be told leaves (known from 20230630)" "$work/err" ||
  fail "rows that are too early are not told"
digests "$work/run1" > "$work/reference"
same "the run at 3 ranks" "$work/run3"
expect 0 on 2 verify "$work/run1" -q
/usr/bin/python3 "$here/enrich.py" "$work/early/models" "$work/run1" || fail "columns differ from Python's XGBoost"

cat > "$work/alone.yaml" << 'END'
enrich:
  training: run1/books/training.h5
  population: run1/books/population.h5
  models:
    leaves: {file: early/models/attrition.json}
    goes_bad: {file: early/models/behaviour.json}
END
expect 0 on 2 enrich "$work/alone.yaml" --out "$work/alone" -q
for book in training population; do
  cmp "$work/run1/books/$book.enriched.h5" "$work/alone/books/$book.enriched.h5" || fail "alone, $book differs"
done
expect 3 on 2 enrich "$work/alone.yaml" --set enrich.training=run1/books/training.enriched.h5 --out "$work/twice" -q
grep -q "has a column leaves already" "$work/err" || fail "columns are added twice"
expect 3 on 2 enrich "$work/alone.yaml" --set enrich.training=early/books/training.h5 --out "$work/leak" -q
grep -q "learnt from rows up to 20221231 whose outcomes were known from 20230630, and every row is earlier" "$work/err" ||
  fail "rows are told what was learnt from them"
expect 2 on 2 enrich "$work/alone.yaml" --set enrich.models.leaves.file=early/models/response.json --out "$work/offer" -q
grep -q "asks about an offer" "$work/err" || fail "a model of offers passes"
expect 2 on 2 enrich "$work/alone.yaml" --set "enrich.models={}" --out "$work/none" -q
grep -q "enrich names no model" "$work/err" || fail "no model passes"
expect 2 on 2 run "$work/config.yaml" "${history[@]}" --set enrich.training=early/books/training.h5 --out "$work/both" -q
grep -q "this run has made one of that name" "$work/err" || fail "a book hides the one that the run made"
expect 3 on 2 enrich "$work/alone.yaml" --set enrich.models.leaves.known_after=60 --out "$work/late" -q
grep -q "known from 20271231, and every row is earlier" "$work/err" || fail "known_after is not kept to"
[ ! -e "$work/leak/books/training.enriched.h5" ] || fail "a refused book is left behind"
finish
