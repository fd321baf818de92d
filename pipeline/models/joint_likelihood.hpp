// Probit with sample selection (Van de Ven & Van Praag 1981): who takes the offer, R = 1 when f + u > 0, and who of
// them defaults, D = 1 when g + v > 0, corr(u, v) = ρ. docs/methods.md, "Default and response together".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boosting/objective.hpp"
#include "statistics/bivariate_normal.hpp"

namespace proffer::models {

/// P(D = 1 | R = 1) = Φ₂(f, g; ρ)/Φ(f), one minus it, and its derivatives.
struct DefaultOfTakers {
  double p = 0;
  double complement = 0;
  double by_f = 0;    ///< λ(f) (Φ((g − ρf)/√(1−ρ²)) − p), λ = φ/Φ
  double by_g = 0;    ///< φ(g) Φ((f − ρg)/√(1−ρ²)) / Φ(f)
  double by_rho = 0;  ///< φ₂(f, g; ρ) / Φ(f)
};
/// Pure. f and g are taken within ±8, where Φ is 0 or 1 to 15 digits. |rho| < 1.
[[nodiscard]] DefaultOfTakers default_of_takers(double f, double g, double rho);

/// The same bits at one ρ, for many f and g.
class TakerDefaults {
 public:
  explicit TakerDefaults(double rho);
  [[nodiscard]] double rho() const { return both_.rho(); }

  /// One who takes with margin f.
  struct Taker {
    double f = 0;      ///< within ±8
    double take = 0;   ///< Φ(f)
    double mills = 0;  ///< φ(f)/Φ(f)
  };
  [[nodiscard]] static Taker taker(double f);
  /// One who defaults with margin g.
  struct Risk {
    double g = 0;        ///< within ±8
    double pd = 0;       ///< Φ(g)
    double density = 0;  ///< φ(g)
  };
  [[nodiscard]] static Risk risk(double g);

  [[nodiscard]] DefaultOfTakers at(const Taker& taker, double g) const;
  /// The same without by_f and by_rho, which stay 0.
  [[nodiscard]] DefaultOfTakers level_at(const Taker& taker, const Risk& risk) const;
  /// by_rho alone.
  [[nodiscard]] double by_rho_at(const Taker& taker, const Risk& risk) const;

 private:
  [[nodiscard]] double complement_of(double p, const Taker& taker, const Risk& risk) const;

  statistics::BivariateNormalCdf both_;
  statistics::BivariateNormalCdf only_one_;  ///< of those who take, and do not default
  double width_;                             ///< √(1 − ρ²)
};

/// −log P(D | R = 1) of takers as a function of g, f and ρ held: the derivatives of the joint likelihood by g. The
/// second derivative is its expectation (Fisher's information), which is never negative. `labels`: 0, 1; others do not
/// take part. `f` and `labels`: one per row.
[[nodiscard]] std::unique_ptr<boosting::Objective> default_of_takers_objective(const std::vector<float>& f,
                                                                               std::vector<std::uint8_t> labels,
                                                                               double rho);

/// (margin − target)²/2.
[[nodiscard]] std::unique_ptr<boosting::Objective> squared_error(std::vector<float> targets);

}  // namespace proffer::models
