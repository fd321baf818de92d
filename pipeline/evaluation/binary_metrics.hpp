// Everything one says of a probability model in one go, for logs, metrics.json and model cards.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluation/calibration.hpp"
#include "evaluation/discrimination.hpp"
#include "evaluation/losses.hpp"
#include "evaluation/scores.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

struct BinaryMetrics {
  std::uint64_t rows = 0;
  double weight = 0;     ///< rows, or the sum of weights
  double positives = 0;  ///< weight of label 1
  std::optional<double> base_rate;
  std::optional<double> mean_predicted;
  // Empty where a class (pr_auc: label 1) or every row is missing.
  std::optional<double> auc;
  std::optional<double> gini;
  std::optional<double> ks;
  std::optional<double> pr_auc;  ///< average_precision
  std::optional<double> log_loss;
  std::optional<double> brier;
  std::optional<double> ece;            ///< over the deciles
  std::vector<CalibrationBin> deciles;  ///< calibration_by_quantiles
  std::vector<GainsRow> gains;          ///< in tenths, highest probabilities first
};

/// Collective. The rows are sorted over the ranks once. DataError for probabilities outside [0, 1] or NaN, labels other
/// than 0 and 1, bad weights. No rows at all is no error.
[[nodiscard]] BinaryMetrics binary_metrics(const parallel::Communicator& comm, Scores probabilities,
                                           std::span<const std::uint8_t> labels, std::span<const double> weights = {});

}  // namespace proffer::evaluation
