// λ(x) = φ(x)/Φ(x) from polynomials: what a probit likelihood asks of every row in every round.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace proffer::statistics {

/// λ on [−30, 30], without a call and without a branch; elsewhere that of the nearer end. One polynomial of degree 7
/// per eighth through inverse_mills_ratio at its Chebyshev nodes. Independent; const after construction.
///
/// Absolute error below 1e-14 · max(1, λ); relative to itself only where λ is not small (x below some 5).
class InverseMillsTable {
 public:
  static constexpr double reach = 30;

  InverseMillsTable();

  [[nodiscard]] double operator()(double x) const {
    const double place = (std::clamp(x, -reach, reach) + reach) * cells_per_unit;
    // In this order a NaN finds a cell, and gives NaN.
    const auto cell = static_cast<std::size_t>(std::max(0.0, std::min(place, last_cell)));
    const std::array<double, 8>& c = cells_[cell];
    const double t = place - static_cast<double>(cell) - 0.5;
    // Estrin's scheme: halves the chain of operations that wait for one another.
    const double square = t * t;
    const double low = (c[0] + c[1] * t) + (c[2] + c[3] * t) * square;
    const double high = (c[4] + c[5] * t) + (c[6] + c[7] * t) * square;
    return low + high * (square * square);
  }

 private:
  static constexpr double cells_per_unit = 8;
  static constexpr double last_cell = 2 * reach * cells_per_unit - 1;
  std::vector<std::array<double, 8>> cells_;  ///< coefficients in t, −½ to ½ from end to end
};

}  // namespace proffer::statistics
