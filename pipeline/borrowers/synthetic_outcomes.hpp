// What became of past offers, and what of it is known at the cut-off.
#pragma once

#include <cstdint>

#include "borrowers/synthetic.hpp"
#include "borrowers/synthetic_world.hpp"

namespace proffer::borrowers {

/// One row of /outcome and of the drawn part of /truth.
struct DrawnOutcome {
  std::uint8_t responded = 0, booked = 0, defaulted = 0, fraud = 0;  ///< outcome codes
  double fraud_draw = 1;           ///< fraud where below p_fraud, whether or not booked
  std::uint8_t default_month = 0;  ///< month on book of the default this offer would lead to; 0 = none, 255 = no offer
};

/// Month 1 … horizon of a default, by a curve that rises to its peak after two thirds of a year and falls slowly:
/// relative hazard t · exp(−t / 8). 0 < u < 1.
[[nodiscard]] int default_month(double u, int horizon);

/// Draws u and v, booking, fraud and the month of default. Nothing that the cut-off hides is told: defaults before
/// as_of + default_months, known bads included, and fraud before as_of + fraud_months are unknown.
[[nodiscard]] DrawnOutcome draw_outcome(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id,
                                        std::int32_t as_of, const TruthRow& row, const PastOffer& offer);

}  // namespace proffer::borrowers
