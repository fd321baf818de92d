// How the interpretable kinds of models are made: WOE bins, logistic regression, points.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "features/woe_binning.hpp"
#include "settings/section.hpp"

namespace proffer::models {

/// What is learnt: boosted trees, a random forest, a logistic regression on normal scores, a scorecard on WOE bins.
enum class ModelKind { boosted, random_forest, logistic, scorecard };
[[nodiscard]] std::string_view name_of(ModelKind kind);
[[nodiscard]] ModelKind kind_of(std::string_view name);  ///< std::logic_error for another name
[[nodiscard]] std::vector<std::string> kind_names();

/// One feature that is not binned as the others.
struct FeatureBinning {
  std::optional<features::Trend> trend;
  std::vector<double> breaks, special;
  std::string where;  ///< file:line:column, for messages
};

struct BinningSettings {
  features::WoeRules rules;
  std::map<std::string, FeatureBinning> features;
};

struct ScorecardSettings {
  double base_score = 600;         ///< of an applicant with the base odds
  double base_odds = 50;           ///< nonevents per event
  double points_to_double = 20;    ///< points that double the odds
  bool round_points = true;        ///< points are whole numbers, and the model is what they add up to
  double min_iv = 0.02;            ///< features with less are left out
  double max_correlation = 0.8;    ///< of two features' WOE; the one with less IV is left out
  double max_vif = 10;             ///< variance inflation factor; the worst is left out, again and again
  std::int64_t max_features = 30;  ///< those with the most IV
};

/// Reads `binning` of a model. UsageError with file:line:column.
[[nodiscard]] BinningSettings read_binning(const settings::Section& section);
/// Reads `scorecard` of a model.
[[nodiscard]] ScorecardSettings read_scorecard(const settings::Section& section);

}  // namespace proffer::models
