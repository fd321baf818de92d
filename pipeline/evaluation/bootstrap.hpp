// How sure an AUC is: an interval from resampling by hashed weights.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "evaluation/scores.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

struct Bootstrap {
  std::uint64_t seed = 1;
  int replicates = 200;
  double level = 0.95;
};

struct Interval {
  double estimate = 0;  ///< of the rows as they are
  double lower = 0;     ///< percentile interval at Bootstrap::level, interpolated between order statistics
  double upper = 0;
  double standard_error = 0;  ///< standard deviation of the replicates
  int replicates = 0;         ///< those in which both classes were drawn
};

/// Pure. The interval of a measure from its values in the sample (the first) and in the replicates (the others; empty
/// ones are passed over). Empty where the first is, or fewer than two others are there.
[[nodiscard]] std::optional<Interval> interval_of(std::span<const std::optional<double>> values, double level);

/// Collective. In each replicate a row counts Poisson(1) times, drawn from (seed, id, replicate) alone, so that the
/// interval is the same at any number of ranks and in any order of rows. Rows with one id (a unit with several rows)
/// are drawn together. Time grows with rows × replicates (about 10 ns each); memory 24 bytes a row, more on a rank that
/// holds a score shared by most rows. Empty where a class is missing or fewer than two replicates have both. Errors as
/// Ranking.
[[nodiscard]] std::optional<Interval> auc_interval(const parallel::Communicator& comm, Scores scores,
                                                   std::span<const std::uint8_t> labels,
                                                   std::span<const std::uint64_t> ids, const Bootstrap& bootstrap = {});

}  // namespace proffer::evaluation
