#!/usr/bin/env bash
# run.sh: slurm/run.sbatch under a real Slurm: the list's bytes are mpirun's, signals stop at a checkpoint, requeued jobs
# continue, a job whose ranks die leaves nothing behind that stops the next one, and ranks that cannot meet say so.
source "$(dirname "$0")/../jobs/common.sh"
source "$(dirname "$0")/cluster.sh"
slurm_is_installed || { echo "SKIPPED: no Slurm here (cmake/packages-slow.txt names the packages)"; exit 77; }

script=$here/../../slurm/run.sbatch
job_seconds=180
# In time before CTest would kill this script, which could then not clean up.
mkfifo "$work/never"
(read -r -t 900 <> "$work/never"; echo "too slow: given up" >&2; kill -TERM $$) &
watchdog=$!
trap 'kill $watchdog 2> /dev/null; stop_cluster; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# submit NAME [SBATCH OPTION ...] -- [ARG ...]: a run into $work/NAME; its number in $job.
submit() {
  local name=$1 options=()
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  job=$(PROFFER=$PROFFER sbatch --parsable --output="$work/$name.log" "${options[@]}" "$script" "$small" --out "$work/$name" "$@") && return
  fail "$name cannot be submitted"
  finish
}

# ended NAME STATE EXITCODE: waits for $job.
ended() {
  if ! wait_for_job "$job" "$job_seconds"; then
    fail "$1: job still $(job_field "$job" JobState) after $job_seconds s"
    scancel --full "$job"
  elif [ "$(job_field "$job" JobState) $(job_field "$job" ExitCode)" != "$2 $3" ]; then
    fail "$1: $(job_field "$job" JobState) $(job_field "$job" ExitCode) instead of $2 $3"
  else
    return 0
  fi
  sed 's/^/    /' "$work/$1.log" >&2
}

# says NAME TEXT: the job's output has this line.
says() {
  grep -q -- "$2" "$work/$1.log" || fail "$1 does not say: $2"
}

# manifest_says NAME KEY VALUE
manifest_says() {
  grep -q "^ *\"$2\": $3,\?$" "$work/$1/manifest.json" || fail "$1: the manifest does not say $2: $3"
}

# wait_until_running NAME: until the run has begun its first stage.
wait_until_running() {
  local deadline=$((SECONDS + job_seconds))
  until [ -s "$work/$1/log.jsonl" ] || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.05; done
}

start_cluster "$work/cluster" || { fail "Slurm does not start"; finish; }
expect 0 on 2 run "$small" --out "$work/by_mpirun" -q
digests "$work/by_mpirun" > "$work/reference"
grep -q ' \./offers/offers.csv$' "$work/reference" || fail "no list"

echo "a run of two ranks, as submitted by default"
submit plain --
ended plain COMPLETED 0:0
says plain '2 ranks × 1 threads on .*, started by srun$'
manifest_says plain ranks 2
manifest_says plain threads 1
same "a run under srun" "$work/plain"

echo "submitted again: nothing to do"
submit plain --
ended plain COMPLETED 0:0
says plain 'is complete with this config: nothing to do'

echo "one rank of two threads"
submit threads --ntasks=1 --cpus-per-task=2 --
ended threads COMPLETED 0:0
manifest_says threads ranks 1
manifest_says threads threads 2
same "one rank of two threads under srun" "$work/threads"

echo "the signal of the time limit stops it at a checkpoint; requeued it continues"
submit stopped --
wait_until_running stopped
scancel --batch --signal=USR1 "$job"
ended stopped FAILED 75:0
says stopped 'stopped at a checkpoint: submit the same again'
[ -e "$work/stopped/lock" ] && fail "a stopped run keeps its lock"
scontrol requeue "$job"
# By itself Slurm waits two minutes, so that what is left of the first start is gone; here we look.
for _ in {1..100}; do
  grep -q "\[$job\.batch\] done with job" "$work/cluster/slurmd.log" && break
  sleep 0.1
done
sleep 1
scontrol update JobId="$job" StartTime=now
ended stopped COMPLETED 0:0
says stopped '(start 2)'
same "a requeued run" "$work/stopped"

echo "a Slurm without PMIx: mpirun inside the allocation, signals too"
mkdir "$work/bin"
cat > "$work/bin/srun" << SRUN
#!/bin/sh
[ "\$1" = --mpi=list ] && { echo "MPI plugin types are... none pmi2"; exit; }
exec $(command -v srun) "\$@"
SRUN
chmod +x "$work/bin/srun"
PATH=$work/bin:$PATH submit mpirun --
wait_until_running mpirun
scancel --batch --signal=USR1 "$job"
ended mpirun FAILED 75:0
says mpirun 'started by mpirun$'
PATH=$work/bin:$PATH submit mpirun --
ended mpirun COMPLETED 0:0
manifest_says mpirun ranks 2
same "a run under mpirun in an allocation" "$work/mpirun"

echo "a rank that is killed ends the job; the next one takes over"
submit killed --
wait_until_running killed
kill -KILL "$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$work/killed/lock")"
wait_for_job "$job" "$job_seconds" || fail "killed: the job hangs"
[ "$(job_field "$job" JobState)" = FAILED ] || fail "killed: $(job_field "$job" JobState) $(job_field "$job" ExitCode)"
submit killed --
ended killed COMPLETED 0:0
same "a run continued after a kill" "$work/killed"

echo "errors end with proffer's exit code and message"
submit wrong -- --set seeds=3
ended wrong FAILED 2:0
[ "$(grep -c '^proffer: .*seeds' "$work/wrong.log")" = 1 ] || fail "wrong: $(cat "$work/wrong.log")"
[ -e "$work/wrong" ] && fail "a wrong config made a run directory"

echo "tasks that cannot meet"
# without_pmix PLUGIN TASKS [ARG ...]
without_pmix() {
  local plugin=$1 tasks=$2
  shift 2
  timeout 60 srun --mpi="$plugin" --ntasks="$tasks" "$PROFFER" run "$small" "$@" > "$work/out" 2> "$work/err"
}
message='^proffer: the launcher announced 2 tasks but MPI has 1 rank (the ranks did not find each other): start with srun --mpi=pmix'
for plugin in none pmi2; do
  expect 2 without_pmix "$plugin" 2 --out "$work/apart"
  [ "$(grep -c "$message" "$work/err")" = 1 ] || fail "srun --mpi=$plugin says: $(cat "$work/err")"
done
[ -e "$work/apart" ] && fail "tasks that cannot meet made a run directory"
expect 0 without_pmix none 1 --check-config
finish
