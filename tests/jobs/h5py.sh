#!/usr/bin/env bash
# h5py.sh: a bare allocation problem written by h5py goes through combine; the snippet of docs/formats.md runs.
source "$(dirname "$0")/common.sh"
/usr/bin/python3 "$here/bare_problem.py" write "$work/problem.h5" || fail "writing the problem"
echo 'problem: problem.h5' > "$work/problem.yaml"
for ranks in 1 3; do
  expect 0 on "$ranks" combine "$work/problem.yaml" --out "$work/chosen$ranks" -q
  /usr/bin/python3 "$here/bare_problem.py" check "$work/problem.h5" "$work/chosen$ranks" || fail "the choice at $ranks ranks"
done
digests "$work/chosen1" > "$work/reference"
same "the choice at 3 ranks" "$work/chosen3"

expect 0 on 1 generate "$small" --out "$work/made" -q
sed -n '/^```python$/,/^```$/p' "$here/../../docs/formats.md" | grep -v '^```' > "$work/made/books/snippet.py"
[ -s "$work/made/books/snippet.py" ] || fail "docs/formats.md has no snippet"
cat >> "$work/made/books/snippet.py" << 'END'
assert "age" in names and features.shape == (1000, len(names)), (names, features.shape)
assert 0 < took.sum() < len(took), took.sum()
END
(cd "$work/made/books" && /usr/bin/python3 snippet.py) || fail "the snippet of docs/formats.md"
finish
