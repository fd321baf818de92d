// Scenarios of the economy: other PDs and other take-up, and what a loss over them comes to.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "settings/section.hpp"

namespace proffer::combine {

/// By how much a scenario multiplies PD and P(take).
struct Multipliers {
  double pd = 1, response = 1;
  friend bool operator==(const Multipliers&, const Multipliers&) = default;
};

struct Scenario {
  std::string name;
  double probability = 0;
  Multipliers everywhere;
  std::map<std::string, Multipliers> segments;  ///< by label; what is not named there is as everywhere
  std::string where;
};

/// Reads the list `scenarios`. UsageError for probabilities that do not sum to 1 (to 1e-9) and names used twice.
/// Independent.
[[nodiscard]] std::vector<Scenario> read_scenarios(const settings::Section& section);

/// Weights q with 0 ≤ q_s ≤ p_s / (1 − level), Σ q_s = 1 that make Σ q_s loss_s greatest: the worst 1 − level of the
/// probability. Ties go to the scenario that stands first. Rockafellar & Uryasev, Journal of Risk 2 (2000): CVaR is
/// this greatest sum. Independent.
[[nodiscard]] std::vector<double> worst_weights(std::span<const double> probability, std::span<const double> loss,
                                                double level);

}  // namespace proffer::combine
