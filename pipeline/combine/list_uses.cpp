#include "combine/list_uses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "foundation/text.hpp"
#include "parallel/exact_sum.hpp"
#include "statistics/normal.hpp"

namespace proffer::combine {
namespace {

using allocation::LimitReport;
using allocation::Sense;

bool over_scenarios(const LimitSettings& limit) {
  return limit.basis == Basis::worst_case || limit.basis == Basis::cvar;
}

/// The first of the solver's limits that belong to each declared one.
std::vector<const LimitUse*> firsts(const std::vector<LimitUse>& limits) {
  std::vector<const LimitUse*> first;
  for (const LimitUse& limit : limits)
    if (limit.declared == first.size()) first.push_back(&limit);
  return first;
}

/// Sums of one declared limit: as scored, then by scenario; then the parts of the ratio.
struct Sums {
  std::vector<parallel::ExactSum> mean, variance;
  std::array<parallel::ExactSum, 2> ratio;
  explicit Sums(std::size_t states) : mean(states), variance(states) {}
};

RealisedUse with_shock(parallel::ExactSum& mean_sum, parallel::ExactSum& variance_sum, double common_shock) {
  const double mean = mean_sum.rounded();
  const double own = std::max(0.0, variance_sum.rounded());
  const double common = own > 0 ? common_shock * mean : 0.0;
  return {mean, std::sqrt(own + common * common)};
}

/// The one of a declared limit's parts that is nearest to breaking, with the shadow prices of all.
LimitReport gathered(const std::vector<LimitReport>& parts) {
  LimitReport worst = parts.front();
  double price = 0;
  bool holds = true;
  for (const LimitReport& part : parts) {
    price += part.shadow_price;
    holds = holds && part.holds;
    const bool nearer = part.sense == Sense::at_least ? part.use - part.limit < worst.use - worst.limit
                                                      : part.use - part.limit > worst.use - worst.limit;
    if (nearer) worst = part;
  }
  worst.shadow_price = price;
  worst.holds = holds;
  return worst;
}

std::string basis_text(const LimitSettings& limit) {
  if (limit.basis == Basis::quantile || limit.basis == Basis::cvar)
    return fmt::format("{}({})", name_of(limit.basis), shortest(limit.quantile));
  return std::string(name_of(limit.basis));
}

/// Weights and shadow price of each sum over scenarios that a cvar limit was cut with.
nlohmann::json cuts_json(const std::vector<LimitUse>& limits, std::size_t declared,
                         const allocation::Certificate& certificate, std::size_t scenarios) {
  nlohmann::json json = nlohmann::json::array();
  for (std::size_t k = 0; k < limits.size(); ++k) {
    if (limits[k].declared != declared) continue;
    std::vector<double> weights(scenarios, 0.0);
    for (const auto& [scenario, weight] : limits[k].quantity.mix) weights[scenario] = weight;
    json.push_back({{"weights", weights}, {"shadow_price", certificate.limits[k].shadow_price}});
  }
  return json;
}

/// The number that the declared limit is about: the share, rate or average itself.
double ratio_of(const LimitUse& limit, const ListUse& use, double whole_opening, double group_share) {
  if (limit.settings.measure == Measure::impact_ratio)
    return use.denominator > 0 ? use.numerator / use.denominator * group_share : 0.0;
  const double part = limit.quantity.part ? limit.opening : 0.0;
  const double denominator = use.denominator + whole_opening;
  return denominator > 0 ? (use.numerator + part) / denominator : 0.0;
}

nlohmann::json scenarios_json(const LimitUse& limit, const ListUse& use, const CombineSettings& settings,
                              const std::vector<LimitReport>& parts) {
  nlohmann::json json = nlohmann::json::array();
  const CvarOfList cvar = cvar_of(use, settings.scenarios, limit.settings.quantile);
  for (std::size_t s = 0; s < settings.scenarios.size(); ++s) {
    const Scenario& scenario = settings.scenarios[s];
    nlohmann::json entry = {{"name", scenario.name},
                            {"probability", scenario.probability},
                            {"use", use.scenarios[s].mean},
                            {"standard_deviation", use.scenarios[s].deviation}};
    if (limit.settings.basis == Basis::cvar) entry["weight"] = cvar.weights[s];
    if (limit.settings.basis == Basis::worst_case) entry["shadow_price"] = parts[s].shadow_price;
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace

std::vector<ListUse> list_uses(const parallel::Communicator& comm, const std::vector<LimitUse>& limits,
                               const ChosenPairs& chosen, double common_shock) {
  const std::vector<const LimitUse*> declared = firsts(limits);
  std::vector<Sums> sums;
  for (const LimitUse* limit : declared)
    sums.emplace_back(over_scenarios(limit->settings) ? 1 + limit->surroundings->scenarios() : 1);
  chosen([&](const PairFacts& pair) {
    for (std::size_t k = 0; k < declared.size(); ++k) {
      for (std::size_t s = 0; s < sums[k].mean.size(); ++s) {
        const LimitUse::Moments moments = declared[k]->moments(pair, static_cast<int>(s) - 1);
        if (moments.mean != 0) sums[k].mean[s].add(moments.mean);
        if (moments.variance != 0) sums[k].variance[s].add(moments.variance);
      }
      if (!declared[k]->is_ratio()) continue;
      const auto [numerator, denominator] = declared[k]->ratio_parts(pair);
      sums[k].ratio[0].add(numerator);
      sums[k].ratio[1].add(denominator);
    }
  });
  std::vector<ListUse> uses;
  for (Sums& sum : sums) {
    parallel::all_reduce(comm, std::span(sum.mean));
    parallel::all_reduce(comm, std::span(sum.variance));
    parallel::all_reduce(comm, std::span<parallel::ExactSum>(sum.ratio));
    ListUse use;
    use.scored = with_shock(sum.mean[0], sum.variance[0], common_shock);
    for (std::size_t s = 1; s < sum.mean.size(); ++s)
      use.scenarios.push_back(with_shock(sum.mean[s], sum.variance[s], common_shock));
    use.numerator = sum.ratio[0].rounded();
    use.denominator = sum.ratio[1].rounded();
    uses.push_back(std::move(use));
  }
  return uses;
}

CvarOfList cvar_of(const ListUse& use, const std::vector<Scenario>& scenarios, double level) {
  std::vector<double> probability, mean;
  for (const Scenario& scenario : scenarios) probability.push_back(scenario.probability);
  for (const RealisedUse& scenario : use.scenarios) mean.push_back(scenario.mean);
  CvarOfList cvar;
  cvar.weights = worst_weights(probability, mean, level);
  for (std::size_t s = 0; s < mean.size(); ++s) cvar.value += cvar.weights[s] * mean[s];
  return cvar;
}

double probability_of_breaking(const LimitUse& limit, const ListUse& use, const std::vector<Scenario>& scenarios) {
  if (!over_scenarios(limit.settings)) return probability_of_breaking(limit.settings, use.scored, limit.bound);
  double total = 0;
  for (std::size_t s = 0; s < scenarios.size(); ++s)
    total += scenarios[s].probability * probability_of_breaking(limit.settings, use.scenarios[s], limit.bound);
  return std::min(1.0, total);
}

nlohmann::json declared_limits(const allocation::Certificate& certificate, const std::vector<LimitUse>& limits,
                               const CombineSettings& settings, const std::vector<ListUse>& uses) {
  const std::vector<const LimitUse*> declared = firsts(limits);
  nlohmann::json json = nlohmann::json::array();
  for (std::size_t d = 0; d < declared.size(); ++d) {
    const LimitUse& limit = *declared[d];
    std::vector<LimitReport> parts;
    for (std::size_t k = 0; k < limits.size(); ++k)
      if (limits[k].declared == d) parts.push_back(certificate.limits[k]);
    LimitReport report = gathered(parts);
    report.name = limit.settings.name;
    nlohmann::json entry = limit_json(report);
    entry["measure"] = std::string(name_of(limit.settings.measure));
    entry["basis"] = basis_text(limit.settings);
    entry["declared_limit"] = limit.settings.limit;
    entry["opening"] = limit.opening;
    if (limit.settings.share) entry["share"] = true;
    if (!uses.empty()) {
      entry["standard_deviation"] = uses[d].scored.deviation;
      entry["probability_of_exceeding"] = probability_of_breaking(limit, uses[d], settings.scenarios);
      if (limit.is_ratio()) entry["ratio"] = ratio_of(limit, uses[d], limit.whole_opening, limit.group_share);
      if (over_scenarios(limit.settings)) entry["scenarios"] = scenarios_json(limit, uses[d], settings, parts);
      if (limit.settings.basis == Basis::cvar)
        entry["cuts"] = cuts_json(limits, d, certificate, settings.scenarios.size());
    }
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace proffer::combine
