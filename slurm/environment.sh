# Sourced, by everything that starts ranks (demo, tests, sbatch scripts): the one place that knows how.
#   source slurm/environment.sh;  proffer_launch RANKS COMMAND [ARG ...]
# Under Slurm the ranks are started by srun, else by mpirun on this machine.

# Lets root (containers, CI) run mpirun; harmless otherwise. Open MPI 4 and 5 read different names.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
# On one host shared memory is enough: no TCP transport, no look for fabrics.
: "${PROFFER_ONE_HOST:=$([ "${SLURM_JOB_NUM_NODES:-1}" = 1 ] && echo 1 || echo 0)}"
if [ "$PROFFER_ONE_HOST" = 1 ]; then
  export OMPI_MCA_btl="${OMPI_MCA_btl:-^tcp,openib}" OMPI_MCA_btl_base_warn_component_unused=0
  export OMPI_MCA_pml="${OMPI_MCA_pml:-ob1}"
fi
# Threads of OpenMP (XGBoost's) sleep while they wait: where they spin on shared cores, training takes 20 times as long.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
# Ranks that share a core must yield while they wait.
export OMPI_MCA_mpi_yield_when_idle="${OMPI_MCA_mpi_yield_when_idle:-1}"
export OMPI_MCA_rmaps_base_oversubscribe="${OMPI_MCA_rmaps_base_oversubscribe:-1}"

proffer_launch() {
  local ranks=$1
  shift
  if [ -n "${SLURM_JOB_ID:-}" ] && command -v srun > /dev/null; then
    # pmi2 gives singletons under Open MPI 5.
    srun --mpi=pmix --ntasks="$ranks" --cpu-bind=none "$@"
  else
    mpirun --oversubscribe --bind-to none -n "$ranks" "$@"
  fi
}
