// Whether a score finds those whom treatment moves: the Qini curve and its area.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluation/scores.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

struct QiniPoint {
  double share = 0;        ///< of all weight, taken from the highest scores
  double incremental = 0;  ///< q: outcomes among the treated that treatment brought about
};

struct Qini {
  std::vector<QiniPoint> curve;  ///< at 0, 1/steps, … 1
  double incremental = 0;        ///< q of everyone
  double area = 0;               ///< ∫ (q(x) − x q(1)) dx over the share x: above random targeting
  double coefficient = 0;  ///< area / weight of the treated: incremental outcomes per treated, 0 for random scores
};

/// Collective. q(k) = Y_t(k) − Y_c(k) · N_t(k) / N_c(k) over the k highest scores (Radcliffe 2007): Y outcomes, N rows
/// of treated t and controls c; where N_c(k) = 0 the second term is 0. The curve is known where a score ends, so ties
/// are taken together, and straight in between; the area is that of the trapezoids below it. `treated` and `outcome`
/// are 0 or 1 per row; `weights` (empty: all 1) are 1/propensity of the arm that was drawn where arms are unequal.
/// Empty where an arm is. The same bits at any number of ranks; errors as Ranking.
[[nodiscard]] std::optional<Qini> qini(const parallel::Communicator& comm, Scores uplift,
                                       std::span<const std::uint8_t> treated, std::span<const std::uint8_t> outcome,
                                       std::span<const double> weights = {}, int steps = 20);

}  // namespace proffer::evaluation
