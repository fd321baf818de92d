#!/usr/bin/env bash
# review.sh: groups and reasons of a list against h5py, the same bytes at 1 and 3 ranks and as a job of its own.
source "$(dirname "$0")/common.sh"
cat "$small" - > "$work/config.yaml" << 'END'
review:
  reasons:
    concepts:
      history: {features: [bureau_score, delinquencies_90d], phrase: "Your payments, and what the bureau says of them"}
END
for ranks in 1 3; do
  expect 0 on "$ranks" run "$work/config.yaml" --set policy.maximum_pd=0.08 --out "$work/run$ranks" -q
done
digests "$work/run1" > "$work/reference"
same "the run at 3 ranks" "$work/run3"
/usr/bin/python3 "$here/review.py" "$work/run1" || fail "the review differs from the list and the book"
cat > "$work/alone.yaml" << END
review: {list: run1/offers/offers.h5, book: run1/books/population.h5, model: run1/models/default.json}
END
expect 0 on 2 review "$work/alone.yaml" --out "$work/alone" -q
cmp "$work/run1/offers/fairness.json" "$work/alone/offers/fairness.json" || fail "alone, groups differ"
sed -i 's#book: run1/books/population.h5#book: run1/books/training.h5#' "$work/alone.yaml"
expect 3 on 2 review "$work/alone.yaml" --out "$work/other" -q
grep -q "list and book do not belong together" "$work/err" || fail "another book passes"
finish
