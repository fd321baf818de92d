// Means of losses over all rows of all ranks: exact sums, rounded once, so the same at any number of ranks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "evaluation/scores.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

/// Where log loss cuts off probabilities: 2^-52, as scikit-learn does for doubles.
inline constexpr double log_loss_clip = 0x1p-52;

/// −log(p) for label 1, −log(1 − p) for label 0, with p cut to [clip, 1 − clip]. Independent.
[[nodiscard]] double log_loss_of(double probability, bool positive, double clip = log_loss_clip);

/// Collective. Weighted mean of log_loss_of. Empty without weight. DataError for a probability outside [0, 1], a label
/// that is not 0 or 1, a weight that is negative or not finite.
[[nodiscard]] std::optional<double> log_loss(const parallel::Communicator& comm, Scores probabilities,
                                             std::span<const std::uint8_t> labels, std::span<const double> weights = {},
                                             double clip = log_loss_clip);

/// Collective. Weighted mean of (p − label)² (Brier 1950). Empty and errors as log_loss.
[[nodiscard]] std::optional<double> brier(const parallel::Communicator& comm, Scores probabilities,
                                          std::span<const std::uint8_t> labels, std::span<const double> weights = {});

/// Collective. The weighted mean of any values (for losses of one's own). Exact but for one rounding of the sum, of the
/// weight and of the quotient. Empty without weight. DataError for values that are not finite.
[[nodiscard]] std::optional<double> exact_mean(const parallel::Communicator& comm, std::span<const double> values,
                                               std::span<const double> weights = {});

/// A sum of many moderate numbers as an integer on a grid of 2^-40: the cheap sum for a metric after every round of
/// training. Each value is rounded to the grid; the sum is exact and does not depend on order or ranks. Independent.
class GridSum {
 public:
  static constexpr double unit = 0x1p-40;
  /// |value| < 2^22 (std::logic_error otherwise, and for NaN).
  void add(double value) {
    if (!(value < 0x1p22 && value > -0x1p22)) refuse();
    sum_ += static_cast<std::int64_t>(value * (1 / unit) + (value < 0 ? -0.5 : 0.5));
  }
  void add(const GridSum& other) { sum_ += other.sum_; }
  /// Collective. The sum over all ranks.
  [[nodiscard]] double over_ranks(const parallel::Communicator& comm) const;

 private:
  [[noreturn]] static void refuse();
  __extension__ __int128 sum_ = 0;
};

/// Collective. Mean of values on the grid of GridSum; empty without rows. For losses after every round: 10 million rows
/// take some hundredths of a second.
[[nodiscard]] std::optional<double> grid_mean(const parallel::Communicator& comm, std::span<const double> values);

/// Collective. log_loss on the grid of GridSum, for early stopping: no check but p in [0, 1] (std::logic_error for
/// NaN).
[[nodiscard]] std::optional<double> grid_log_loss(const parallel::Communicator& comm, Scores probabilities,
                                                  std::span<const std::uint8_t> labels, double clip = log_loss_clip);

}  // namespace proffer::evaluation
