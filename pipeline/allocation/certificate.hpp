// What is proved about an answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "allocation/problem.hpp"

namespace proffer::allocation {

enum class Status : std::uint8_t {
  certified,   ///< every limit holds exactly and gap ≤ Options::gap_tolerance
  feasible,    ///< every limit holds exactly; the gap is larger
  infeasible,  ///< proved: no choice satisfies all limits
  not_found,   ///< no feasible choice was found and none was ruled out
};
/// "certified", "feasible", "infeasible", "not_found".
[[nodiscard]] std::string_view to_string(Status status);

struct LimitReport {
  std::string name;
  Sense sense = Sense::at_most;
  double limit = 0.0;
  double tolerance = 0.0;
  double use = 0.0;           ///< exact sum over the choice, rounded once
  bool holds = false;         ///< exact sum against limit and tolerance
  double shadow_price = 0.0;  ///< λ_k: bound gained per unit of limit; ≥ 0 for ≤, ≤ 0 for ≥
};

struct Certificate {
  Status status = Status::not_found;
  double value = 0.0;          ///< exact sum over the choice, rounded once
  double bound = 0.0;          ///< no choice within the limits is worth more; rounded upwards
  double relaxed_bound = 0.0;  ///< bound of the linear relaxation alone (dual value), rounded upwards
  double gap = 0.0;            ///< (bound − value) / max(1, |bound|)
  std::vector<LimitReport> limits;
  /// infeasible only: numbers of limits that cannot hold together, though any of them left out could not be shown to
  /// conflict with the rest. Empty when rows alone are infeasible (see `explanation`).
  std::vector<std::size_t> conflict;
  std::string explanation;         ///< one sentence for people where status is infeasible or not_found, else empty
  std::uint64_t passes = 0;        ///< dual evaluations over all rows
  std::uint64_t search_nodes = 0;  ///< branch-and-bound nodes
};

}  // namespace proffer::allocation
