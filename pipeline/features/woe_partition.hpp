// The best way to cut an ordered list of counts into bins: the mathematical core of WOE binning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "features/woe_counts.hpp"

namespace proffer::features {

/// How the WOE of the bins may go along the feature. peak: rises, then falls; valley: falls, then rises (either part
/// may be empty). monotone: up or down, whichever has more IV; automatic: the best IV of up, down, peak and valley.
enum class Trend { up, down, peak, valley, none, monotone, automatic };
[[nodiscard]] std::string_view name_of(Trend trend);
[[nodiscard]] Trend trend_of(std::string_view name);  ///< std::logic_error for another name

/// Weight of evidence and information value of a bin out of a population, with a smoothing constant a ≥ 0:
///   share of events s₁ = (events + a)/(all events + a), of nonevents s₀ likewise,
///   WOE = ln(s₁/s₀), IV of the bin = (s₁ − s₀) · WOE ≥ 0.
/// The more events, the higher the WOE; a single bin of everything has WOE 0. An empty bin has WOE and IV 0; so has
/// everything where the population lacks a class. Siddiqi (2006), "Credit Risk Scorecards", chapter 6, with the sign
/// turned round. Pure.
class Evidence {
 public:
  Evidence(EventCount population, double smoothing);
  [[nodiscard]] double woe(const EventCount& bin) const;
  [[nodiscard]] double iv(const EventCount& bin) const;

 private:
  [[nodiscard]] double share_of_events(const EventCount& bin) const;
  [[nodiscard]] double share_of_nonevents(const EventCount& bin) const;
  EventCount population_;
  double smoothing_;
};

/// What every bin must keep to.
struct PartitionRules {
  std::size_t max_bins = 8;  ///< at least 1
  std::uint64_t min_rows = 1, min_events = 0, min_nonevents = 0;
  double min_woe_gap = 0;  ///< between neighbours
  double max_p_value = 1;  ///< of the two-sided pooled z-test that neighbours' event rates differ; 1: no test
  Trend trend = Trend::monotone;
};

struct Partition {
  std::vector<std::size_t> ends;  ///< one past the last item of each bin, ascending; the last is the number of items
  double iv = 0;
  Trend trend = Trend::none;  ///< up, down, peak, valley or none: the shape that was found best
  bool feasible = true;       ///< false: no partition keeps to the rules; then all items are one bin
};

/// The partition of `items` (at most 255, in order) into consecutive bins with the highest sum of IV that keeps to the
/// rules, by dynamic programming over (bins so far, last bin); exact. Of partitions with the same IV (to 1e-12) one
/// with the fewest bins. No items: no bins. Pure; serial.
[[nodiscard]] Partition best_partition(std::span<const EventCount> items, const Evidence& evidence,
                                       const PartitionRules& rules);

/// Whether the event rates of two bins differ at the level of the rules: the squared pooled z statistic,
/// (e₁n₂ − e₂n₁)²(n₁+n₂) / (n₁n₂(e₁+e₂)(n₁+n₂−e₁−e₂)) (Pearson's χ² of the 2×2 table), is at least `threshold`. Pure.
[[nodiscard]] bool rates_differ(const EventCount& a, const EventCount& b, double threshold);

}  // namespace proffer::features
