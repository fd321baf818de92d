// The eligibility policy as the config states it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "offers/catalog.hpp"
#include "settings/section.hpp"

namespace proffer::offers {

/// One structured rule. It speaks about the offers of its products and channels, to borrowers of its regions, while it
/// is in force; there every condition it states must hold, else its bit is set.
struct Rule {
  std::string name;
  std::string where;                                         ///< file:line:column, for messages
  std::vector<std::string> products, channels, regions;      ///< empty: all
  std::optional<std::int64_t> effective_from, effective_to;  ///< YYYYMMDD, both included
  std::optional<AnnualRate> apr_max;                         ///< on the effective rate including fees
  std::optional<std::int64_t> term_max;
  std::optional<Money> limit_max;
  bool forbidden = false;  ///< these offers may not be made there at all
  std::string feature;     ///< empty: none
  std::optional<double> min, max;
  std::vector<std::string> in;  ///< labels of a categorical feature, or numbers
  bool refuse_missing = true;   ///< whether a missing feature (or region) counts as a broken condition

  [[nodiscard]] bool in_force_on(std::optional<std::int64_t> date) const;
};

struct Affordability {
  std::string where;
  std::string income;  ///< feature, per month
  double share = 1;    ///< all instalments within this share of it
  bool refuse_missing = true;
};

/// Past trials count as near an offer of the same product within these bounds.
struct Neighbourhood {
  double limit_ratio = 1.25;  ///< limit between L/ratio and L·ratio
  double apr_band = 0.015;    ///< rate within apr ± band
};

struct PolicySettings {
  std::optional<std::int64_t> date;  ///< YYYYMMDD
  std::optional<Probability> maximum_pd, maximum_fraud;
  std::optional<AnnualRate> apr_max;  ///< on the effective rate, everywhere
  std::optional<std::int64_t> maximum_term;
  std::optional<Money> maximum_exposure;  ///< of one borrower, existing and offered
  std::int64_t minimum_trials = 0;
  Neighbourhood neighbourhood;
  std::optional<Affordability> affordability;
  std::optional<std::filesystem::path> suppression;
  std::string region;  ///< the feature that `regions` refers to; empty: none
  std::string region_where;
  std::vector<Rule> rules;
};

/// Reads the `policy` section. UsageError with file:line:column for rules that say nothing, twice-used names, more than
/// 21 rules, unknown products and channels, impossible dates and bounds. Features are checked by Policy. Independent.
[[nodiscard]] PolicySettings read_policy(const settings::Section& section, const Catalog& catalog);

}  // namespace proffer::offers
