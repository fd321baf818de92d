// Whether probabilities mean what they say: calibration tables, expected calibration error, Hosmer–Lemeshow.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "evaluation/ranking.hpp"

namespace proffer::evaluation {

/// Rows of similar probability.
struct CalibrationBin {
  double rows = 0;            ///< weight in the bin
  double lowest = 0;          ///< smallest probability in it
  double highest = 0;         ///< largest
  double mean_predicted = 0;  ///< mean probability
  double observed_rate = 0;   ///< share of positives
};

/// Collective. As many bins of about equal weight, lowest probabilities first. Equal probabilities stay together: a
/// probability belongs to the bin in which the middle of its weight falls, so heavy ties leave bins out. The ranking's
/// scores must be probabilities (DataError for any outside [0, 1]), its classes 0 and 1.
[[nodiscard]] std::vector<CalibrationBin> calibration_by_quantiles(const Ranking& ranking, int bins = 10);
/// Collective. Bins of equal width over [0, 1], [k/bins, (k+1)/bins), the last closed; empty ones are left out.
[[nodiscard]] std::vector<CalibrationBin> calibration_by_width(const Ranking& ranking, int bins = 10);

/// Expected calibration error: mean |observed − predicted| over bins, weighted by rows (Naeini et al. 2015). Empty
/// without bins. Independent.
[[nodiscard]] std::optional<double> expected_calibration_error(std::span<const CalibrationBin> bins);

enum class HosmerLemeshowSample {
  fitted,    ///< the rows the model was fitted on: g − 2 degrees of freedom
  held_out,  ///< others: g
};
struct HosmerLemeshow {
  double statistic = 0;
  double degrees = 0;
  double p_value = 0;
  double effect =
      0;  ///< √(statistic / rows): at millions of rows every model is rejected, this says how much it matters
};
/// Σ (O − E)² / (E (1 − E/n)) over g bins against χ² (Hosmer, Lemeshow & Sturdivant 2013, §5.2.2). A bin whose
/// expectation is 0 or n counts 0 if it is met and infinity if not. Empty where no degrees of freedom are left.
/// Independent.
[[nodiscard]] std::optional<HosmerLemeshow> hosmer_lemeshow(std::span<const CalibrationBin> bins,
                                                            HosmerLemeshowSample sample);

}  // namespace proffer::evaluation
