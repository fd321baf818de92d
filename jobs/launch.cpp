#include "jobs/launch.hpp"

#include <fmt/format.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "parallel/communicator.hpp"

namespace proffer::jobs {
namespace {

const std::string huge_pages = "glibc.malloc.hugetlb=1";

bool is_set(const char* variable) {
  return std::getenv(variable) != nullptr;
}

}  // namespace

void start_with_environment(char** argv) {
  if (::getauxval(AT_SECURE) != 0) return;  // the loader would take GLIBC_TUNABLES away each time
  bool anew = false;
  if (!is_set("OMP_WAIT_POLICY") && !is_set("GOMP_SPINCOUNT")) anew |= ::setenv("OMP_WAIT_POLICY", "passive", 1) == 0;
  const char* set = std::getenv("GLIBC_TUNABLES");
  const std::string tunables = set == nullptr ? "" : set;
  if (tunables.find("glibc.malloc.hugetlb") == std::string::npos)
    anew |= ::setenv("GLIBC_TUNABLES", (tunables.empty() ? huge_pages : tunables + ":" + huge_pages).c_str(), 1) == 0;
  // Returns only where it fails; then the program is slower, and right all the same.
  if (anew) ::execv("/proc/self/exe", argv);
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
