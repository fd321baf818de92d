#pragma once

namespace proffer::statistics {

/// P(χ² > x) with `degrees` > 0 degrees of freedom, x ≥ 0 (std::domain_error elsewhere).
[[nodiscard]] double chi_squared_survival(double x, double degrees);

/// The x with P(χ² ≤ x) = p, for p in [0, 1) (std::domain_error elsewhere).
[[nodiscard]] double chi_squared_quantile(double p, double degrees);

}  // namespace proffer::statistics
