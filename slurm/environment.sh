# Sourced, by everything that starts ranks (demo, tests, sbatch scripts): the one place that knows how.
#   source slurm/environment.sh;  proffer_launch RANKS COMMAND [ARG ...]
# Under Slurm the ranks are started by srun where it has the PMIx plugin, else by mpirun. What a user has set stays.

# Lets root (containers, CI) run mpirun; harmless otherwise. Open MPI 4 and 5 read different names.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Open MPI 5 does not start without a home (cron, services); it only looks there for a file of settings.
export HOME="${HOME:-/}"
# hwloc's plugin for graphics cards looks for ten X displays: seconds where the name localhost takes the DNS to resolve.
export HWLOC_COMPONENTS="${HWLOC_COMPONENTS:--gl}"
# On one host shared memory is enough: no TCP transport, no look for fabrics (ofi alone sleeps a second at each end).
: "${PROFFER_ONE_HOST:=$([ "${SLURM_JOB_NUM_NODES:-1}" = 1 ] && echo 1 || echo 0)}"
if [ "$PROFFER_ONE_HOST" = 1 ]; then
  export OMPI_MCA_btl="${OMPI_MCA_btl:-^tcp,openib,ofi}" OMPI_MCA_btl_base_warn_component_unused=0
  export OMPI_MCA_pml="${OMPI_MCA_pml:-ob1}"
fi
# Threads of OpenMP (XGBoost's) sleep while they wait. Where they spin, training on shared cores takes 4 to 16 times as
# long (docs/operations.md has the measurement); a bare proffer sets the same for itself.
[ -n "${OMP_WAIT_POLICY:-}${GOMP_SPINCOUNT:-}" ] || export OMP_WAIT_POLICY=passive
# Large blocks of memory in huge pages, where the kernel leaves that to programs: trees then grow a fifth faster.
case ${GLIBC_TUNABLES:-} in
  *glibc.malloc.hugetlb*) ;;
  *) export GLIBC_TUNABLES=${GLIBC_TUNABLES:+$GLIBC_TUNABLES:}glibc.malloc.hugetlb=1 ;;
esac
# Ranks that share a core must yield while they wait.
export OMPI_MCA_mpi_yield_when_idle="${OMPI_MCA_mpi_yield_when_idle:-1}"
export OMPI_MCA_rmaps_base_oversubscribe="${OMPI_MCA_rmaps_base_oversubscribe:-1}"

# proffer_starter RANKS: sets the array PROFFER_STARTER, the command that starts so many ranks of what follows it. For
# scripts that must know the process they start, to send it signals; everyone else uses proffer_launch.
proffer_starter() {
  local ranks=$1 plugins=
  [ -z "${SLURM_JOB_ID:-}" ] || plugins=$(srun --mpi=list 2>&1) || true
  if [[ $plugins == *pmix* ]]; then
    # srun takes the CPUs per task from its own option only, not from the job's. --wait: where a rank dies, the others
    # have so many seconds to end with a message before they are killed. (--kill-on-bad-exit would not let them.)
    PROFFER_STARTER=(srun --mpi=pmix --ntasks="$ranks" --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}"
      --kill-on-bad-exit=0 --wait=30 --export=ALL)
  else
    # Outside Slurm, or with a Slurm that was built without PMIx: its other plugins (pmi2, none) do not bring the ranks
    # of Debian's Open MPI together, but mpirun starts its daemons on the hosts of the allocation by itself.
    PROFFER_STARTER=(mpirun --oversubscribe --bind-to none -n "$ranks")
  fi
}

proffer_launch() {
  local PROFFER_STARTER
  proffer_starter "$1"
  shift
  "${PROFFER_STARTER[@]}" "$@"
}
