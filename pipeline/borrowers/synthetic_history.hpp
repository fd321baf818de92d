// Account histories of synthetic borrowers who are customers already, and what they do next: leave, borrow again, or
// fall ninety days behind (docs/synthetic-population.md, "Customers").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "borrowers/synthetic.hpp"

namespace proffer::borrowers {

/// Columns of a history, in order.
namespace history {
enum : std::size_t {
  account_months,       ///< since the oldest account was opened
  account_utilisation,  ///< of the limit, mean of three months
  utilisation_trend,    ///< change of it against the three months before
  payment_share,        ///< paid of what was due, six months
  missed_payments_6m,
  days_past_due,
  worst_days_past_due_12m,
  size
};
}  // namespace history

[[nodiscard]] std::vector<Column> history_columns();

/// What the next months of a customer may bring.
struct Prospects {
  float leaves = 0, borrows_again = 0, falls_behind = 0;  ///< probabilities
};
inline constexpr std::size_t prospects_width = 3;

/// Solved so that the mean prospects of customers are the rates of the settings.
struct HistoryIntercepts {
  double leaves = 0, borrows_again = 0, falls_behind = 0;
};

/// The history of a borrower (column::size true values); nothing where there is no account.
[[nodiscard]] std::optional<std::array<float, history::size>> draw_history(std::uint64_t seed, std::uint64_t id,
                                                                           std::span<const float> values);
/// What is planted for such a customer. Who falls behind neither leaves nor borrows again.
[[nodiscard]] Prospects plant_prospects(std::span<const float> values, std::span<const float> history,
                                        const HistoryIntercepts& intercepts);

/// Codes of /outcome.
struct CustomerOutcome {
  std::uint8_t attrited = outcome::unknown, repeated = outcome::unknown, delinquent = outcome::unknown;
};
[[nodiscard]] CustomerOutcome draw_customer(std::uint64_t seed, std::uint64_t id, const Prospects& prospects);

/// Independent: every rank solves the same problem on the same reference borrowers, drawn from the seed.
[[nodiscard]] HistoryIntercepts calibrate_history(const GenerateSettings& settings, std::uint64_t seed);

}  // namespace proffer::borrowers
