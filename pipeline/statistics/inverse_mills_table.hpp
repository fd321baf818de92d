// λ(x) = φ(x)/Φ(x) from polynomials: what a probit likelihood asks of every row in every round.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "foundation/lanes.hpp"

namespace proffer::statistics {

/// λ on [−30, 30], without a call and without a branch; elsewhere that of the nearer end. One cubic per 1/32 through
/// inverse_mills_ratio at its Chebyshev nodes. Independent; const after construction.
///
/// Error below 1e-10 · max(1, λ): far below a step of the grid that derivatives are put on.
class InverseMillsTable {
 public:
  static constexpr double reach = 30;

  InverseMillsTable();

  /// Puts λ(x) in the place of x, of four of them within the reach. NaN stays.
  [[gnu::always_inline]] void of_four(Doubles& x) const {
    const Doubles last = Doubles{} + last_cell;
    const Doubles place = (x + reach) * cells_per_unit;
    const Doubles within = place < last ? place : last;  // a NaN too finds a cell
    const Integers cell = __builtin_convertvector(within, Integers);
    Doubles a, b, c, d;
    load(&cells_[static_cast<std::size_t>(cell[0])], a);
    load(&cells_[static_cast<std::size_t>(cell[1])], b);
    load(&cells_[static_cast<std::size_t>(cell[2])], c);
    load(&cells_[static_cast<std::size_t>(cell[3])], d);
    // Coefficients of one cell, four times: turned into the same coefficient of four cells.
    const Doubles even_ab = __builtin_shufflevector(a, b, 0, 4, 2, 6),
                  odd_ab = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    const Doubles even_cd = __builtin_shufflevector(c, d, 0, 4, 2, 6),
                  odd_cd = __builtin_shufflevector(c, d, 1, 5, 3, 7);
    const Doubles c0 = __builtin_shufflevector(even_ab, even_cd, 0, 1, 4, 5);
    const Doubles c1 = __builtin_shufflevector(odd_ab, odd_cd, 0, 1, 4, 5);
    const Doubles c2 = __builtin_shufflevector(even_ab, even_cd, 2, 3, 6, 7);
    const Doubles c3 = __builtin_shufflevector(odd_ab, odd_cd, 2, 3, 6, 7);
    const Doubles t = place - __builtin_convertvector(cell, Doubles) - 0.5;
    x = (c0 + c1 * t) + (c2 + c3 * t) * (t * t);
  }

  [[nodiscard]] double operator()(double x) const {
    Doubles four = Doubles{} + std::clamp(x, -reach, reach);
    of_four(four);
    return four[0];
  }

 private:
  static constexpr double cells_per_unit = 32;
  static constexpr double last_cell = 2 * reach * cells_per_unit - 1;
  std::vector<std::array<double, 4>> cells_;  ///< coefficients in t, −½ to ½ from end to end
};

}  // namespace proffer::statistics
