// The scorecard as CSV and JSON.
#include <nlohmann/json.hpp>

#include "features/woe_table.hpp"
#include "foundation/text.hpp"
#include "models/scorecard.hpp"

namespace proffer::models {
namespace {

std::uint64_t rows_of(const CardFeature& feature) {
  std::uint64_t rows = 0;
  for (const features::WoeBin& bin : feature.woe.bins) rows += bin.count.rows;
  return rows;
}

nlohmann::json bins_json(const CardFeature& feature) {
  nlohmann::json bins = nlohmann::json::array();
  for (std::size_t b = 0; b < feature.points.size(); ++b) {
    bins.push_back(features::bin_json(feature.woe.bins[b]));
    bins.back()["points"] = feature.points[b];
    bins.back()["points_lost"] = feature.most() - feature.points[b];
  }
  return bins;
}

nlohmann::json feature_json(const CardFeature& feature) {
  return {{"feature", feature.woe.name},
          {"iv", feature.woe.iv},
          {"trend", std::string(name_of(feature.woe.trend))},
          {"coefficient", feature.coefficient},
          {"standard_error", feature.standard_error},
          {"z", feature.z},
          {"p", feature.p},
          {"most_points", feature.most()},
          {"neutral_points", feature.neutral},
          {"bins", bins_json(feature)}};
}

}  // namespace

std::string scorecard_csv(const Scorecard& card) {
  std::string text = "feature,bin,kind,label,rows,share,events,event_rate,woe,points,points_lost\n";
  for (const CardFeature& feature : card.features) {
    const std::uint64_t rows = rows_of(feature);
    for (std::size_t b = 0; b < feature.points.size(); ++b) {
      const features::WoeBin& bin = feature.woe.bins[b];
      text += csv_cell(feature.woe.name) + "," + std::to_string(b + 1) + ",";
      text += std::string(name_of(bin.kind)) + "," + csv_cell(bin.label) + ",";
      text += std::to_string(bin.count.rows) + "," + shortest(features::share(bin.count.rows, rows)) + ",";
      text +=
          std::to_string(bin.count.events) + "," + shortest(features::share(bin.count.events, bin.count.rows)) + ",";
      text += shortest(bin.woe) + "," + shortest(feature.points[b]) + ",";
      text += shortest(feature.most() - feature.points[b]) + "\n";
    }
  }
  return text;
}

nlohmann::json scorecard_json(const Scorecard& card) {
  nlohmann::json features = nlohmann::json::array(), left_out = nlohmann::json::array();
  for (const CardFeature& feature : card.features) features.push_back(feature_json(feature));
  for (const LeftOut& feature : card.left_out)
    left_out.push_back({{"feature", feature.name}, {"iv", feature.iv}, {"why", feature.why}});
  return {{"base_score", card.settings.base_score},
          {"base_odds", card.settings.base_odds},
          {"pdo", card.settings.points_to_double},
          {"round_points", card.settings.round_points},
          {"factor", card.scale.factor},
          {"offset", card.scale.offset},
          {"intercept", card.intercept},
          {"intercept_standard_error", card.intercept_error},
          {"log_likelihood", card.log_likelihood},
          {"features", std::move(features)},
          {"left_out", std::move(left_out)}};
}

}  // namespace proffer::models
