// The last step: everything about a choice recomputed from the choice itself.
#pragma once

#include "allocation/pair_store.hpp"
#include "allocation/solver.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// Collective. From `solution.choice`, `solution.multipliers` and the certificate's bounds: exact value and uses, gap,
/// status (unless already infeasible).
void finish(const parallel::Communicator& comm, const PairStore& store, const Options& options, bool found,
            Solution& solution);

/// Independent. What choice and runner-up of rows first … first + count − 1 are worth at the multipliers.
[[nodiscard]] Explanation explain_rows(const PairStore& store, const Solution& solution, std::size_t first,
                                       std::size_t count);

}  // namespace proffer::allocation
