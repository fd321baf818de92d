// The standard normal distribution, accurate relative to the result also far in the tails. All functions are pure.
#pragma once

namespace proffer::statistics {

/// φ(x) = exp(−x²/2)/√(2π). NaN gives NaN, here and below.
[[nodiscard]] double normal_density(double x);

/// Φ(x), relative error of a few 1e-16 down to the smallest subnormal (x ≈ −38.5).
[[nodiscard]] double normal_cdf(double x);

/// Both to the same bits, for hardly more than one of them.
struct CdfAndDensity {
  double cdf = 0;
  double density = 0;
};
[[nodiscard]] CdfAndDensity normal_cdf_and_density(double x);

/// log Φ(x), relative error of a few 1e-16 for every x, also where Φ(x) underflows. −∞ for −∞.
[[nodiscard]] double log_normal_cdf(double x);

/// φ(x)/Φ(x), the inverse Mills ratio: the derivative of log Φ. Tends to −x for x → −∞, to 0 for x → ∞.
[[nodiscard]] double inverse_mills_ratio(double x);

/// Φ⁻¹(p) for p in [0, 1] (±∞ at the ends), std::domain_error elsewhere. Wichura (1988), AS 241, PPND16.
[[nodiscard]] double normal_quantile(double p);

}  // namespace proffer::statistics
