// The whole method: dual bound, choice, repair, exact search where small, certificate.
#pragma once

#include <cstdint>
#include <vector>

#include "allocation/certificate.hpp"
#include "allocation/problem.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

struct Options {
  double gap_tolerance = 1e-6;    ///< gap at which an answer counts as certified and the search stops
  double dual_tolerance = 1e-10;  ///< relative accuracy to which the dual is minimised
  /// Branch-and-bound nodes in all (not seconds: the answer must not depend on them). 0: the bound alone, no choice.
  std::uint64_t node_limit = 50'000;
  std::uint64_t core_types = 250;      ///< different undecided rows that the search looks at together
  std::uint64_t sample_rows = 20'000;  ///< rows of the hash sample on which large problems are presolved
  std::vector<double> start;           ///< [limits] multipliers to start from (last run, neighbouring point), or empty
  int threads = 1;                     ///< of this rank; speed only
};

/// Why rows got their choices.
struct Explanation {
  std::vector<double> reduced_value;      ///< [rows] v − λᵀa of the choice (0 for none)
  std::vector<std::int32_t> runner_up;    ///< [rows] best other offer at λ, −1 = none
  std::vector<double> runner_up_reduced;  ///< [rows] its reduced value; −∞ where there is no other option
};

/// One rank's part of the answer; rows in the source's order.
struct Solution : Explanation {
  std::vector<std::int32_t> choice;  ///< [rows] offer, −1 = none (all −1 where nothing feasible was found)
  std::vector<double> multipliers;   ///< [limits] λ, the same on every rank
  Certificate certificate;           ///< the same on every rank
};

/// Collective. Solves the problem (methods: Lagrangian dual by cutting planes in a trust region, core search by branch
/// and bound with Lagrangian bounds). The same bytes at any number of ranks and threads. `rules` and `options` must be
/// the same on every rank. DataError (agreed on all ranks) for numbers that are not finite, naming row id and offer;
/// UsageError for rules that do not fit the source. Infeasible problems are an answer, not an error.
[[nodiscard]] Solution solve(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
                             const Options& options = {});

}  // namespace proffer::allocation
