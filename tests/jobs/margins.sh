#!/usr/bin/env bash
# margins.sh MARGINS: the exported models of a run, in Python's xgboost, on a book of other borrowers.
source "$(dirname "$0")/common.sh"
margins=$1
expect 0 on 2 run "$small" --out "$work/run" -q
expect 0 on 2 generate "$small" --set generate.training.borrowers=100500 --set seed=5 --out "$work/others" -q
[ "$failures" = 0 ] || finish
for model in response booking default fraud; do
  "$margins" "$work/run/models/$model.json" "$work/others/books/training.h5" "$work/margins" || fail "margins of $model"
  /usr/bin/python3 "$here/margins.py" "$work/run/models/$model.xgboost.json" "$work/others/books/training.h5" \
    "$work/margins" || fail "the margins of $model differ from those of Python's xgboost"
done
finish
