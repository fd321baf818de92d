// Optimal WOE bins of features, from the counts of their codes.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "features/binning.hpp"
#include "features/woe_counts.hpp"
#include "features/woe_partition.hpp"
#include "parallel/communicator.hpp"

namespace proffer::features {

/// How one feature is binned.
struct WoeRules {
  PartitionRules partition = {};   ///< of the ordinary bins; missing, special and other come on top of max_bins
  double min_share = 0.02;         ///< of all rows, per ordinary bin, beside partition.min_rows
  double smoothing = 0.5;          ///< a of Evidence
  double rare_share = 0.01;        ///< categories with a smaller share of all rows are merged into `other`
  double category_smoothing = 10;  ///< rows of the mean rate that are added to a category before categories are ordered
  std::vector<float> breaks = {};  ///< bins start here, whatever is optimal; empty: search
  std::vector<float> special = {};  ///< values with a bin each
};

/// One feature as the pre-bins see it.
struct WoeSource {
  std::string name;
  std::span<const float> cuts;              ///< of its codes (BinTable)
  std::span<const std::string> dictionary;  ///< labels of categories 0, 1, …; empty: numeric
};

enum class WoeBinKind { interval, categories, other, special, missing };
[[nodiscard]] std::string_view name_of(WoeBinKind kind);

struct WoeBin {
  WoeBinKind kind = WoeBinKind::interval;
  std::string label;  ///< "[20, 35)", "north, south", "other", "special -1", "missing"
  float from = -std::numeric_limits<float>::infinity();  ///< of an interval: from ≤ x < to
  float to = std::numeric_limits<float>::infinity();
  EventCount count;
  double woe = 0;
  double iv = 0;
};

/// Bins in this order: intervals by rising value or groups of categories by rising event rate, other (categorical
/// features only), special values, missing (always there, perhaps empty). Every code is in exactly one bin, so the
/// counts sum to all rows.
struct WoeFeature {
  std::string name;
  bool categorical = false;
  Trend trend = Trend::none;  ///< of the ordinary bins
  bool feasible = true;       ///< false: no bins keep to the rules, so the ordinary bins are one
  std::vector<WoeBin> bins;
  std::array<std::uint8_t, code_values> bin_of_code{};
  double iv = 0;  ///< sum over bins

  [[nodiscard]] const WoeBin& bin_of(std::uint8_t code) const { return bins[bin_of_code[code]]; }
};

/// Independent. The bins of one feature.
[[nodiscard]] WoeFeature bin_feature(const WoeSource& source, const CodeCounts& counts, const WoeRules& rules);

/// Collective. The bins of many features, the same on every rank; the ranks share the work. One entry of counts and
/// rules per source.
[[nodiscard]] std::vector<WoeFeature> bin_features(const parallel::Communicator& comm,
                                                   std::span<const WoeSource> sources,
                                                   std::span<const CodeCounts> counts, std::span<const WoeRules> rules);

/// Independent. Adds cuts to those of a feature, so that break points and special values have codes of their own. Where
/// there would be more than 254, the others are thinned out evenly. UsageError where more than 254 are required.
void require_cuts(BinTable& table, std::size_t feature, std::span<const float> required);
/// The cuts that the rules require of a numeric feature: break points, special values and what comes after each. Pure.
[[nodiscard]] std::vector<float> required_cuts(const WoeRules& rules);
/// The cuts that give each of `categories` categories (as far as there are codes) a code of its own. Pure.
[[nodiscard]] std::vector<float> category_cuts(std::size_t categories);

}  // namespace proffer::features
