// What must be right before MPI and OpenMP start, however the program was started: by slurm/environment.sh or bare.
#pragma once

#include "foundation/error.hpp"

namespace proffer::jobs {

/// Starts this program anew, once, with what its libraries read before main begins, unless the user chose it:
///  - OMP_WAIT_POLICY=passive (or the user's GOMP_SPINCOUNT). XGBoost's OpenMP threads otherwise spin while they wait:
///    with a core shared, training takes 4 to 16 times as long.
///  - GLIBC_TUNABLES glibc.malloc.hugetlb=1: large blocks of memory are asked for in huge pages where the kernel leaves
///    that to programs ("madvise"); trees then grow a fifth faster.
/// Call it before anything else. Independent.
void start_with_environment(char** argv);

/// How many tasks srun started without PMIx, if they are several: MPI cannot bring them together. Open MPI 4 dies of
/// that while it starts, Open MPI 5 makes each task a world of its own. Else 0; a single task without PMIx (a shell
/// that srun started) is made to look bare to Open MPI 4, which refuses it otherwise. Call it before MPI starts.
/// Independent.
[[nodiscard]] int tasks_without_pmix();

/// Whether this is the first of the tasks that srun started, or none of them. Independent.
[[nodiscard]] bool is_first_task();

/// What to say where a launcher announced more tasks than MPI has ranks.
[[nodiscard]] Message tasks_apart(int announced, int ranks);

}  // namespace proffer::jobs
