#include "evaluation/binary_metrics.hpp"

namespace proffer::evaluation {

BinaryMetrics binary_metrics(const parallel::Communicator& comm, Scores probabilities,
                             std::span<const std::uint8_t> labels, std::span<const double> weights) {
  BinaryMetrics metrics;
  metrics.log_loss = log_loss(comm, probabilities, labels, weights);
  metrics.brier = brier(comm, probabilities, labels, weights);
  const Ranking ranking = binary_ranking(comm, probabilities, labels, weights);
  metrics.rows = ranking.rows();
  metrics.weight = static_cast<double>(sum_of(ranking.total())) * ranking.unit();
  metrics.positives = static_cast<double>(ranking.total()[1]) * ranking.unit();
  metrics.auc = auc(ranking);
  metrics.gini = gini(ranking);
  metrics.ks = ks(ranking);
  metrics.pr_auc = average_precision(ranking);
  metrics.deciles = calibration_by_quantiles(ranking, 10);
  metrics.ece = expected_calibration_error(metrics.deciles);
  metrics.gains = gains(ranking, 10);
  if (metrics.weight > 0) {
    metrics.base_rate = metrics.positives / metrics.weight;
    metrics.mean_predicted = calibration_by_width(ranking, 1).front().mean_predicted;
  }
  return metrics;
}

}  // namespace proffer::evaluation
