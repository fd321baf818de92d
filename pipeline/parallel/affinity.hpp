#pragma once

#include "parallel/communicator.hpp"

namespace proffer::parallel {

/// Collective. Threads each rank should use: SLURM_CPUS_PER_TASK where set, else the cores this rank may run on divided
/// by the ranks of this host (at least 1).
[[nodiscard]] int threads_per_rank(const Communicator& comm);

}  // namespace proffer::parallel
