#include "parallel/affinity.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace proffer::parallel {

int threads_per_rank(const Communicator& comm) {
  const int sharing = comm.ranks_on_this_host();
  if (const char* text = std::getenv("SLURM_CPUS_PER_TASK")) {
    const int cpus = std::atoi(text);
    if (cpus > 0) return cpus;
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  return std::max(1, cores / std::max(1, sharing));
}

}  // namespace proffer::parallel
