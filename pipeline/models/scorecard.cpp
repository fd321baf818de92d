#include "models/scorecard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "features/woe_table.hpp"
#include "foundation/error.hpp"
#include "models/code_tree.hpp"
#include "parallel/agreement.hpp"

namespace proffer::models {
namespace {

CodeColumn woe_column(const features::WoeFeature& feature, std::size_t input) {
  CodeColumn column{feature.name, static_cast<std::uint32_t>(input), {}};
  for (std::size_t code = 0; code < features::code_values; ++code)
    column.value[code] = feature.bin_of(static_cast<std::uint8_t>(code)).woe;
  return column;
}

/// Chooses among the features and fits the regression on those that are left.
class Selection {
 public:
  Selection(const parallel::Communicator& comm, const ModelSettings& settings,
            std::span<const features::WoeFeature> features, const FittedRows& fitted, int threads)
      : comm_(comm),
        settings_(settings),
        features_(features),
        fitted_(fitted),
        threads_(threads),
        kept_(features.size()) {
    std::iota(kept_.begin(), kept_.end(), std::size_t{0});
    std::ranges::stable_sort(kept_, std::ranges::greater{}, [&](std::size_t f) { return features_[f].iv; });
  }

  [[nodiscard]] Scorecard make() {
    by_information();
    by_correlation();
    by_inflation();
    const ScorecardSettings& rules = settings_.scorecard;
    while (kept_.size() > static_cast<std::size_t>(rules.max_features))
      leave_out(kept_.size() - 1, fmt::format("max_features is {}", rules.max_features));
    LogisticFit fit = fit_with_positive_signs();
    card_.intercept = fit.coefficient[0];
    card_.intercept_error = fit.standard_error[0];
    card_.log_likelihood = fit.log_likelihood;
    for (std::size_t i = 0; i < kept_.size(); ++i)
      card_.features.push_back({static_cast<std::uint32_t>(kept_[i]),
                                features_[kept_[i]],
                                fit.coefficient[i + 1],
                                fit.standard_error[i + 1],
                                fit.z[i + 1],
                                fit.p[i + 1],
                                {},
                                0});
    return std::move(card_);
  }

 private:
  void leave_out(std::size_t at, std::string why) {
    const features::WoeFeature& feature = features_[kept_[at]];
    card_.left_out.push_back({feature.name, feature.iv, std::move(why)});
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(at));
    if (!kept_.empty()) return;
    throw parallel::AgreedError(ExitCode::bad_data, {fmt::format("model {} has no scorecard", settings_.name),
                                                     "no feature is left: " + card_.left_out.back().name +
                                                         " was the last (" + card_.left_out.back().why + ")",
                                                     "lower scorecard.min_iv, or let it learn from more columns"});
  }

  [[nodiscard]] CodeDesign design() const {
    std::vector<CodeColumn> columns;
    for (const std::size_t f : kept_) columns.push_back(woe_column(features_[f], f));
    return {fitted_.rows.codes, features_.size(), std::move(columns)};
  }

  void by_information() {
    for (std::size_t at = kept_.size(); at-- > 0;) {
      const double iv = features_[kept_[at]].iv;
      if (iv < settings_.scorecard.min_iv || !(iv > 0)) leave_out(at, fmt::format("information value {:.4f}", iv));
    }
  }

  /// In order of IV: each that correlates too much with one kept before it is left out.
  void by_correlation() {
    if (settings_.scorecard.max_correlation >= 1) return;
    const std::vector<double> matrix = correlations(comm_, design(), threads_);
    const std::size_t size = kept_.size();
    const std::vector<std::size_t> all = kept_;
    std::vector<std::size_t> good;
    for (std::size_t i = 0; i < size; ++i) {
      const auto clash = std::ranges::find_if(
          good, [&](std::size_t j) { return std::fabs(matrix[i * size + j]) > settings_.scorecard.max_correlation; });
      if (clash == good.end()) {
        good.push_back(i);
        continue;
      }
      leave_out(static_cast<std::size_t>(std::ranges::find(kept_, all[i]) - kept_.begin()),
                fmt::format("correlation {:.3f} with {}", matrix[i * size + *clash], features_[all[*clash]].name));
    }
  }

  void by_inflation() {
    while (kept_.size() > 1) {
      const std::vector<double> factors = inverse_diagonal(correlations(comm_, design(), threads_));
      const auto worst = std::ranges::max_element(factors);
      if (*worst <= settings_.scorecard.max_vif) return;
      leave_out(static_cast<std::size_t>(worst - factors.begin()),
                fmt::format("variance inflation factor {:.1f}", *worst));
    }
  }

  [[nodiscard]] LogisticFit fit_with_positive_signs() {
    while (true) {
      LogisticFit fit = fit_logistic(comm_, design(), fitted_.rows.label, {},
                                     {.ridge = settings_.ridge, .threads = threads_}, "model " + settings_.name);
      const auto worst = std::min_element(fit.z.begin() + 1, fit.z.end());
      if (*worst > 0) return fit;
      leave_out(static_cast<std::size_t>(worst - fit.z.begin()) - 1,
                fmt::format("its coefficient {:.4f} is not positive",
                            fit.coefficient[static_cast<std::size_t>(worst - fit.z.begin())]));
    }
  }

  const parallel::Communicator& comm_;
  const ModelSettings& settings_;
  std::span<const features::WoeFeature> features_;
  const FittedRows& fitted_;
  int threads_;
  std::vector<std::size_t> kept_;  // by falling IV
  Scorecard card_;
};

void give_points(Scorecard& card) {
  const auto count = static_cast<double>(card.features.size());
  for (CardFeature& feature : card.features) {
    double sum = 0, rows = 0;
    for (const features::WoeBin& bin : feature.woe.bins) {
      const double exact =
          card.scale.offset / count - card.scale.factor * (feature.coefficient * bin.woe + card.intercept / count);
      feature.points.push_back(card.settings.round_points ? std::round(exact) : exact);
      sum += feature.points.back() * static_cast<double>(bin.count.rows);
      rows += static_cast<double>(bin.count.rows);
    }
    feature.neutral = rows > 0 ? sum / rows : 0;
  }
}

}  // namespace

double CardFeature::most() const {
  return *std::ranges::max_element(points);
}

PointScale point_scale(const ScorecardSettings& settings) {
  PointScale scale;
  scale.factor = settings.points_to_double / std::log(2.0);
  scale.offset = settings.base_score - scale.factor * std::log(settings.base_odds);
  return scale;
}

Scorecard make_scorecard(const parallel::Communicator& comm, const ModelSettings& settings,
                         std::span<const features::WoeFeature> features, const FittedRows& fitted, int threads) {
  Scorecard card = Selection(comm, settings, features, fitted, threads).make();
  card.settings = settings.scorecard;
  card.scale = point_scale(settings.scorecard);
  give_points(card);
  return card;
}

boosting::Forest forest_of(const Scorecard& card, const features::BinTable& bins,
                           std::span<const features::CodeCounts> counts) {
  boosting::Forest forest;
  forest.features = static_cast<std::uint32_t>(bins.features());
  forest.base_margin = static_cast<float>(card.scale.offset / card.scale.factor);
  for (const CardFeature& feature : card.features) {
    PerCode value{};
    for (std::size_t code = 0; code < value.size(); ++code)
      value[code] = -feature.points[feature.woe.bin_of_code[code]] / card.scale.factor;
    forest.trees.push_back(
        tree_of_codes(feature.input, bins.bins(feature.input), value, rows_of_codes(counts[feature.input])));
  }
  return forest;
}

ModelFit fit_scorecard(const parallel::Communicator& comm, const ModelSettings& settings, const ModelRows& rows,
                       const borrowers::Schema& schema, int threads, Log& log) {
  const FittedRows fitted = fitted_rows(comm, settings, rows, threads);
  const std::vector<features::WoeFeature> features = bin_inputs(comm, settings, rows, schema, fitted.counts);
  const Scorecard card = make_scorecard(comm, settings, features, fitted, threads);
  for (const LeftOut& feature : card.left_out)
    log.debug(fmt::format("model {} leaves out {}: {}", settings.name, feature.name, feature.why));
  log.info(fmt::format("model {}: a scorecard of {} features, {} left out", settings.name, card.features.size(),
                       card.left_out.size()));
  ModelFit fit;
  fit.forest = forest_of(card, rows.rows.bins, fitted.counts);
  const nlohmann::json json = scorecard_json(card);
  fit.facts["scorecard"] = json;
  fit.tables = {{"scorecard.csv", scorecard_csv(card)},
                {"scorecard.json", json.dump(2) + "\n"},
                {"iv.csv", features::iv_csv(features)},
                {"iv.json", features::iv_json(features).dump(2) + "\n"}};
  return fit;
}

}  // namespace proffer::models
