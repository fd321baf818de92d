// How often a row counts in a bootstrap replicate. Internal to evaluation/.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "parallel/random.hpp"

namespace proffer::evaluation {

/// P(X ≤ k) for X ~ Poisson(1), as a fraction of 2^64.
inline constexpr auto poisson_thresholds = [] {
  constexpr double inverse_e = 0.36787944117144232160;
  std::array<std::uint64_t, 17> thresholds{};
  double probability = inverse_e;
  double cumulative = 0;
  for (std::size_t k = 0; k < thresholds.size(); ++k) {
    cumulative += probability;
    probability /= static_cast<double>(k + 1);
    // Near 1 the doubles run out: what is left above the last threshold has a probability below 2^-48.
    thresholds[k] = static_cast<std::uint64_t>(std::min(cumulative, 1 - 0x1p-53) * 0x1p64);
  }
  return thresholds;
}();

/// Poisson(1) by inversion; the first four comparisons without branches decide 98 % of draws.
[[nodiscard]] inline std::uint64_t poisson(std::uint64_t bits) {
  const auto& above = poisson_thresholds;
  std::uint64_t count =
      static_cast<std::uint64_t>(bits >= above[0]) + (bits >= above[1]) + (bits >= above[2]) + (bits >= above[3]);
  if (count == 4)
    while (count < above.size() && bits >= above[count]) ++count;
  return count;
}

/// How often the rows of `id` count in a replicate (1, 2, …): the same for every score and at any number of ranks.
[[nodiscard]] inline std::uint64_t bootstrap_weight(std::uint64_t seed, std::uint64_t id, std::size_t replicate) {
  constexpr std::uint64_t purpose = parallel::purpose("evaluation.bootstrap");
  return poisson(parallel::random_bits(seed, id, purpose, replicate));
}

}  // namespace proffer::evaluation
