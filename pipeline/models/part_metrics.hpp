// How good a model is on each part of its rows.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "boosting/forest.hpp"
#include "evaluation/bootstrap.hpp"
#include "models/calibration.hpp"
#include "models/fairness_groups.hpp"
#include "models/training_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// What is judged: a model's margins of all its rows, its calibration, and the groups to look at apart.
struct Judged {
  Link link = Link::logistic;
  std::span<const float> margins;
  const std::optional<Calibration>& calibration;
  std::span<const Grouping> groups = {};
  std::optional<std::uint64_t> review_capacity = std::nullopt;
  Target target = Target::responded;
  const MonitorSettings* monitor = nullptr;  ///< absent: no fairness
};

/// Collective. For each part that has rows: {rows, positives, base_rate, mean_predicted, auc, gini, ks,
/// average_precision, log_loss, brier, expected_calibration_error, hosmer_lemeshow, calibration: [{rows,
/// mean_predicted, observed_rate, …}], gains: [{share, captured, lift}]}; of a calibrated model also `uncalibrated`:
/// what the margins alone would give; of the parts that did not train also `groups`: the same per group, and `fairness`
/// (model_fairness). What one class
/// alone cannot tell is null. The same on every rank, at any number of ranks.
[[nodiscard]] nlohmann::json part_metrics(const parallel::Communicator& comm, const TrainingRows& rows,
                                          const Judged& judged);

/// {value, lower, upper, standard_error}; null where there is none.
[[nodiscard]] nlohmann::json interval_json(const std::optional<evaluation::Interval>& interval);

/// One line for people: the held-out figures of a model.
[[nodiscard]] std::string metrics_line(const std::string& name, const nlohmann::json& metrics, std::size_t trees);

}  // namespace proffer::models
