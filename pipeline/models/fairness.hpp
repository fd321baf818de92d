// Whether groups fare alike under a decision: adverse impact, equal opportunity, predictive parity. Counts in, numbers
// out; who is accepted is said by a model at a threshold, or by a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/fairness_groups.hpp"
#include "models/settings.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// One group under one decision. Qualified are those whom one would want to accept: of a model of default or fraud the
/// rows without it, of the others the rows with a yes.
struct GroupOutcome {
  std::uint64_t rows = 0, accepted = 0;
  std::uint64_t qualified = 0, qualified_accepted = 0;
};

/// The measures of the groups of one column, one entry per group that has rows:
///   acceptance_rate          accepted / rows
///   adverse_impact_ratio     its acceptance rate / that of the reference group; `below_four_fifths` where under 0.8
///   (the
///                            rule of thumb of 29 CFR § 1607.4(D))
///   p_value                  of the difference of the two rates: pooled two-sample z test, two-sided
///   true_positive_rate       accepted among the qualified; `equal_opportunity_difference` to the reference group's
///                            (Hardt, Price & Srebro 2016)
///   precision                qualified among the accepted; `predictive_parity_difference` (Chouldechova 2017)
/// What has no rows to divide by is null. The reference group is the one named, else the one with the highest
/// acceptance rate among those with at least thirty rows (the first in a tie), else the largest. `with_outcomes`:
/// whether the qualified are known. Independent.
[[nodiscard]] nlohmann::json fairness_of_groups(std::span<const std::string> labels,
                                                std::span<const GroupOutcome> outcomes,
                                                const std::optional<std::string>& reference, bool with_outcomes);

/// Collective. Counts of each group of a grouping over all ranks; `accepted` and `qualified` are 0 or 1 per row
/// (`qualified` empty: not known), rows without a group are left out.
[[nodiscard]] std::vector<GroupOutcome> count_groups(const parallel::Communicator& comm, const Grouping& grouping,
                                                     std::span<const std::uint8_t> accepted,
                                                     std::span<const std::uint8_t> qualified);

/// Collective. The largest of the `share` smallest of all ranks' values, ties included whole: that many rows at least
/// are at or below it. Nothing without rows or with share 0.
[[nodiscard]] std::optional<double> lowest_share(const parallel::Communicator& comm, std::span<const double> values,
                                                 double share);

/// Collective. {rule, threshold, columns: {column: [fairness_of_groups]}} for the monitored groupings of some rows, by
/// the model's probabilities: accepted are those at or below the threshold for default and fraud, those at or above it
/// for the other targets. The threshold is the config's, that of its acceptance rate, or the base rate.
[[nodiscard]] nlohmann::json model_fairness(const parallel::Communicator& comm, Target target,
                                            const MonitorSettings& settings, std::span<const Grouping> groupings,
                                            std::span<const double> probability, std::span<const std::uint8_t> label);

}  // namespace proffer::models
