// The pairs on a list, from what the solver kept.
#pragma once

#include <cstddef>
#include <functional>

#include "allocation/population.hpp"
#include "combine/score_source.hpp"

namespace proffer::combine {

/// Calls its argument with every pair that this rank's part of a list holds.
using ChosenPairs = std::function<void(const std::function<void(const PairFacts&)>&)>;

/// Independent. A row with its chosen offer.
[[nodiscard]] inline PairFacts chosen_pair(const allocation::Population& population, std::size_t row,
                                           std::int32_t offer) {
  const KeptPair pair = kept_pair(population.pair_note(row, offer));
  return {kept_row(population.row_note(row)).facts, static_cast<std::size_t>(offer), pair.take, pair.pd};
}

/// Independent. Both must outlive the result.
[[nodiscard]] inline ChosenPairs chosen_pairs(const allocation::Population& population,
                                              const allocation::Solution& solution) {
  return [&](const std::function<void(const PairFacts&)>& take) {
    for (std::size_t row = 0; row < solution.choice.size(); ++row)
      if (solution.choice[row] >= 0) take(chosen_pair(population, row, solution.choice[row]));
  };
}

}  // namespace proffer::combine
