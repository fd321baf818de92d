// The last step: everything about a choice recomputed from the choice itself.
#pragma once

#include "allocation/pair_store.hpp"
#include "allocation/solver.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// Collective. From `solution.choice`, `solution.multipliers` and the certificate's bounds: exact value and uses, gap,
/// status (unless already infeasible), and what every row's choice and runner-up are worth at the multipliers.
void finish(const parallel::Communicator& comm, const PairStore& store, const Options& options, bool found,
            Solution& solution);

}  // namespace proffer::allocation
