#include "features/woe_partition.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "foundation/error.hpp"
#include "statistics/chi_squared.hpp"

namespace proffer::features {
namespace {

constexpr std::array<std::string_view, 7> trend_names = {"up", "down", "peak", "valley", "none", "monotone", "auto"};
constexpr double nothing = -std::numeric_limits<double>::infinity();
constexpr double same_iv = 1e-12;
constexpr std::size_t phases = 2;  // before and after the turn of a peak or valley

/// The best way to reach a state, and from which one.
struct Step {
  double iv = nothing;
  std::uint16_t before = 0;  // first item of the bin before the last
  std::uint16_t phase = 0;   // of the bin before the last
};

struct Bin {
  double woe = 0;
  double iv = 0;
  bool allowed = false;
};

/// Which neighbours a shape allows: in each phase the WOE rises (+1), falls (−1) or is free (0).
struct Shape {
  std::array<int, phases> direction{};
  std::size_t used = 1;  // phases
};

Shape shape_of(Trend trend) {
  switch (trend) {
    case Trend::up:
      return {{1, 1}, 1};
    case Trend::down:
      return {{-1, -1}, 1};
    case Trend::peak:
      return {{1, -1}, 2};
    case Trend::valley:
      return {{-1, 1}, 2};
    default:
      return {};
  }
}

/// One run of the dynamic programme, for one shape. A state is (phase, number of bins, last bin [i, j)).
class Programme {
 public:
  Programme(std::span<const EventCount> items, const Evidence& evidence, const PartitionRules& rules, Trend trend)
      : rules_(rules),
        trend_(trend),
        shape_(shape_of(trend)),
        items_(items.size()),
        most_(std::min(rules.max_bins, items.size())),
        steps_(items_ * (items_ + 1) / 2 * most_ * phases),
        bins_(items_ * (items_ + 1) / 2),
        counts_(bins_.size()) {
    if (rules.max_p_value < 1) threshold_ = statistics::chi_squared_quantile(1 - std::max(rules.max_p_value, 1e-15), 1);
    for (std::size_t i = 0; i < items_; ++i) {
      EventCount sum;
      for (std::size_t j = i + 1; j <= items_; ++j) {
        sum += items[j - 1];
        const bool allowed =
            sum.rows >= rules.min_rows && sum.events >= rules.min_events && sum.nonevents() >= rules.min_nonevents;
        counts_[at(i, j)] = sum;
        bins_[at(i, j)] = {evidence.woe(sum), evidence.iv(sum), allowed};
      }
    }
  }

  [[nodiscard]] std::optional<Partition> solve() {
    for (std::size_t j = 1; j <= items_; ++j)
      if (bins_[at(0, j)].allowed) step(0, 0, 0, j).iv = bins_[at(0, j)].iv;
    for (std::size_t i = 1; i < items_; ++i) extend(i);
    return best();
  }

 private:
  [[nodiscard]] static std::size_t at(std::size_t i, std::size_t j) { return j * (j - 1) / 2 + i; }
  /// State with bins + 1 bins, the last of which is [i, j).
  [[nodiscard]] Step& step(std::size_t phase, std::size_t bins, std::size_t i, std::size_t j) {
    return steps_[(at(i, j) * phases + phase) * most_ + bins];
  }

  /// Best states with a last bin [h, i), over some of the h, by phase and number of bins.
  using Best = std::vector<Step>;
  void take(Best& best, std::size_t h, std::size_t i) {
    for (std::size_t phase = 0; phase < shape_.used; ++phase)
      for (std::size_t bins = 0; bins < most_; ++bins) {
        const double iv = step(phase, bins, h, i).iv;
        Step& kept = best[phase * most_ + bins];
        if (iv > kept.iv) kept = {iv, static_cast<std::uint16_t>(h), static_cast<std::uint16_t>(phase)};
      }
  }
  [[nodiscard]] Best empty() const { return Best(phases * most_); }

  /// From states that end with [h, i) to those that end with [i, j).
  void extend(std::size_t i) {
    std::vector<std::size_t> before;  // by rising WOE of [h, i)
    for (std::size_t h = 0; h < i; ++h)
      if (bins_[at(h, i)].allowed) before.push_back(h);
    if (before.empty()) return;
    std::ranges::stable_sort(before, {}, [&](std::size_t h) { return bins_[at(h, i)].woe; });
    if (threshold_) return extend_tested(i, before);
    std::vector<Best> lowest(before.size() + 1, empty()), highest(before.size() + 1, empty());
    for (std::size_t k = 0; k < before.size(); ++k) {
      lowest[k + 1] = lowest[k];
      take(lowest[k + 1], before[k], i);
      const std::size_t from_top = before.size() - 1 - k;
      highest[from_top] = highest[from_top + 1];
      take(highest[from_top], before[from_top], i);
    }
    for (std::size_t j = i + 1; j <= items_; ++j) {
      const Bin& bin = bins_[at(i, j)];
      if (!bin.allowed) continue;
      const auto below = std::ranges::partition_point(before, [&](std::size_t h) { return may_rise(h, i, j); });
      const auto above = std::ranges::partition_point(before, [&](std::size_t h) { return !may_fall(h, i, j); });
      append(i, j, lowest[static_cast<std::size_t>(below - before.begin())],
             highest[static_cast<std::size_t>(above - before.begin())]);
    }
  }

  /// The same where neighbours must also pass a test that does not go with the order of WOE.
  void extend_tested(std::size_t i, const std::vector<std::size_t>& before) {
    for (std::size_t j = i + 1; j <= items_; ++j) {
      if (!bins_[at(i, j)].allowed) continue;
      Best rising = empty(), falling = empty();
      for (std::size_t h : before) {
        if (!rates_differ(counts_[at(h, i)], counts_[at(i, j)], *threshold_)) continue;
        if (may_rise(h, i, j)) take(rising, h, i);
        if (may_fall(h, i, j)) take(falling, h, i);
      }
      append(i, j, rising, falling);
    }
  }

  [[nodiscard]] bool may_rise(std::size_t h, std::size_t i, std::size_t j) const {
    return bins_[at(h, i)].woe <= bins_[at(i, j)].woe - rules_.min_woe_gap;
  }
  [[nodiscard]] bool may_fall(std::size_t h, std::size_t i, std::size_t j) const {
    return bins_[at(h, i)].woe >= bins_[at(i, j)].woe + rules_.min_woe_gap;
  }

  /// Adds the bin [i, j) behind the best states from which the WOE rises to it and from which it falls.
  void append(std::size_t i, std::size_t j, const Best& rising, const Best& falling) {
    const double iv = bins_[at(i, j)].iv;
    for (std::size_t to = 0; to < shape_.used; ++to)
      for (std::size_t from = 0; from <= to; ++from)
        for (std::size_t bins = 0; bins + 1 < most_; ++bins) {
          Step& state = step(to, bins + 1, i, j);
          for (const Best* best : {&rising, &falling}) {
            const int wanted = shape_.direction[to];
            if ((best == &rising && wanted < 0) || (best == &falling && wanted > 0)) continue;
            Step reached = (*best)[from * most_ + bins];
            reached.iv += iv;
            if (reached.iv > state.iv) state = reached;
          }
        }
  }

  [[nodiscard]] std::optional<Partition> best() {
    double highest = nothing;
    std::size_t phase = 0, bins = 0, first = 0;
    for (std::size_t k = 0; k < most_; ++k)
      for (std::size_t p = 0; p < shape_.used; ++p)
        for (std::size_t i = 0; i < items_; ++i)
          if (const double iv = step(p, k, i, items_).iv;
              iv > highest + same_iv || (highest == nothing && iv > nothing)) {
            highest = iv;
            phase = p;
            bins = k;
            first = i;
          }
    if (highest == nothing) return std::nullopt;
    Partition partition;
    partition.iv = highest;
    partition.trend = trend_;
    for (std::size_t end = items_;;) {
      partition.ends.insert(partition.ends.begin(), end);
      if (bins == 0) return partition;
      const Step state = step(phase, bins, first, end);
      end = first;
      first = state.before;
      phase = state.phase;
      --bins;
    }
  }

  const PartitionRules& rules_;
  Trend trend_;
  Shape shape_;
  std::size_t items_;
  std::size_t most_;  // bins
  std::vector<Step> steps_;
  std::vector<Bin> bins_;
  std::vector<EventCount> counts_;
  std::optional<double> threshold_;
};

std::vector<Trend> shapes_to_try(Trend trend) {
  if (trend == Trend::monotone) return {Trend::up, Trend::down};
  if (trend == Trend::automatic) return {Trend::up, Trend::down, Trend::peak, Trend::valley};
  return {trend};
}

}  // namespace

std::string_view name_of(Trend trend) {
  return trend_names[static_cast<std::size_t>(trend)];
}

Trend trend_of(std::string_view name) {
  const auto at = std::ranges::find(trend_names, name);
  expects(at != trend_names.end(), "a trend that the settings have checked");
  return static_cast<Trend>(at - trend_names.begin());
}

Evidence::Evidence(EventCount population, double smoothing) : population_(population), smoothing_(smoothing) {
  expects(smoothing >= 0, "smoothing of at least 0");
}
double Evidence::share_of_events(const EventCount& bin) const {
  return (static_cast<double>(bin.events) + smoothing_) / (static_cast<double>(population_.events) + smoothing_);
}
double Evidence::share_of_nonevents(const EventCount& bin) const {
  return (static_cast<double>(bin.nonevents()) + smoothing_) /
         (static_cast<double>(population_.nonevents()) + smoothing_);
}
double Evidence::woe(const EventCount& bin) const {
  if (bin.rows == 0 || population_.events == 0 || population_.nonevents() == 0) return 0;
  return std::log(share_of_events(bin) / share_of_nonevents(bin));
}
double Evidence::iv(const EventCount& bin) const {
  if (bin.rows == 0 || population_.events == 0 || population_.nonevents() == 0) return 0;
  return (share_of_events(bin) - share_of_nonevents(bin)) * woe(bin);
}

bool rates_differ(const EventCount& a, const EventCount& b, double threshold) {
  const auto n1 = static_cast<double>(a.rows), n2 = static_cast<double>(b.rows);
  const auto e1 = static_cast<double>(a.events), e2 = static_cast<double>(b.events);
  const double pooled = n1 * n2 * (e1 + e2) * (n1 + n2 - e1 - e2);
  const double difference = e1 * n2 - e2 * n1;
  return pooled > 0 && difference * difference * (n1 + n2) >= threshold * pooled;
}

Partition best_partition(std::span<const EventCount> items, const Evidence& evidence, const PartitionRules& rules) {
  expects(items.size() < code_values && rules.max_bins >= 1, "at most 255 items, at least one bin");
  Partition best;
  if (items.empty()) return best;
  bool found = false;
  for (const Trend trend : shapes_to_try(rules.trend)) {
    auto partition = Programme(items, evidence, rules, trend).solve();
    if (!partition || (found && partition->iv <= best.iv + same_iv)) continue;
    best = std::move(*partition);
    found = true;
  }
  if (found) return best;
  EventCount all;
  for (const EventCount& item : items) all += item;
  return {{items.size()}, evidence.iv(all), Trend::none, false};
}

}  // namespace proffer::features
