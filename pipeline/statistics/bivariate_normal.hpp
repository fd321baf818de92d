// Two standard normal variables with correlation rho. All functions are pure.
#pragma once

#include <array>
#include <cstddef>

namespace proffer::statistics {

/// Φ₂(x, y; ρ) = P(X ≤ x, Y ≤ y). x, y may be ±∞; rho in [−1, 1], std::domain_error elsewhere; NaN gives NaN.
/// Absolute error below 1e-15: Genz (2004), "Numerical computation of rectangular bivariate and trivariate normal and
/// t probabilities", Statistics and Computing 14, after Drezner & Wesolowsky (1990).
[[nodiscard]] double bivariate_normal_cdf(double x, double y, double rho);

/// The same bits at one correlation, what depends on it alone computed once: for many x and y.
class BivariateNormalCdf {
 public:
  /// `portable`: without AVX2, to the same bits.
  explicit BivariateNormalCdf(double rho, bool portable = false);
  [[nodiscard]] double operator()(double x, double y) const;
  /// Where Φ(x) and Φ(y) are known: for finite x and y.
  [[nodiscard]] double with_cdfs(double x, double below_x, double y, double below_y) const;
  [[nodiscard]] double rho() const { return rho_; }

  /// Of the quadrature: weights, sin θ and 1/cos² θ.
  struct Nodes {
    std::array<double, 20> weight{}, sine{}, per_rest{};
    std::size_t count = 0;  ///< a multiple of 4; none beyond 0.925
  };

 private:
  [[nodiscard]] double beyond_product(double x, double y) const;

  double rho_;
  double half_angle_ = 0;
  Nodes nodes_;
  double (*integral_)(const Nodes& nodes, double x, double y);
};

/// φ₂(x, y; ρ), the joint density, for |rho| < 1 (std::domain_error elsewhere). It is also ∂Φ₂/∂ρ.
[[nodiscard]] double bivariate_normal_density(double x, double y, double rho);

/// log Φ₂ and its derivatives, for likelihoods.
struct LogBivariateNormal {
  double value = 0;   ///< log Φ₂(x, y; ρ)
  double by_x = 0;    ///< φ(x) Φ((y − ρx)/√(1−ρ²)) / Φ₂
  double by_y = 0;    ///< φ(y) Φ((x − ρy)/√(1−ρ²)) / Φ₂
  double by_rho = 0;  ///< φ₂(x, y; ρ) / Φ₂
};

/// For finite x, y and |rho| < 1 (std::domain_error elsewhere). Φ₂ has a relative error below 1e-8 (mostly far
/// below), also where it underflows: where Genz's absolute accuracy does not suffice, ∫ φ(t) Φ((y − ρt)/√(1−ρ²)) dt is
/// taken in logarithms around its mode. Finite for |x|, |y| up to 1e6.
[[nodiscard]] LogBivariateNormal log_bivariate_normal(double x, double y, double rho);

}  // namespace proffer::statistics
