#include "models/scorecard_settings.hpp"

#include <algorithm>
#include <array>

#include "foundation/error.hpp"

namespace proffer::models {
namespace {

using features::Trend;
using settings::Section;

constexpr std::array<std::string_view, 4> names = {"boosted", "random_forest", "logistic", "scorecard"};

std::vector<std::string> trends() {
  std::vector<std::string> texts;
  for (const Trend trend :
       {Trend::up, Trend::down, Trend::peak, Trend::valley, Trend::none, Trend::monotone, Trend::automatic})
    texts.emplace_back(name_of(trend));
  return texts;
}

FeatureBinning read_feature(const Section& section) {
  FeatureBinning feature;
  feature.where = section.where();
  if (const auto trend = section.maybe_text("trend", {.doc = "of this feature", .choices = trends()}))
    feature.trend = features::trend_of(*trend);
  feature.breaks = section.numbers("breaks", {.doc = "bins start at these values, whatever is optimal"});
  feature.special = section.numbers("special", {.doc = "values that are no quantities, with a bin each"});
  if (!std::ranges::is_sorted(feature.breaks, std::ranges::less_equal{}) && !section.for_reference())
    throw section.error("breaks", "the breaks are out of order", "each bin starts above the one before",
                        "sort them, each once");
  return feature;
}

void read_sizes(const Section& section, features::WoeRules& rules) {
  rules.partition.max_bins = static_cast<std::size_t>(
      section.integer("max_bins", {.doc = "most bins of a feature, beside those for missing, special and other values",
                                   .fallback = 8,
                                   .min = 1,
                                   .max = 50}));
  rules.min_share =
      section.number("min_share", {.doc = "least share of the rows in a bin", .fallback = 0.02, .min = 0, .max = 0.5});
  rules.partition.min_rows = static_cast<std::uint64_t>(
      section.integer("min_rows", {.doc = "least rows in a bin", .fallback = 1, .min = 1, .max = 1'000'000'000}));
  rules.partition.min_events = static_cast<std::uint64_t>(
      section.integer("min_events", {.doc = "least events in a bin", .fallback = 5, .min = 0, .max = 1'000'000'000}));
  rules.partition.min_nonevents = static_cast<std::uint64_t>(section.integer(
      "min_nonevents", {.doc = "least nonevents in a bin", .fallback = 5, .min = 0, .max = 1'000'000'000}));
}

}  // namespace

std::string_view name_of(ModelKind kind) {
  return names[static_cast<std::size_t>(kind)];
}

ModelKind kind_of(std::string_view name) {
  const auto at = std::ranges::find(names, name);
  expects(at != names.end(), "a kind that the settings have checked");
  return static_cast<ModelKind>(at - names.begin());
}

std::vector<std::string> kind_names() {
  return {names.begin(), names.end()};
}

BinningSettings read_binning(const Section& section) {
  BinningSettings binning;
  features::WoeRules& rules = binning.rules;
  read_sizes(section, rules);
  rules.partition.trend = features::trend_of(
      section.text("trend", {.doc = "how WOE may go along a numeric feature: up or down, monotone (either), peak, "
                                    "valley, auto (the best IV of these), none; monotone of the model comes first",
                             .fallback = "monotone",
                             .choices = trends()}));
  rules.partition.min_woe_gap = section.number(
      "min_woe_gap", {.doc = "least difference of WOE between neighbours", .fallback = 0, .min = 0, .max = 10});
  rules.partition.max_p_value =
      section.number("max_p_value", {.doc = "neighbours' event rates differ at this level (pooled z-test); 1: no test",
                                     .fallback = 1,
                                     .min = 1e-12,
                                     .max = 1});
  rules.smoothing = section.number(
      "smoothing",
      {.doc = "added to events and nonevents of a bin before WOE is taken", .fallback = 0.5, .min = 1e-6, .max = 1000});
  rules.rare_share =
      section.number("rare_share", {.doc = "categories with a smaller share of the rows are merged into `other`",
                                    .fallback = 0.01,
                                    .min = 0,
                                    .max = 0.5});
  rules.category_smoothing = section.number(
      "category_smoothing",
      {.doc = "rows of the mean rate added to a category before it is ordered", .fallback = 10, .min = 0, .max = 1e6});
  for (const auto& [name, feature] : section.named("features", "features that are binned otherwise, by name"))
    binning.features[name] = read_feature(feature);
  return binning;
}

ScorecardSettings read_scorecard(const Section& section) {
  ScorecardSettings card;
  card.base_score =
      section.number("base_score", {.doc = "score at the base odds", .fallback = 600, .min = -1e6, .max = 1e6});
  card.base_odds = section.number("base_odds", {.doc = "nonevents per event", .fallback = 50, .min = 1e-6, .max = 1e6});
  card.points_to_double = section.number(
      "pdo", {.doc = "points that double the odds", .fallback = 20, .min = 0.01, .max = 1e5, .unit = "points"});
  card.round_points = section.flag(
      "round_points", {.doc = "whole points; the model is then what the rounded points add up to", .fallback = true});
  card.min_iv = section.number(
      "min_iv", {.doc = "features with less information value are left out", .fallback = 0.02, .min = 0, .max = 10});
  card.max_correlation =
      section.number("max_correlation", {.doc = "of two features whose WOE correlate more, the one with less "
                                                "information value is left out",
                                         .fallback = 0.8,
                                         .min = 0,
                                         .max = 1});
  card.max_vif = section.number(
      "max_vif",
      {.doc = "features with a larger variance inflation factor are left out", .fallback = 10, .min = 1, .max = 1e6});
  card.max_features = section.integer(
      "max_features", {.doc = "most features, by information value", .fallback = 30, .min = 1, .max = 1000});
  return card;
}

}  // namespace proffer::models
