// A box of multipliers.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace proffer::allocation {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// lowest_k ≤ λ_k ≤ highest_k, all finite.
struct MultiplierBox {
  std::vector<double> lowest, highest;  ///< [limits]

  [[nodiscard]] double centre(std::size_t k) const { return 0.5 * lowest[k] + 0.5 * highest[k]; }
  [[nodiscard]] double half_width(std::size_t k) const { return 0.5 * highest[k] - 0.5 * lowest[k]; }
  [[nodiscard]] bool contains(const std::vector<double>& lambda) const {
    for (std::size_t k = 0; k < lambda.size(); ++k)
      if (lambda[k] < lowest[k] || lambda[k] > highest[k]) return false;
    return true;
  }
};

}  // namespace proffer::allocation
