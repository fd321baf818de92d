// Measures of several models in the same bootstrap replicates, so that their differences have intervals too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluation/bootstrap.hpp"
#include "evaluation/scores.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

/// Values in the sample (first) and in each replicate; empty where a class is missing (log loss, Brier: all rows).
struct MeasureReplicates {
  std::vector<std::optional<double>> auc, ks, log_loss, brier;
};

/// Collective. In each replicate a row counts as in auc_interval, by (seed, id, replicate) alone: two calls with the
/// same rows and seed see the same replicates whatever the probabilities are. Exact integers (losses on a grid of
/// 2^-40): the same at any number of ranks. About 20 ns per row and replicate. Errors as binary_metrics.
[[nodiscard]] MeasureReplicates replicate_measures(const parallel::Communicator& comm, Scores probabilities,
                                                   std::span<const std::uint8_t> labels,
                                                   std::span<const std::uint64_t> ids, const Bootstrap& bootstrap = {});

/// Pure. The differences a − b, replicate by replicate; empty where one of them is.
[[nodiscard]] std::vector<std::optional<double>> differences(std::span<const std::optional<double>> a,
                                                             std::span<const std::optional<double>> b);

}  // namespace proffer::evaluation
