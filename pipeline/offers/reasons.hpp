// Why an offer may not be made: bits of /score/reason, their names, and the decision each leads to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace proffer::offers {

/// Class of a reason bit: which decision a borrower gets whose offers all fail for it.
enum class ReasonClass : std::uint8_t { policy = 0, model = 1, fraud = 2, suppressed = 3 };

/// Bits with a fixed meaning. Rules of the config take the bits from first_rule on, in their order.
namespace reason {
inline constexpr unsigned rate_cap = 0;
inline constexpr unsigned maximum_term = 1;
inline constexpr unsigned affordability = 2;
inline constexpr unsigned suppressed = 3;
inline constexpr unsigned fraud_gate = 4;
inline constexpr unsigned unsupported = 5;
inline constexpr unsigned pd_above_maximum = 6;
inline constexpr unsigned not_contactable = 7;     ///< set by the contact policy
inline constexpr unsigned control = 8;             ///< set by the experiment arms
inline constexpr unsigned overridden = 9;          ///< set by a person's decision
inline constexpr unsigned borrower_exposure = 10;  ///< existing exposure and the offer are too much for one borrower
inline constexpr unsigned first_rule = 11;
inline constexpr unsigned most_rules = 32 - first_rule;
}  // namespace reason

[[nodiscard]] constexpr std::uint32_t bit(unsigned place) {
  return std::uint32_t{1} << place;
}

struct Reasons {
  std::vector<std::string> names;    ///< of each bit
  std::vector<ReasonClass> classes;  ///< of each bit

  /// The fixed bits, then these rules (all of class policy).
  explicit Reasons(const std::vector<std::string>& rules = {});
  /// All bits of a class.
  [[nodiscard]] std::uint32_t bits_of(ReasonClass wanted) const;
};

}  // namespace proffer::offers
