// What a list uses of the declared limits, as it may turn out: mean and spread, scenario by scenario where there are
// scenarios.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "combine/cells.hpp"
#include "combine/certificate_file.hpp"
#include "combine/chosen.hpp"

namespace proffer::combine {

struct ListUse {
  RealisedUse scored;
  std::vector<RealisedUse> scenarios;     ///< of limits with basis worst_case and cvar
  double numerator = 0, denominator = 0;  ///< of limits on a ratio, opening balances left out
};

/// Collective. One entry per declared limit. `limits` as resolve_limits gives them, cuts behind.
[[nodiscard]] std::vector<ListUse> list_uses(const parallel::Communicator& comm, const std::vector<LimitUse>& limits,
                                             const ChosenPairs& chosen, double common_shock);

/// Conditional value at risk of a limit with basis cvar: the mean of the worst scenarios.
struct CvarOfList {
  double value = 0;
  std::vector<double> weights;  ///< [scenarios] q
};
[[nodiscard]] CvarOfList cvar_of(const ListUse& use, const std::vector<Scenario>& scenarios, double level);

/// Probability that the realised use breaks the limit; over the scenarios where the basis names them.
[[nodiscard]] double probability_of_breaking(const LimitUse& limit, const ListUse& use,
                                             const std::vector<Scenario>& scenarios);

/// `limits` of the certificate: one entry per declared limit. `uses` may be empty (there is no list).
[[nodiscard]] nlohmann::json declared_limits(const allocation::Certificate& certificate,
                                             const std::vector<LimitUse>& limits, const CombineSettings& settings,
                                             const std::vector<ListUse>& uses);

}  // namespace proffer::combine
