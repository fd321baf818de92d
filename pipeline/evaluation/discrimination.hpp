// How well a score tells positives (label 1) from negatives (label 0): AUC, Gini, KS, average precision, recall, gains.
// All functions are collective and give the same bits at any number of ranks. What has no value because one class is
// missing is std::nullopt. Higher scores mean "more likely positive". Equal scores are ties, counted exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluation/ranking.hpp"

namespace proffer::evaluation {

/// Area under the ROC curve: P(score of a positive > of a negative) + ½ P(equal) (Hanley & McNeil 1982). Empty without
/// positives or without negatives.
[[nodiscard]] std::optional<double> auc(const Ranking& ranking);
/// 2 AUC − 1, from the same integers.
[[nodiscard]] std::optional<double> gini(const Ranking& ranking);
/// Kolmogorov–Smirnov: the largest |share of positives − share of negatives| above a score. Empty as auc.
[[nodiscard]] std::optional<double> ks(const Ranking& ranking);
/// Area under the precision-recall curve as a sum of steps, Σ (R_k − R_{k−1}) P_k over distinct scores, without
/// interpolation (as scikit-learn's average_precision_score). Empty without positives.
[[nodiscard]] std::optional<double> average_precision(const Ranking& ranking);
/// Share of the positives among the `capacity` (in weight; ≥ 0) highest scores; where the capacity ends within a tie,
/// the expectation over its orders. Empty without positives.
[[nodiscard]] std::optional<double> recall_at(const Ranking& ranking, double capacity);

/// The rows with the highest scores, cumulatively.
struct GainsRow {
  double share = 0;     ///< of all weight
  double captured = 0;  ///< share of the positives among them: the gains curve
  double lift = 0;      ///< captured / share
};
/// The gains table at 1/steps, 2/steps, … 1 of the weight (each rounded to the grid). Empty without positives.
[[nodiscard]] std::vector<GainsRow> gains(const Ranking& ranking, int steps = 10);

// The same from rows; `weights` empty: all 1. Errors as Ranking.
[[nodiscard]] std::optional<double> auc(const parallel::Communicator& comm, Scores scores,
                                        std::span<const std::uint8_t> labels, std::span<const double> weights = {});
[[nodiscard]] std::optional<double> gini(const parallel::Communicator& comm, Scores scores,
                                         std::span<const std::uint8_t> labels, std::span<const double> weights = {});
[[nodiscard]] std::optional<double> ks(const parallel::Communicator& comm, Scores scores,
                                       std::span<const std::uint8_t> labels, std::span<const double> weights = {});
[[nodiscard]] std::optional<double> average_precision(const parallel::Communicator& comm, Scores scores,
                                                      std::span<const std::uint8_t> labels,
                                                      std::span<const double> weights = {});

}  // namespace proffer::evaluation
