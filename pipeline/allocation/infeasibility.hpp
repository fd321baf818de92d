// Proofs that limits cannot hold together, and which of them are to blame.
#pragma once

#include <cstddef>
#include <vector>

#include "allocation/branch_and_bound.hpp"
#include "allocation/core.hpp"
#include "allocation/pair_store.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// Collective. Whether multipliers exist that prove that even fractional choices cannot satisfy the limits that are
/// not left out (Farkas): λ in the unit box with Σ max_j (−λᵀa_ij) + λᵀb < 0, rounding included.
[[nodiscard]] bool relaxation_is_infeasible(const parallel::Communicator& comm, const PairStore& store, int threads,
                                            const std::vector<bool>& left_out);

/// Collective. Limits that cannot hold together by that proof, and none of which can be spared from it (deletion
/// filter; Chinneck & Dravnieks 1991). Empty where the proof does not succeed with all limits.
[[nodiscard]] std::vector<std::size_t> conflict_of_relaxation(const parallel::Communicator& comm,
                                                              const PairStore& store, int threads);

/// Collective. The same where only the exhaustive search of a complete core showed it.
[[nodiscard]] std::vector<std::size_t> conflict_of_search(const parallel::Communicator& comm, const Core& core,
                                                          const SearchOptions& options);

}  // namespace proffer::allocation
