// Two standard normal variables with correlation rho. All functions are pure.
#pragma once

namespace proffer::statistics {

/// Φ₂(x, y; ρ) = P(X ≤ x, Y ≤ y). x, y may be ±∞; rho in [−1, 1], std::domain_error elsewhere; NaN gives NaN.
/// Absolute error below 1e-15: Genz (2004), "Numerical computation of rectangular bivariate and trivariate normal and
/// t probabilities", Statistics and Computing 14, after Drezner & Wesolowsky (1990).
[[nodiscard]] double bivariate_normal_cdf(double x, double y, double rho);

/// φ₂(x, y; ρ), the joint density, for |rho| < 1 (std::domain_error elsewhere). It is also ∂Φ₂/∂ρ.
[[nodiscard]] double bivariate_normal_density(double x, double y, double rho);

}  // namespace proffer::statistics
