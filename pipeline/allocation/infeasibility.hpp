// Proofs that limits cannot hold together, and which of them are to blame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "allocation/branch_and_bound.hpp"
#include "allocation/core.hpp"
#include "allocation/dual.hpp"
#include "allocation/pair_store.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// Multipliers that prove that even fractional choices cannot satisfy the limits of a dual without values (Farkas): λ
/// in the unit box with Σ max_j (−λᵀa_ij) + λᵀb < 0, rounding included. Nothing where none were found. Collective where
/// `dual` is.
[[nodiscard]] std::optional<std::vector<double>> proof_of_conflict(DualFunction& dual, std::span<const double> start,
                                                                   std::uint64_t evaluation_limit = 500);

/// Limits that conflict, and why.
struct Conflict {
  std::vector<std::size_t> limits;
  std::vector<double> lambda;  ///< the proof
};
/// Collective. Limits that cannot hold together by that proof, and none of which can be spared from it (deletion
/// filter; Chinneck & Dravnieks 1991). Nothing where the proof does not succeed with all limits; empty where it needs
/// none. `share`: of the problem's rows (a proof for a sample says nothing about the problem).
[[nodiscard]] std::optional<Conflict> conflict_of_relaxation(const parallel::Communicator& comm, const PairStore& store,
                                                             int threads, double share = 1.0);

/// Collective. The same where only the exhaustive search of a complete core showed it.
[[nodiscard]] std::vector<std::size_t> conflict_of_search(const parallel::Communicator& comm, const Core& core,
                                                          const SearchOptions& options);

/// A sentence that names these limits.
[[nodiscard]] std::string explain_conflict(const Rules& rules, const std::vector<std::size_t>& limits);

}  // namespace proffer::allocation
