#!/usr/bin/env bash
# launch.sh: what proffer and slurm/environment.sh make of the environment that a launcher gives them. Needs no Slurm.
source "$(dirname "$0")/../jobs/common.sh"
environment=$here/../../slurm/environment.sh

# given VARIABLE=VALUE... -- ARG...: a bare proffer with these variables and none of a launcher's.
given() {
  local variables=()
  while [ "$1" != -- ]; do
    variables+=("$1")
    shift
  done
  shift
  env -u SLURM_STEP_ID -u SLURM_STEP_NUM_TASKS -u SLURM_PROCID -u OMPI_COMM_WORLD_SIZE -u PMIX_NAMESPACE "${variables[@]}" \
    timeout 60 "$PROFFER" "$@" > "$work/out" 2> "$work/err"
}

# apart RANKS: the message, once.
apart() {
  local message="proffer: the launcher announced $1 tasks but MPI has 1 rank (the ranks did not find each other):"
  message+=" start with srun --mpi=pmix, or mpirun of the same Open MPI"
  [ "$(cat "$work/err")" = "$message" ] || fail "instead of \"$message\": $(cat "$work/err")"
}

check=(run "$small" --check-config)
expect 0 given -- "${check[@]}"
expect 2 given SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3 SLURM_PROCID=0 -- "${check[@]}"
apart 3
expect 2 given SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3 SLURM_PROCID=1 -- "${check[@]}"
[ -s "$work/err" ] && fail "a task that is not the first speaks: $(cat "$work/err")"
expect 2 given SLURM_STEP_NUM_TASKS=2 -- "${check[@]}"  # found out once MPI has started
apart 2
# A shell that srun started, and in it a program that srun did not.
expect 0 given SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 SLURM_PROCID=0 SLURM_NODELIST=here SLURM_JOBID=1 -- "${check[@]}"

# works_with WANTED VARIABLE=VALUE...: whether a bare proffer works with this in its environment, read while it waits for
# its config. Entries are joined by colons, for glibc takes the tunables apart where it finds them.
works_with() {
  local wanted=$1 found
  shift
  mkfifo "$work/config.yaml"
  env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT -u GLIBC_TUNABLES "$@" "$PROFFER" run "$work/config.yaml" --check-config \
    > /dev/null 2>&1 &
  exec 3> "$work/config.yaml"  # opens once proffer has opened the other end
  found=:$(tr '\0' ':' < "/proc/$!/environ")
  exec 3>&-
  wait $!
  rm "$work/config.yaml"
  [[ $found == *:$wanted:* ]]
}
works_with OMP_WAIT_POLICY=passive NONE= || fail "threads of a bare proffer do not sleep while they wait"
works_with OMP_WAIT_POLICY=active OMP_WAIT_POLICY=active || fail "a user's OMP_WAIT_POLICY is overruled"
works_with OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=100 && fail "a user's GOMP_SPINCOUNT is overruled"
huge=glibc.malloc.hugetlb arena=glibc.malloc.arena_max=1
works_with GLIBC_TUNABLES=$huge=1 NONE= || fail "a bare proffer does not ask for huge pages"
works_with GLIBC_TUNABLES=$huge=0 GLIBC_TUNABLES=$huge=0 || fail "a user's $huge is overruled"
works_with GLIBC_TUNABLES=$arena:$huge=1 GLIBC_TUNABLES=$arena || fail "a user's other tunables are lost"
sourced() { env -u GLIBC_TUNABLES "$@" bash -euc 'source "$0"; echo "$GLIBC_TUNABLES"' "$environment"; }
[ "$(sourced NONE=)" = $huge=1 ] || fail "environment.sh does not ask for huge pages"
[ "$(sourced GLIBC_TUNABLES=$huge=0)" = $huge=0 ] || fail "environment.sh overrules a user's $huge"

# starter PLUGINS [VARIABLE=VALUE ...]: what starts two ranks where srun has these plugins.
starter() {
  mkdir -p "$work/bin"
  printf '#!/bin/sh\necho "MPI plugin types are... %s" >&2\n' "$1" > "$work/bin/srun"
  chmod +x "$work/bin/srun"
  shift
  env -u SLURM_JOB_ID -u SLURM_CPUS_PER_TASK PATH="$work/bin:$PATH" "$@" \
    bash -euc 'source "$0"; proffer_starter 2; echo "${PROFFER_STARTER[*]}"' "$environment"
}
mpirun="mpirun --oversubscribe --bind-to none -n 2"
[ "$(starter 'none pmix')" = "$mpirun" ] || fail "outside Slurm: $(starter 'none pmix')"
[ "$(starter 'none pmi2' SLURM_JOB_ID=1)" = "$mpirun" ] || fail "without PMIx: $(starter 'none pmi2' SLURM_JOB_ID=1)"
case $(starter 'none pmix' SLURM_JOB_ID=1) in
  "srun --mpi=pmix --ntasks=2 --cpus-per-task=1 "*) ;;
  *) fail "with PMIx: $(starter 'none pmix' SLURM_JOB_ID=1)" ;;
esac
case $(starter 'none pmix' SLURM_JOB_ID=1 SLURM_CPUS_PER_TASK=4) in
  *" --cpus-per-task=4 "*) ;;
  *) fail "CPUs per task: $(starter 'none pmix' SLURM_JOB_ID=1 SLURM_CPUS_PER_TASK=4)" ;;
esac
finish
