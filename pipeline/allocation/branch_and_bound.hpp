// Search for the best choice of a core: branch and bound with Lagrangian bounds.
#pragma once

#include <cstdint>
#include <vector>

#include "allocation/core.hpp"

namespace proffer::allocation {

struct SearchOptions {
  double gap_tolerance = 1e-6;  ///< relative to max(1, |value of the whole problem|)
  std::uint64_t node_limit = 20'000;
  /// Elementary steps (option × limit) it may take in all, so that it ends in reasonable time: about 6e8 a second. Not
  /// seconds, as the answer must not depend on them.
  double work_limit = 4e9;
  double bound_known = infinity;  ///< a bound on the core's value from outside
  std::vector<double> start;      ///< [limits] multipliers
};

struct SearchResult {
  bool found = false;
  Amounts amounts;          ///< holds every limit exactly
  double bound = infinity;  ///< no choice of the core is worth more; −∞: there is none
  bool exhausted = false;   ///< nothing is left to look at
  std::uint64_t nodes = 0;
};

/// Serial and deterministic.
[[nodiscard]] SearchResult search(const Core& core, const SearchOptions& options);
/// Collective. Rank 0 searches while the others wait; every rank gets the result.
[[nodiscard]] SearchResult search(const parallel::Communicator& comm, const Core& core, const SearchOptions& options);

}  // namespace proffer::allocation
