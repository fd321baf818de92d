// What `combine` reads: the lender's limits, each with what it counts and on which basis.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "allocation/problem.hpp"
#include "settings/section.hpp"

namespace proffer::combine {

/// What a limit counts, per offered borrower (docs/methods.md, "Limits").
enum class Measure {
  contacts,      ///< 1
  contact_cost,  ///< cost of the contact
  takes,         ///< acceptances
  amount,        ///< limit or loan amount
  exposure,      ///< exposure at default
  loss,          ///< LGD · exposure of those who default
  fraud_loss,    ///< loss given fraud · limit of those who defraud
  average_pd,    ///< defaults per acceptance: Σ p_take (p_default − limit) against 0
};
[[nodiscard]] std::string_view name_of(Measure measure);

enum class Basis { committed, expected, quantile };
[[nodiscard]] std::string_view name_of(Basis basis);

struct LimitSettings {
  std::string name;
  Measure measure = Measure::contacts;
  Basis basis = Basis::committed;
  double quantile = 0.95;
  allocation::Sense sense = allocation::Sense::at_most;
  double limit = 0;
  double tolerance = 0;
  double opening = 0;  ///< already used by the existing book
  std::vector<std::string> products, channels, segments;
  std::string where;
};

struct CombineSettings {
  double gap_tolerance = 1e-6;
  std::int64_t node_limit = 20000;
  double common_shock = 0.1;  ///< relative standard deviation of a shock common to all take-up, PD and fraud
  std::vector<LimitSettings> limits;
};

/// Reads the `combine` section (without its `segment`, which score needs). UsageError with file:line:column.
[[nodiscard]] CombineSettings read_combine(const settings::Section& section);

}  // namespace proffer::combine
