#!/usr/bin/env bash
# resume.sh [STAGE...]: a rank killed while a stage runs, or a job asked to stop, and then --resume: the same bytes as
# an undisturbed run.
source "$(dirname "$0")/common.sh"
stages=${*:-generate train score combine}
ranks=3

# Waits until the manifest of $work/run says that a stage runs; 1 if the job ended before.
wait_for_stage() {
  local job=$1 stage=$2
  while kill -0 "$job" 2> /dev/null; do
    grep -A12 "\"$stage\": {" "$work/run/manifest.json" 2> /dev/null | grep -q '"status": "running"' && return 0
    sleep 0.01
  done
  return 1
}

# The process ids of the ranks that work on $work/run.
ranks_of_run() {
  local entry
  for entry in /proc/[0-9]*; do
    [ "$(readlink "$entry/exe")" = "$(readlink -f "$PROFFER")" ] || continue
    tr '\0' '\n' < "$entry/cmdline" 2> /dev/null | grep -qx "$work/run" && basename "$entry"
  done
}

# mpirun may end before its last rank is gone; until then the lock is that rank's.
wait_for_lock() {
  local holder
  holder=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$work/run/lock" 2> /dev/null)
  for _ in $(seq 200); do
    [ -n "$holder" ] && kill -0 "$holder" 2> /dev/null || return
    sleep 0.05
  done
}

# Sets `job` and, as soon as all ranks are there, `ranks_there`: looking for them takes longer than a short stage.
start() {
  "$launch" "$ranks" "$PROFFER" run "$small" --out "$work/run" --resume --set threads=1 > "$work/out" 2> "$work/err" &
  job=$!
  ranks_there=()
  while [ ${#ranks_there[@]} -lt "$ranks" ] && kill -0 "$job" 2> /dev/null; do
    mapfile -t ranks_there < <(ranks_of_run)
  done
}

expect 0 on 2 run "$small" --out "$work/whole" -q --set threads=1
[ "$failures" = 0 ] || finish
digests "$work/whole" > "$work/reference"

for stage in $stages; do
  for _ in 1 2 3 4 5; do  # a short stage may be over before its rank is killed
    rm -rf "$work/run"
    start
    killed=none
    wait_for_stage "$job" "$stage" && kill -KILL "${ranks_there[1]}" 2> /dev/null && killed=${ranks_there[1]}
    code=0
    wait "$job" || code=$?
    [ "$killed" = none ] || [ "$code" = 0 ] || break
  done
  wait_for_lock
  [ "$killed" = none ] && fail "no rank could be killed in $stage"
  [ "$code" != 0 ] || fail "the job ended with 0 though a rank was killed in $stage"
  # What has a final name is whole: each file that the manifest knows has the bytes of the whole run.
  (cd "$work/run" && find . -type f ! -name manifest.json ! -name log.jsonl ! -name summary.md ! -name 'lock*' ! -name '*.partial') |
    while read -r file; do cmp -s "$work/run/$file" "$work/whole/$file" || echo "$file"; done > "$work/halves"
  [ -s "$work/halves" ] && fail "half-written under a final name after a kill in $stage: $(cat "$work/halves")"
  expect 2 on 1 run "$small" --out "$work/run" -q --resume --set seed=5
  expect 0 on 2 run "$small" --out "$work/run" -q --resume --set threads=2
  same "resumed after a kill in $stage" "$work/run"
  find "$work/run" -name '*.partial' -o -name 'lock*' | grep -q . && fail "the resumed run left temporary files"
done

# Asked to stop: the stage that runs is finished, and the job says what to do.
for signal in USR1; do
  rm -rf "$work/run"
  start
  wait_for_stage "$job" generate || fail "the job ended too soon"
  kill -"$signal" "${ranks_there[0]}"
  code=0
  wait "$job" || code=$?
  [ "$code" = 75 ] || fail "exit $code after $signal instead of 75: $(cat "$work/err")"
  grep -q '^warning: stopped before train (a signal asked for it): run again with --resume$' "$work/err" ||
    fail "after $signal: $(cat "$work/err")"
  grep -q '"status": "stopped"' "$work/run/manifest.json" || fail "the manifest does not say that the run stopped"
  [ -e "$work/run/models" ] && fail "a stopped run went on to train"
  expect 0 on 1 run "$small" --out "$work/run" -q --resume --set threads=1
  same "resumed after $signal" "$work/run"
done
finish
