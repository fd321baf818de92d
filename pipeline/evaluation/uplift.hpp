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
  /// ∫ u(x) dx over the share x, per row of all: u(k) = (Y_t(k)/N_t(k) − Y_c(k)/N_c(k)) · (N_t(k) + N_c(k)), 0 where an
  /// arm is empty (the area under the uplift curve of Gutierrez & Gérardy 2017). Random scores have about half of the
  /// uplift of everyone.
  double auuc = 0;
};

/// Collective. q(k) = Y_t(k) − Y_c(k) · N_t(k) / N_c(k) over the k highest scores (Radcliffe 2007): Y outcomes, N rows
/// of treated t and controls c; where N_c(k) = 0 the second term is 0. The curve is known where a score ends, so ties
/// are taken together, and straight in between; the area is that of the trapezoids below it. `treated` and `outcome`
/// are 0 or 1 per row; `weights` (empty: all 1) are 1/propensity of the arm that was drawn where arms are unequal.
/// Empty where an arm is. The same bits at any number of ranks; errors as Ranking.
[[nodiscard]] std::optional<Qini> qini(const parallel::Communicator& comm, Scores uplift,
                                       std::span<const std::uint8_t> treated, std::span<const std::uint8_t> outcome,
                                       std::span<const double> weights = {}, int steps = 20);

/// What treatment did within one stretch of the scores.
struct UpliftBin {
  double treated = 0, controls = 0;           ///< weight
  double treated_rate = 0, control_rate = 0;  ///< of outcomes; 0 where the arm is empty
  double uplift = 0;                          ///< their difference
  double standard_error = 0;                  ///< of two independent rates; infinite where an arm is empty
  [[nodiscard]] double lower() const { return uplift - 1.959963984540054 * standard_error; }
  [[nodiscard]] double upper() const { return uplift + 1.959963984540054 * standard_error; }
};

/// Collective. The uplift between `shares` of the weight taken from the highest scores (ascending, 0 < share ≤ 1): bin
/// 0 holds the first shares[0] of it, bin k what lies between shares[k − 1] and shares[k]. Where a share ends within a
/// tie, the tie is parted in proportion. Errors and bits as qini. Standard errors take weights as counts of rows.
[[nodiscard]] std::vector<UpliftBin> uplift_by_share(const parallel::Communicator& comm, Scores uplift,
                                                     std::span<const std::uint8_t> treated,
                                                     std::span<const std::uint8_t> outcome,
                                                     std::span<const double> shares,
                                                     std::span<const double> weights = {});
/// Collective. In tenths, highest scores first.
[[nodiscard]] std::vector<UpliftBin> uplift_by_deciles(const parallel::Communicator& comm, Scores uplift,
                                                       std::span<const std::uint8_t> treated,
                                                       std::span<const std::uint8_t> outcome,
                                                       std::span<const double> weights = {});

}  // namespace proffer::evaluation
