// P(Y ≤ y | X ≤ x) of two correlated standard normal variables, fast enough for billions of pairs.
#pragma once

#include <cstddef>
#include <vector>

namespace proffer::statistics {

/// q(x, y; ρ) = Φ⁻¹(Φ₂(x, y; ρ)/Φ(x)) for finite x, y and |rho| < 1 (std::domain_error elsewhere): the conditional
/// probability on the probit scale, on which it is nearly linear in y. Computed from logarithms, from the smaller of
/// the probability and its complement: error of q below 2e-8, also far in the tails.
[[nodiscard]] double conditional_quantile(double x, double y, double rho);

/// The same for a fixed ρ from a table of exact values, by cubic interpolation in x and y (Lagrange, 4 × 4 nodes).
/// Independent; const after construction; the same bits everywhere `conditional_quantile` gives them.
///
/// Error of q below `error_bound` for every x and y: the nodes lie so close that the interpolation stays below it, and
/// where x or y lies outside the table the exact function is called. So Φ(q) has an absolute error below 4e-8, and
/// relative to itself one of about error_bound · (1 + |q|).
class ConditionalQuantileTable {
 public:
  static constexpr double error_bound = 1e-7;
  static constexpr double largest_rho = 0.95;
  static constexpr double low_x = -6, high_x = 6, low_y = -7, high_y = 7;

  /// |rho| ≤ largest_rho, std::domain_error elsewhere. Takes about half a second at 0.6, some seconds beyond 0.85.
  explicit ConditionalQuantileTable(double rho);

  [[nodiscard]] double rho() const { return rho_; }
  [[nodiscard]] std::size_t nodes() const { return values_.size(); }

  [[nodiscard]] double operator()(double x, double y) const {
    if (!(x >= low_x && x < high_x && y >= low_y && y < high_y)) return outside(x, y);
    const double across = (x - low_x) * per_step_, along = (y - low_y) * per_step_;
    const auto i = static_cast<std::size_t>(across), j = static_cast<std::size_t>(along);
    const double s = across - static_cast<double>(i), t = along - static_cast<double>(j);
    const double* node = values_.data() + i * width_ + j;  // one node before the cell in both directions
    double column[4];
    weights(t, column);
    double row[4];
    weights(s, row);
    double value = 0;
    for (std::size_t k = 0; k < 4; ++k, node += width_)
      value += row[k] * (((column[0] * node[0] + column[1] * node[1]) + column[2] * node[2]) + column[3] * node[3]);
    return value;
  }

 private:
  /// Lagrange's weights of the nodes −1, 0, 1, 2 at t in [0, 1).
  static void weights(double t, double* out) {
    const double before = t + 1, after = 1 - t, beyond = 2 - t;
    out[0] = -t * after * beyond / 6;
    out[1] = before * after * beyond / 2;
    out[2] = before * t * beyond / 2;
    out[3] = -before * t * after / 6;
  }
  [[nodiscard]] double outside(double x, double y) const;

  double rho_;
  double per_step_;
  std::size_t width_;           // nodes along y
  std::vector<double> values_;  // nodes along x × nodes along y
};

}  // namespace proffer::statistics
