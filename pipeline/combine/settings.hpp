// What `combine` reads: the lender's limits, each with what it counts and on which basis.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "allocation/problem.hpp"
#include "combine/scenarios.hpp"
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
  capital,       ///< regulatory capital: K · exposure at default of those who accept
  changed,       ///< borrowers whose offer differs from that of the previous list
  lost,          ///< borrowers with an offer in the previous list and none now
  impact_ratio,  ///< rate of offers in one group over that in another
};
[[nodiscard]] std::string_view name_of(Measure measure);

enum class Basis { committed, expected, quantile, worst_case, cvar };
[[nodiscard]] std::string_view name_of(Basis basis);

struct LimitSettings {
  std::string name;
  Measure measure = Measure::contacts;
  Basis basis = Basis::committed;
  double quantile = 0.95;  ///< also the level of cvar
  allocation::Sense sense = allocation::Sense::at_most;
  double limit = 0;
  double tolerance = 0;
  double opening = 0;         ///< already used by the existing book
  bool opening_book = false;  ///< … as the book's accounts say
  bool share = false;         ///< the limit is a share of the whole
  std::vector<std::string> products, channels, funders, segments;
  std::string group, reference;  ///< of impact_ratio
  std::string where;
};

/// Shares of the borrowers that are held out of the choice.
struct CellSettings {
  double control = 0;      ///< never offered anything
  double exploration = 0;  ///< offered at random
};

struct CombineSettings {
  double gap_tolerance = 1e-6;
  std::int64_t node_limit = 20000;
  double common_shock = 0.1;  ///< relative standard deviation of a shock common to all take-up, PD and fraud
  std::vector<LimitSettings> limits;
  std::vector<Scenario> scenarios;
  CellSettings cells;
  std::uint64_t seed = 0;                         ///< of the cells' draws
  std::optional<std::filesystem::path> previous;  ///< an earlier list
  /// An earlier certificate, whose shadow prices the search for the multipliers starts from.
  std::optional<std::filesystem::path> start_from;
};

/// Reads the `combine` section (without its `segment`, which score needs). UsageError with file:line:column.
[[nodiscard]] CombineSettings read_combine(const settings::Section& section);

}  // namespace proffer::combine
