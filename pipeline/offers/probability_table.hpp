// A model's probability as a function of its margin, tabulated: some fifty million pairs a second on one core.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "foundation/types.hpp"

namespace proffer::offers {

/// Polynomials of degree five over intervals of 1/32 between margins of −16 and 16, through the function's values at
/// six Chebyshev points of each; used where they are within 2⁻³⁶ of the value at thirteen places. Where that leaves
/// open to which float a value rounds (one in some hundreds, a distance of 2⁻³⁴ granted), where the polynomial is not
/// that close (in the far tails, at the kinks of a calibration) and outside, the function itself is asked: so the
/// result is its value rounded to float, bit for bit (Ziv's rounding test, 1991). Const; threads share it.
class ProbabilityTable {
 public:
  using Exact = std::function<Probability(float margin)>;
  explicit ProbabilityTable(Exact exact);

  /// Replaces margins by probabilities, rounded to float. Independent.
  void apply(std::span<float> margins) const;
  /// Intervals whose polynomial is used.
  [[nodiscard]] std::size_t tabulated() const;

 private:
  using Quintic = std::array<double, 6>;
  [[nodiscard]] Quintic fit(double middle) const;
  [[nodiscard]] bool is_close(double middle, const Quintic& piece) const;

  Exact exact_;
  std::vector<Quintic> pieces_;  // in powers of the place in the interval, −1 … 1; NaN where it is not close
};

}  // namespace proffer::offers
