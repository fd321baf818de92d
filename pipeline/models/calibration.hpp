// From a model's probability to one that means what it says: a rising map of the log-odds, fitted on rows that the
// model did not learn from, and a level moved to a known base rate.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "foundation/types.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

enum class CalibrationMethod { none, isotonic, platt, beta };
[[nodiscard]] std::string_view name_of(CalibrationMethod method);
[[nodiscard]] CalibrationMethod calibration_method_of(std::string_view name);  ///< std::logic_error for another name

/// What the config asks for.
struct CalibrationSettings {
  CalibrationMethod method = CalibrationMethod::none;
  std::optional<double> anchor;  ///< base rate that the mean probability is moved to
  [[nodiscard]] bool wanted() const { return method != CalibrationMethod::none || anchor.has_value(); }
};

/// One place of a piecewise linear map.
struct Knot {
  double log_odds = 0;
  double probability = 0;
  friend bool operator==(const Knot&, const Knot&) = default;
};

/// A fitted map. With z the log-odds of the model's probability p:
///   platt     logit q = slope · z + intercept
///   beta      logit q = slope · log p − slope_no · log(1 − p) + intercept
///   isotonic  q = linear between knots, constant outside
///   none      q = p
/// and then logit of the result = logit q + shift. Never falling in z.
struct Calibration {
  CalibrationMethod method = CalibrationMethod::none;
  double slope = 1;
  double slope_no = 1;
  double intercept = 0;
  std::vector<Knot> knots;
  double shift = 0;
  friend bool operator==(const Calibration&, const Calibration&) = default;

  /// Independent. The calibrated probability of a model's log-odds.
  [[nodiscard]] Probability apply(double log_odds) const;
};

/// Collective. Fits on 0/1 labels; the same bits at any number of ranks. Nothing where a class is missing.
/// Isotonic: evaluation::isotonic; where the lowest (highest) rate is 0 (1), half a case of the other class is added to
/// its block, kept within its neighbour, for no outcome is impossible. Platt (1999) and beta (Kull, Silva Filho & Flach
/// 2017): maximum likelihood against Platt's targets (N₁+1)/(N₁+2) and 1/(N₀+2), which exists also where the classes
/// are separated; a negative slope is refused, as Kull et al. do: it is set to 0 and the others are fitted again.
[[nodiscard]] std::optional<Calibration> fit_calibration(const parallel::Communicator& comm, CalibrationMethod method,
                                                         std::span<const double> log_odds,
                                                         std::span<const std::uint8_t> labels);

/// Collective. The shift of the log-odds with which the mean of the calibrated probabilities of these rows is `rate`
/// (in (0, 1)); 0 without rows. The same bits at any number of ranks.
[[nodiscard]] double anchor_shift(const parallel::Communicator& comm, const Calibration& calibration,
                                  std::span<const double> log_odds, double rate);

void to_json(nlohmann::json& json, const Calibration& calibration);
/// DataError where the map is none, or falls.
void from_json(const nlohmann::json& json, Calibration& calibration);

}  // namespace proffer::models
