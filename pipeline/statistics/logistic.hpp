// The logistic function and its relatives, without overflow or cancellation. All functions are pure.
#pragma once

namespace proffer::statistics {

/// 1/(1 + exp(−x)).
[[nodiscard]] double sigmoid(double x);

/// log(1 + exp(x)): Mächler (2012), "Accurately computing log(1 − exp(−|a|))", equation 10. −log sigmoid(x) is
/// log1pexp(−x).
[[nodiscard]] double log1pexp(double x);

/// log(p/(1 − p)) for p in [0, 1] (±∞ at the ends), std::domain_error elsewhere.
[[nodiscard]] double logit(double p);

}  // namespace proffer::statistics
