// From the PD of takers and the law of f among them to g, for any correlation.
#pragma once

#include <optional>

#include "models/joint_likelihood.hpp"

namespace proffer::models {

/// f among the takers who share all inputs of g, as the excluded inputs make it vary: mean ± spread, equally likely.
struct TakeLaw {
  double mean = 0;
  double spread = 0;
};

/// g, and how it moves with ρ where the likelihood of those rows is kept at its maximum (the least favourable
/// direction): −Σ p_ρ p_g/v / Σ p_g²/v over the two points, v = p(1 − p).
struct Inverted {
  double g = 0;
  double direction = 0;
};

/// Pure. The g with mean over the law of Φ₂(f, g; ρ)/Φ(f) = Φ(reduced), by Newton's method on the probit scale, on
/// which the mean is nearly linear in g; kept within ±8. g is right to 1e-6 (its mean on
/// the probit scale to 1e-7); the direction is told at the g before the last step.
/// `start`: where g is looked for first, say because that of a ρ nearby is known.
[[nodiscard]] Inverted invert(const TakeLaw& law, double reduced, const TakerDefaults& defaults,
                              std::optional<double> start = std::nullopt);
[[nodiscard]] Inverted invert(const TakeLaw& law, double reduced, double rho);

}  // namespace proffer::models
