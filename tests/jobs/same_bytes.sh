#!/usr/bin/env bash
# same_bytes.sh RANKS...: one config, run at these numbers of ranks, with two threads, and with every speed setting
# changed: the same bytes each time.
source "$(dirname "$0")/common.sh"

# Another value for every setting that declares `affects: speed`.
declare -A other=(
  [threads]=3
  [score.batch_rows]=1000
  [score.store]=false
  [score.portable]=true
  [train.listen_on]=127.0.0.1
  [train.timeout]=100
)

# The names of all speed settings: those that the run in $1 read, as its manifest says, and those that
# --dump-default-config marks "affects speed only".
speed_settings() {
  sed -n '/"speed_settings": {/,/}/s/^ *"\([a-z_.]*\)": "[^{]*$/\1/p' "$1/manifest.json"
  "$PROFFER" run --dump-default-config | awk '
    /^ *#/ { sub(/^ *# */, ""); note = note " " $0; next }
    {
      match($0, /^ */); depth = RLENGTH / 2
      key = substr($0, RLENGTH + 1); sub(/:.*/, "", key)
      path[depth] = key
      name = path[0]
      for (d = 1; d <= depth; ++d) name = name "." path[d]
      if (note ~ /affects speed only/) print name
      note = ""
    }'
}

expect 0 on 1 run "$small" --out "$work/first" -q --set threads=1
[ "$failures" = 0 ] || finish
digests "$work/first" > "$work/reference"
for file in books/training.h5 books/population.h5 models/response.json models/default.xgboost.json scores/scores.h5 \
            offers/offers.h5 offers/offers.csv offers/certificate.json metrics.json; do
  grep -q " \./$file\$" "$work/reference" || fail "no $file in the run"
done

for ranks in "$@"; do
  expect 0 on "$ranks" run "$small" --out "$work/run" -q --set threads=1
  same "at $ranks ranks" "$work/run"
  rm -rf "$work/run"
done

speed_settings "$work/first" | sort -u > "$work/declared"
printf '%s\n' "${!other[@]}" | sort > "$work/known"
diff "$work/declared" "$work/known" > "$work/difference" ||
  fail "the speed settings are not those this test changes: $(tr '\n' ' ' < "$work/difference")"
all=()
for name in $(cat "$work/declared"); do
  [ -n "${other[$name]:-}" ] || continue
  all+=(--set "$name=${other[$name]}")
done
expect 0 on 1 run "$small" --out "$work/run" -q --set threads=2
same "with two threads" "$work/run"
rm -rf "$work/run"
expect 0 on 2 run "$small" --out "$work/run" -q "${all[@]}" --set score.store=true
same "with ${all[*]}, scores stored" "$work/run"
rm -rf "$work/run"
expect 0 on 2 run "$small" --out "$work/run" -q "${all[@]}"
[ ! -e "$work/run/scores/scores.h5" ] || fail "scores are stored though score.store is false"
grep -v ' \./scores/' "$work/reference" > "$work/reference.unstored"
mv "$work/reference.unstored" "$work/reference"
same "with ${all[*]}" "$work/run"
for name in $(cat "$work/known"); do
  grep -A20 '"speed_settings"' "$work/run/manifest.json" | grep -q "\"$name\": \"${other[$name]}\"" ||
    fail "the manifest does not say $name=${other[$name]}"
done

# combine alone, scoring on the way from what the first run made.
sed "s|^score:|score:\n  population: $work/first/books/population.h5\n  models: $work/first/models|" "$small" > "$work/alone.yaml"
expect 0 on 3 combine "$work/alone.yaml" --out "$work/alone" -q
for file in offers.h5 offers.csv certificate.json; do
  cmp -s "$work/first/offers/$file" "$work/alone/offers/$file" || fail "other bytes: $file of combine alone"
done
finish
