// How good a model is on each part of its rows.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "boosting/forest.hpp"
#include "models/training_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Collective. For each part that has rows: {rows, positives, base_rate, auc, gini, ks, average_precision, log_loss,
/// brier, expected_calibration_error, calibration: [{rows, mean_predicted, observed_rate, …}]}; what one class alone
/// cannot tell is null. The same on every rank, at any number of ranks.
[[nodiscard]] nlohmann::json part_metrics(const parallel::Communicator& comm, Link link, const boosting::Forest& forest,
                                          const TrainingRows& rows, int threads);

/// One line for people: the held-out figures of a model.
[[nodiscard]] std::string metrics_line(const std::string& name, const nlohmann::json& metrics, std::size_t trees);

}  // namespace proffer::models
