// What synthetic borrowers do: from true characteristics to the planted terms of f, g and fraud, and what past
// campaigns offered them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "borrowers/synthetic.hpp"
#include "borrowers/truth.hpp"

namespace proffer::borrowers {

/// Solved so that mean take-up, PD and fraud are those of the settings.
struct Intercepts {
  double take = 0, fail = 0, fraud = 0;
};

/// The planted terms of one borrower (column::size true values) `month` months after the first campaign. `ring_fraud`
/// is what its ring adds to its probability of fraud; 0 for all that belong to none.
[[nodiscard]] TruthRow plant(const GenerateSettings& settings, std::span<const float> values, double month,
                             const Intercepts& intercepts, double ring_fraud = 0);

/// How a fraud cheats, /truth/fraud_kind.
enum class FraudKind : std::uint8_t { none, application, ring, cash_out };
/// The kind that one draw 0 < u < 1 leads to: none where u lies above p_fraud.
[[nodiscard]] FraudKind fraud_kind(const GenerateSettings& settings, std::span<const float> values,
                                   const Intercepts& intercepts, double ring_fraud, double u);

/// The index of g before its intercept: also what competitors see.
[[nodiscard]] double risk_index(std::span<const float> values);

/// One past offer as the book tells it.
struct PastOffer {
  bool contacted = false;
  bool randomised = false;
  OfferTerms terms;       ///< rates already rounded to f32, as the book holds them
  double propensity = 0;  ///< only where randomised
};

/// Draws what a past campaign offered to a borrower from what the book shows of them (column::size values).
[[nodiscard]] PastOffer draw_offer(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id,
                                   std::span<const float> shown);

/// P(product, limit, apr, term, channel) of a randomised offer at these indices of the levels; 0 ≤ risk_class ≤ 2.
struct DrawnLevels {
  std::uint8_t product = 0, channel = 0;
  std::size_t limit = 0, apr = 0, term = 0;
};
[[nodiscard]] double propensity_of(const GenerateSettings& settings, const DrawnLevels& drawn, int risk_class);
/// 0 good … 2 bad, by the bureau score in the book; 1 where it is missing.
[[nodiscard]] int risk_class_of(std::span<const float> shown);

/// The intercept at which an excess, monotone in it, is 0. Independent.
[[nodiscard]] double solve_intercept(const std::function<double(double)>& excess);

/// Independent: every rank solves the same problem on the same reference borrowers, drawn from the seed.
[[nodiscard]] Intercepts calibrate(const GenerateSettings& settings, std::uint64_t seed);

}  // namespace proffer::borrowers
