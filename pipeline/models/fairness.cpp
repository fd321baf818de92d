#include "models/fairness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "evaluation/ranking.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

std::optional<double> share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}
json or_null(const std::optional<double>& value) {
  return value ? json(*value) : json();
}
json difference(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b ? json(*a - *b) : json();
}
json ratio(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b && *b > 0 ? json(*a / *b) : json();
}

std::size_t reference_of(std::span<const std::string> labels, std::span<const GroupOutcome> outcomes,
                         const std::optional<std::string>& reference) {
  constexpr std::uint64_t enough = 30;
  if (reference)
    for (std::size_t g = 0; g < labels.size(); ++g)
      if (labels[g] == *reference) return g;
  std::size_t best = 0, largest = 0;
  double best_rate = -1;
  for (std::size_t g = 0; g < outcomes.size(); ++g) {
    if (outcomes[g].rows > outcomes[largest].rows) largest = g;
    const double rate = share(outcomes[g].accepted, outcomes[g].rows).value_or(-1);
    if (outcomes[g].rows >= enough && rate > best_rate) {
      best = g;
      best_rate = rate;
    }
  }
  return best_rate < 0 ? largest : best;
}

/// Two-sided p-value of the difference of two rates.
json p_value(const GroupOutcome& a, const GroupOutcome& b) {
  if (a.rows == 0 || b.rows == 0) return {};
  const auto n = static_cast<double>(a.rows), m = static_cast<double>(b.rows);
  const double pooled = static_cast<double>(a.accepted + b.accepted) / (n + m);
  const double variance = pooled * (1 - pooled) * (1 / n + 1 / m);
  if (variance == 0) return 1.0;
  const double z = (static_cast<double>(a.accepted) / n - static_cast<double>(b.accepted) / m) / std::sqrt(variance);
  return 2 * statistics::normal_cdf(-std::fabs(z));
}

bool low_is_good(Target target) {
  return target == Target::defaulted || target == Target::fraud || target == Target::delinquent;
}

struct Rule {
  std::string words;
  std::optional<double> threshold;
};

Rule rule_of(const parallel::Communicator& comm, bool low, const MonitorSettings& settings,
             std::span<const double> probability, std::span<const std::uint8_t> label) {
  if (settings.acceptance_rate) {
    std::vector<double> ordered(probability.begin(), probability.end());
    if (!low)
      for (double& p : ordered) p = -p;
    std::optional<double> threshold = lowest_share(comm, ordered, *settings.acceptance_rate);
    if (threshold && !low) threshold = -*threshold;
    return {"acceptance_rate", threshold};
  }
  if (settings.cut_off) return {"cut_off", settings.cut_off};
  const auto positives = static_cast<std::uint64_t>(std::ranges::count(label, std::uint8_t{1}));
  return {"base_rate", share(parallel::sum_over_ranks(comm, positives),
                             parallel::sum_over_ranks(comm, std::uint64_t{label.size()}))};
}

}  // namespace

json fairness_of_groups(std::span<const std::string> labels, std::span<const GroupOutcome> outcomes,
                        const std::optional<std::string>& reference, bool with_outcomes) {
  json list = json::array();
  if (outcomes.empty()) return list;
  const GroupOutcome& best = outcomes[reference_of(labels, outcomes, reference)];
  const auto rate = [](const GroupOutcome& group) { return share(group.accepted, group.rows); };
  const auto true_positive = [](const GroupOutcome& group) { return share(group.qualified_accepted, group.qualified); };
  const auto precision = [](const GroupOutcome& group) { return share(group.qualified_accepted, group.accepted); };
  for (std::size_t g = 0; g < outcomes.size(); ++g) {
    const GroupOutcome& group = outcomes[g];
    if (group.rows == 0) continue;
    json entry = {{"group", labels[g]},
                  {"reference", &group == &best},
                  {"rows", group.rows},
                  {"accepted", group.accepted},
                  {"acceptance_rate", or_null(rate(group))},
                  {"adverse_impact_ratio", ratio(rate(group), rate(best))},
                  {"p_value", p_value(group, best)}};
    // Compared as integers: a ratio of exactly four fifths is not below.
    entry["below_four_fifths"] = 5.0 * static_cast<double>(group.accepted) * static_cast<double>(best.rows) <
                                 4.0 * static_cast<double>(best.accepted) * static_cast<double>(group.rows);
    if (with_outcomes) {
      entry["true_positive_rate"] = or_null(true_positive(group));
      entry["equal_opportunity_difference"] = difference(true_positive(group), true_positive(best));
      entry["precision"] = or_null(precision(group));
      entry["predictive_parity_difference"] = difference(precision(group), precision(best));
    }
    list.push_back(std::move(entry));
  }
  return list;
}

std::vector<GroupOutcome> count_groups(const parallel::Communicator& comm, const Grouping& grouping,
                                       std::span<const std::uint8_t> accepted,
                                       std::span<const std::uint8_t> qualified) {
  expects(accepted.size() == grouping.code.size(), "count_groups: as many decisions as rows");
  std::vector<std::uint64_t> counts(4 * grouping.labels.size());
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    if (grouping.code[i] == no_group) continue;
    const std::size_t at = std::size_t{4} * grouping.code[i];
    const bool wanted = !qualified.empty() && qualified[i] == 1;
    ++counts[at];
    counts[at + 1] += accepted[i];
    counts[at + 2] += wanted;
    counts[at + 3] += wanted && accepted[i] == 1;
  }
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  std::vector<GroupOutcome> outcomes;
  for (std::size_t g = 0; g < grouping.labels.size(); ++g)
    outcomes.push_back({counts[4 * g], counts[4 * g + 1], counts[4 * g + 2], counts[4 * g + 3]});
  return outcomes;
}

std::optional<double> lowest_share(const parallel::Communicator& comm, std::span<const double> values, double share) {
  const std::vector<std::uint8_t> one_class(values.size(), 0);
  const evaluation::Ranking ranking(comm, values, one_class, 1);
  const std::uint64_t all = evaluation::sum_of(ranking.total());
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all) - 1e-9));
  if (wanted == 0) return std::nullopt;
  double lowest = std::numeric_limits<double>::infinity();
  std::uint64_t above = evaluation::sum_of(ranking.before());
  ranking.for_each_score([&](double score, const evaluation::Counts& here) {
    if (all - above >= wanted) lowest = std::min(lowest, score);
    above += evaluation::sum_of(here);
  });
  return parallel::min_over_ranks(comm, lowest);
}

json model_fairness(const parallel::Communicator& comm, Target target, const MonitorSettings& settings,
                    std::span<const Grouping> groupings, std::span<const double> probability,
                    std::span<const std::uint8_t> label) {
  const bool low = low_is_good(target);
  const Rule rule = rule_of(comm, low, settings, probability, label);
  std::vector<std::uint8_t> accepted, qualified;
  for (std::size_t i = 0; i < probability.size(); ++i) {
    const bool in = rule.threshold && (low ? probability[i] <= *rule.threshold : probability[i] >= *rule.threshold);
    accepted.push_back(in ? 1 : 0);
    qualified.push_back(low ? std::uint8_t(1 - label[i]) : label[i]);
  }
  json columns = json::object();
  for (const Grouping& grouping : groupings) {
    if (!grouping.monitored) continue;
    const auto outcomes = count_groups(comm, grouping, accepted, qualified);
    const auto named = settings.reference.find(grouping.column);
    columns[grouping.column] = fairness_of_groups(
        grouping.labels, outcomes,
        named == settings.reference.end() ? std::nullopt : std::optional<std::string>(named->second), true);
  }
  return {{"rule", rule.words}, {"threshold", or_null(rule.threshold)}, {"columns", columns}};
}

}  // namespace proffer::models
