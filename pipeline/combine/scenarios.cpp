#include "combine/scenarios.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "foundation/text.hpp"

namespace proffer::combine {
namespace {

using settings::Section;

Multipliers read_multipliers(const Section& section, const Multipliers& otherwise) {
  Multipliers multipliers;
  multipliers.pd =
      section.number("pd", {.doc = "every PD times this, at most 1", .fallback = otherwise.pd, .min = 0, .max = 1000});
  multipliers.response = section.number("response", {.doc = "every probability of accepting times this, at most 1",
                                                     .fallback = otherwise.response,
                                                     .min = 0,
                                                     .max = 1000});
  return multipliers;
}

Scenario read_scenario(const Section& section) {
  Scenario scenario;
  scenario.where = section.where();
  scenario.name = section.text("name", {.doc = "name in the certificate"});
  scenario.probability = section.number("probability", {.doc = "how probable it is", .min = 0, .max = 1});
  scenario.everywhere = read_multipliers(section, {});
  for (const auto& [label, part] : section.named("segments", "other multipliers for borrowers of some segments"))
    scenario.segments[label] = read_multipliers(part, scenario.everywhere);
  return scenario;
}

}  // namespace

std::vector<Scenario> read_scenarios(const Section& section) {
  std::vector<Scenario> scenarios;
  std::set<std::string> names;
  double total = 0;
  for (const Section& entry :
       section.list("scenarios", "what else could come, for limits with basis worst_case or cvar")) {
    scenarios.push_back(read_scenario(entry));
    total += scenarios.back().probability;
    if (!names.insert(scenarios.back().name).second)
      throw entry.error("name", fmt::format("two scenarios are called '{}'", scenarios.back().name),
                        "the certificate tells them apart by name", "rename one");
  }
  if (!scenarios.empty() && !section.for_reference() && std::fabs(total - 1) > 1e-9)
    throw section.error("scenarios", fmt::format("the probabilities of the scenarios sum to {}", shortest(total)),
                        "one of them comes true", "let them sum to 1, with a base scenario without multipliers");
  return scenarios;
}

std::vector<double> worst_weights(std::span<const double> probability, std::span<const double> loss, double level) {
  std::vector<std::size_t> order(loss.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return loss[a] > loss[b]; });
  std::vector<double> weights(loss.size(), 0.0);
  double left = 1;
  for (const std::size_t s : order) {
    weights[s] = std::min(left, probability[s] / (1 - level));
    left -= weights[s];
    if (left <= 1e-12) break;
  }
  return weights;
}

}  // namespace proffer::combine
