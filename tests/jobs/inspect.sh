#!/usr/bin/env bash
# inspect.sh MAKE_BROKEN: inspect says what is in every kind of file that proffer writes or reads.
source "$(dirname "$0")/common.sh"
make_broken=$1
expect 0 on 1 run "$small" --out "$work/run" -q
[ "$failures" = 0 ] || finish
mkdir "$work/made"
"$make_broken" "$work/run" "$work/made" || fail "make_broken"
echo 'problem: problem.h5' > "$work/made/problem.yaml"
expect 0 on 2 combine "$work/made/problem.yaml" --out "$work/chosen" -q

# says RANKS PATH TEXT...: each text stands on some line, once each line whatever the ranks.
says() {
  local ranks=$1 path=$2 text
  shift 2
  expect 0 on "$ranks" inspect "$path"
  [ -s "$work/err" ] && fail "inspect $path prints on stderr: $(cat "$work/err")"
  for text in "$@"; do grep -Eq -- "$text" "$work/out" || fail "inspect $path does not say: $text"; done
}

says 1 "$work/run/books/training.h5" 'training.h5: proffer-book 1\.' '/borrower/features +f32 +12,000 × ' '^region +categorical +feature' \
  'labels: north, south' '^outcome responded +0: ' '^offers: contacted 0: .*, 1: '
says 3 "$work/run/books/population.h5" '/borrower/id +u64 +9,000'
[ "$(grep -c 'proffer-book' "$work/out")" = 1 ] || fail "inspect speaks more than once at 3 ranks"
says 1 "$work/run/models/response.json" 'model response of responded, [0-9]+ trees' ' train +[0-9,]+ rows' 'inputs by gain:'
says 1 "$work/run/models/response.xgboost.json" 'gbtree'
says 1 "$work/run/scores/scores.h5" 'proffer-scores 1\.' '/score/p_take +f32 +[0-9,]+ × 12' 'personal_loan:2000:0.079:36:mail' '^assumptions:'
says 1 "$work/run/offers/offers.h5" 'proffer-offers 1\.' '^decisions: 0: [0-9]+, 1: ' ' 0 = offered'
says 1 "$work/run/offers/certificate.json" '"status": "certified"'
says 1 "$work/run" 'run run, complete' 'generate +complete' 'offers/offers.h5 +[0-9,]+ bytes  [0-9a-f]{64}$'
says 1 "$work/made/problem.h5" 'proffer-allocation 1\.' '/value +f64 +6 × 2'
says 1 "$work/chosen/offers/choice.h5" 'proffer-choice 1\.' '/choice +i32 +6'
says 1 "$work/chosen" 'combine run, complete'
says 1 "$work/run/offers/offers.h5" '.'
expect 0 on 1 inspect "$work/run/models/response.json" "$work/made/problem.h5"
grep -q proffer-allocation "$work/out" || fail "inspect of two files"

refuses() {  # CODE PATH MESSAGE
  expect "$1" on 2 inspect "$2"
  [ "$(grep '^proffer: ' "$work/err" | sed "s#$work/##g")" = "proffer: $3" ] || fail "inspect $2 says $(cat "$work/err")"
}
refuses 2 "$work/nowhere.h5" 'nowhere.h5 does not exist: check the path'
mkdir "$work/empty"
refuses 2 "$work/empty" 'empty is not a run directory (no manifest.json): name a file in it'
echo '{"format":"proffer-model","format_version":"2.0"}' > "$work/newer.json"
refuses 3 "$work/newer.json" 'newer.json has format version 2.0 (this program reads 1.x): use the proffer version that wrote it'
echo text > "$work/text.h5"
refuses 3 "$work/text.h5" 'text.h5 is not an HDF5 file (no HDF5 signature): check the path, or restore the file from its source'
expect 2 on 2 inspect
finish
