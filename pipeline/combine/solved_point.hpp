// A solved problem in a few numbers, for tables of many of them (frontier, sensitivity).
#pragma once

#include <nlohmann/json.hpp>

#include "combine/list_problem.hpp"

namespace proffer::combine {

/// {status, planned_value, bound, relaxed_bound, gap, uses: {NAME: …}, shadow_prices: {NAME: …}}, or {status, conflict:
/// [NAME]} where there is no list. Independent.
[[nodiscard]] nlohmann::json solved_point(const ListProblem& problem, const SolvedList& solved);

}  // namespace proffer::combine
