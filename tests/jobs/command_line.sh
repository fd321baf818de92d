#!/usr/bin/env bash
# command_line.sh: what the options of every job promise.
source "$(dirname "$0")/common.sh"
run=(run "$small" --out "$work/run")

expect 0 on 2 "${run[@]}" --dry-run
[ -e "$work/run" ] && fail "--dry-run made the run directory"
grep -q "would generate into $work/run" "$work/err" || fail "--dry-run does not say what would be done"
expect 0 on 2 "${run[@]}" --check-config
[ -e "$work/run" ] && fail "--check-config made the run directory"
[ "$(cat "$work/err")" = "proffer: $small: the config is good" ] || fail "--check-config says: $(cat "$work/err")"

for job in generate ingest train score combine run; do
  expect 0 on 2 "$job" --dump-default-config
  cp "$work/out" "$work/$job.yaml"
  [ -s "$work/err" ] && fail "$job --dump-default-config prints on stderr: $(cat "$work/err")"
  # It is YAML whose keys are known: the only complaints left are about required settings without a value.
  "$PROFFER" "$job" "$work/$job.yaml" --check-config > /dev/null 2> "$work/err" ||
    grep -Eq 'yaml:[0-9]+:[0-9]+: .*(is required|is missing|has no value|are named|is named|no )' "$work/err" ||
    fail "$job: its default config does not parse back: $(cat "$work/err")"
done
expect 0 on 1 generate "$work/generate.yaml" --check-config

expect 0 on 2 --build-info
for part in '^proffer [0-9]' '^compiler: ' '^MPI: Open MPI' '^HDF5: 1\.' '^XGBoost: [0-9]'; do
  grep -q "$part" "$work/out" || fail "--build-info does not say $part"
done
[ "$(wc -l < "$work/out")" = 5 ] || fail "--build-info speaks more than once"
expect 0 on 2 --version
[ "$(grep -c '^proffer [0-9.]*$' "$work/out")" = 1 ] || fail "--version: $(cat "$work/out")"
expect 0 on 2 run --help
grep -q -- --dump-default-config "$work/out" || fail "run --help lacks options"

expect 0 on 2 "${run[@]}" -q
[ -s "$work/out" ] || [ -s "$work/err" ] && fail "-q prints on success: $(cat "$work/out" "$work/err")"
digests "$work/run" > "$work/reference"
ls -l --time-style=full-iso -R "$work/run" > "$work/before"
expect 0 on 3 "${run[@]}"
grep -q 'is complete with this config: nothing to do' "$work/err" || fail "a complete run says: $(cat "$work/err")"
ls -l --time-style=full-iso -R "$work/run" | diff "$work/before" - > /dev/null || fail "a complete run was touched"
expect 0 on 2 "${run[@]}" --resume
# Speed settings do not make it another run; results settings do.
expect 0 on 1 "${run[@]}" --set threads=1
for resume in "" --resume; do
  expect 2 on 2 "${run[@]}" $resume --set seed=78
  grep -q "^proffer: $work/run holds another run (job run with config_hash " "$work/err" ||
    fail "another config: $(cat "$work/err")"
done
mkdir "$work/full"
echo text > "$work/full/notes.txt"
expect 2 on 2 run "$small" --out "$work/full"
grep -q "^proffer: $work/full is not empty (no manifest.json): choose another --out" "$work/err" ||
  fail "a non-empty directory: $(cat "$work/err")"
expect 2 on 2 run "$small" --out "$work/full" --resume
[ "$(ls "$work/full")" = notes.txt ] || fail "a foreign directory was written to"
finish
