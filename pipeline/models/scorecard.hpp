// The scorecard: WOE bins, a logistic regression on them, points that add up.
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "boosting/forest.hpp"
#include "features/woe_binning.hpp"
#include "foundation/log.hpp"
#include "models/fit_model.hpp"
#include "models/logistic_regression.hpp"
#include "models/model_rows.hpp"
#include "models/scorecard_settings.hpp"
#include "models/second_opinion.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Log-odds of the event as points (Siddiqi 2006, chapter 6): score = offset − factor · margin, factor = pdo/ln 2,
/// offset = base_score − factor · ln(base_odds), odds = nonevents per event. More points, fewer events.
struct PointScale {
  double factor = 1;
  double offset = 0;
  [[nodiscard]] double score(double margin) const { return offset - factor * margin; }
  [[nodiscard]] double margin(double score) const { return (offset - score) / factor; }
};
[[nodiscard]] PointScale point_scale(const ScorecardSettings& settings);

/// One feature of the card. Points of a bin: −factor (βWOE + α/n) + offset/n, n features, α the intercept.
struct CardFeature {
  std::uint32_t input = 0;  ///< index among the model's inputs
  features::WoeFeature woe;
  double coefficient = 0, standard_error = 0, z = 0, p = 0;
  std::vector<double> points;  ///< per bin of woe
  double neutral = 0;          ///< mean points of the training rows
  [[nodiscard]] double most() const;
};

/// A feature that was left out, and why.
struct LeftOut {
  std::string name;
  double iv = 0;
  std::string why;
};

struct Scorecard {
  PointScale scale;
  ScorecardSettings settings;
  double intercept = 0, intercept_error = 0;
  double log_likelihood = 0;
  std::vector<CardFeature> features;  ///< by falling IV
  std::vector<LeftOut> left_out;
};

/// The rules of every input: those of `binning`, its own where named, its trend from `monotone` where that is given.
/// UsageError where a name is not an input. Pure.
[[nodiscard]] std::vector<features::WoeRules> woe_rules(const ModelSettings& settings, const Inputs& inputs);

/// Puts the cuts that the bins of the model and its challengers need into the pre-bins. UsageError. Independent.
void require_model_cuts(const ModelSettings& settings, const Inputs& inputs, const borrowers::Schema& schema,
                        features::BinTable& bins);

/// Rows that a model learns from, and their counts by code.
struct FittedRows {
  RowSubset rows;
  std::vector<features::CodeCounts> counts;
};
/// Collective. The rows that `fits` names; one pass counts all of them.
[[nodiscard]] FittedRows fitted_rows(const parallel::Communicator& comm, const ModelSettings& settings,
                                     const ModelRows& rows, int threads);

/// Collective. WOE bins of all inputs, the same on every rank.
[[nodiscard]] std::vector<features::WoeFeature> bin_inputs(const parallel::Communicator& comm,
                                                           const ModelSettings& settings, const ModelRows& rows,
                                                           const borrowers::Schema& schema,
                                                           std::span<const features::CodeCounts> counts);

/// Collective. Chooses features by IV, correlation and variance inflation, fits the regression, drops features whose
/// coefficient is not positive (the worst first), and gives points. DataError (agreed) where no feature is left.
[[nodiscard]] Scorecard make_scorecard(const parallel::Communicator& comm, const ModelSettings& settings,
                                       std::span<const features::WoeFeature> features, const FittedRows& fitted,
                                       int threads);

/// The card as a forest of one tree per feature: base margin offset/factor, leaves −points/factor. Its margin is that
/// of the points, to float. `inputs`: of the model; `counts`: by code, per input. Pure.
[[nodiscard]] boosting::Forest forest_of(const Scorecard& card, const features::BinTable& bins,
                                         std::span<const features::CodeCounts> counts);

/// Lines feature,bin,kind,label,rows,share,events,event_rate,woe,points,points_lost: points_lost = most points of the
/// feature − points. Independent; the same bytes for the same card.
[[nodiscard]] std::string scorecard_csv(const Scorecard& card);
/// Scale, regression, features with bins and points, and what was left out (docs/formats.md, "Scorecard").
[[nodiscard]] nlohmann::json scorecard_json(const Scorecard& card);

/// Collective. Everything of kind: scorecard.
[[nodiscard]] ModelFit fit_scorecard(const parallel::Communicator& comm, const ModelSettings& settings,
                                     const ModelRows& rows, const borrowers::Schema& schema, int threads, Log& log);
/// Collective. Everything of kind: logistic: a regression on the normal scores of numeric inputs (van der Waerden: a
/// code stands for Φ⁻¹ of the share of rows below its middle), an indicator of missing values where there are some, and
/// an indicator of each category that is not rare, the largest left out.
[[nodiscard]] ModelFit fit_logistic_model(const parallel::Communicator& comm, const ModelSettings& settings,
                                          const ModelRows& rows, const borrowers::Schema& schema, int threads,
                                          Log& log);

}  // namespace proffer::models
