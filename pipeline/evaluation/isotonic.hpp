// The best rising step function of a score for 0/1 labels: isotonic regression by pooling adjacent violators.
#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/ranking.hpp"

namespace proffer::evaluation {

/// Neighbouring scores with one fitted rate.
struct IsotonicBlock {
  double lowest = 0;   ///< smallest score in the block
  double highest = 0;  ///< largest
  std::uint64_t negatives = 0;
  std::uint64_t positives = 0;  ///< weights, in units of Ranking::unit()
  [[nodiscard]] double rate() const {
    return static_cast<double>(positives) / (static_cast<double>(negatives) + static_cast<double>(positives));
  }
};

/// Collective. The non-decreasing rates that are nearest to the labels in squares (and in likelihood), lowest scores
/// first, rates strictly rising (Ayer et al. 1955; Barlow et al. 1972, theorem 1.1). Means are compared as fractions of
/// integers, so the blocks are the same at any number of ranks. The ranking's classes are 0 and 1.
[[nodiscard]] std::vector<IsotonicBlock> isotonic(const Ranking& ranking);

}  // namespace proffer::evaluation
