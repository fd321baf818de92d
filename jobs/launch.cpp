#include "jobs/launch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "parallel/communicator.hpp"

namespace proffer::jobs {
namespace {

bool is_set(const char* variable) {
  return std::getenv(variable) != nullptr;
}

}  // namespace

void let_waiting_threads_sleep(char** argv) {
  if (is_set("OMP_WAIT_POLICY") || is_set("GOMP_SPINCOUNT")) return;
  if (::setenv("OMP_WAIT_POLICY", "passive", 1) != 0) return;
  // Returns only where it fails; then the program is slower, and right all the same.
  ::execv("/proc/self/exe", argv);
}

int tasks_without_pmix() {
  const bool from_srun = is_set("SLURM_STEP_ID") && !is_set("OMPI_COMM_WORLD_SIZE") && !is_set("PMIX_NAMESPACE");
  if (!from_srun) return 0;
  const int announced = parallel::announced_tasks();
  if (announced > 1) return announced;
  ::unsetenv("SLURM_STEP_ID");  // by this Open MPI 4 tells a task of srun from a bare program
  return 0;
}

bool is_first_task() {
  const char* task = std::getenv("SLURM_PROCID");
  return task == nullptr || std::string_view(task) == "0";
}

Message tasks_apart(int announced, int ranks) {
  return {fmt::format("the launcher announced {} tasks but MPI has {} rank{}", announced, ranks, ranks == 1 ? "" : "s"),
          "the ranks did not find each other", "start with srun --mpi=pmix, or mpirun of the same Open MPI"};
}

}  // namespace proffer::jobs
