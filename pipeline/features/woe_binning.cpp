#include "features/woe_binning.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::features {
namespace {

constexpr std::array<std::string_view, 5> kind_names = {"interval", "categories", "other", "special", "missing"};
constexpr float infinite = std::numeric_limits<float>::infinity();

std::uint8_t code_of(std::span<const float> cuts, float value) {
  return static_cast<std::uint8_t>(std::ranges::upper_bound(cuts, value) - cuts.begin());
}

/// What of a feature is to be partitioned: codes in order, and their counts.
struct Ordered {
  std::vector<std::uint8_t> codes;
  std::vector<EventCount> items;
  EventCount all;
  PartitionRules rules;
};

std::vector<bool> special_codes(const WoeSource& source, const WoeRules& rules) {
  std::vector<bool> special(code_values, false);
  for (const float value : rules.special) special[code_of(source.cuts, value)] = true;
  return special;
}

void order_categories(const WoeSource& source, const CodeCounts& counts, const WoeRules& rules, Ordered& ordered) {
  const double base = static_cast<double>(ordered.all.events) / std::max(1.0, static_cast<double>(ordered.all.rows));
  const double least = rules.rare_share * static_cast<double>(ordered.all.rows);
  for (std::size_t code = 0; code <= source.cuts.size(); ++code)
    if (counts[code].rows > 0 && static_cast<double>(counts[code].rows) >= least)
      ordered.codes.push_back(static_cast<std::uint8_t>(code));
  std::ranges::stable_sort(ordered.codes, {}, [&](std::uint8_t code) {
    return (static_cast<double>(counts[code].events) + rules.category_smoothing * base) /
           (static_cast<double>(counts[code].rows) + rules.category_smoothing);
  });
  ordered.rules.trend = Trend::none;  // their order makes the WOE rise
}

Ordered in_order(const WoeSource& source, const CodeCounts& counts, const WoeRules& rules) {
  Ordered ordered;
  for (const EventCount& count : counts) ordered.all += count;
  ordered.rules = rules.partition;
  const double least = std::ceil(rules.min_share * static_cast<double>(ordered.all.rows));
  ordered.rules.min_rows = std::max(ordered.rules.min_rows, static_cast<std::uint64_t>(least));
  if (!source.dictionary.empty()) {
    order_categories(source, counts, rules, ordered);
  } else {
    const std::vector<bool> special = special_codes(source, rules);
    for (std::size_t code = 0; code <= source.cuts.size(); ++code)
      if (counts[code].rows > 0 && !special[code]) ordered.codes.push_back(static_cast<std::uint8_t>(code));
  }
  for (const std::uint8_t code : ordered.codes) ordered.items.push_back(counts[code]);
  return ordered;
}

/// Bins that start at the break points, empty ones left out.
Partition partition_at(std::span<const float> breaks, const WoeSource& source, const Ordered& ordered,
                       const Evidence& evidence) {
  Partition partition;
  EventCount sum;
  for (std::size_t i = 0; i < ordered.codes.size(); ++i) {
    sum += ordered.items[i];
    const bool last = i + 1 == ordered.codes.size();
    const auto crossed = [&](float value) {
      const std::uint8_t start = code_of(source.cuts, value);
      return ordered.codes[i] < start && start <= ordered.codes[i + 1];
    };
    if (!last && std::ranges::none_of(breaks, crossed)) continue;
    partition.ends.push_back(i + 1);
    partition.iv += evidence.iv(sum);
    sum = {};
  }
  return partition;
}

Partition partition_of(const WoeSource& source, const Ordered& ordered, const WoeRules& rules) {
  const Evidence evidence(ordered.all, rules.smoothing);
  if (!rules.breaks.empty() && source.dictionary.empty()) return partition_at(rules.breaks, source, ordered, evidence);
  return best_partition(ordered.items, evidence, ordered.rules);
}

std::string interval_label(float from, float to) {
  if (from == -infinite) return to == infinite ? "all" : "below " + shortest(to);
  if (to == infinite) return "from " + shortest(from);
  return "[" + shortest(from) + ", " + shortest(to) + ")";
}

/// Labels of the categories that have this code.
void append_labels(const WoeSource& source, std::size_t code, std::string& label) {
  for (std::size_t i = 0; i < source.dictionary.size(); ++i) {
    if (code_of(source.cuts, static_cast<float>(i)) != code) continue;
    if (!label.empty()) label += ", ";
    label += source.dictionary[i];
  }
}

/// Puts the bins of one feature together, code by code.
class Builder {
 public:
  Builder(const WoeSource& source, const CodeCounts& counts, const WoeRules& rules)
      : source_(source), counts_(counts), rules_(rules) {
    feature_.name = source.name;
    feature_.categorical = !source.dictionary.empty();
    bin_of_.fill(unset);
  }

  void add_ordinary(const Ordered& ordered, const Partition& partition) {
    feature_.trend = partition.trend;
    feature_.feasible = partition.feasible;
    std::size_t first = 0;
    for (const std::size_t end : partition.ends) {
      WoeBin bin;
      bin.kind = feature_.categorical ? WoeBinKind::categories : WoeBinKind::interval;
      for (std::size_t i = first; i < end; ++i) bin_of_[ordered.codes[i]] = feature_.bins.size();
      if (feature_.categorical) {
        for (std::size_t i = first; i < end; ++i) append_labels(source_, ordered.codes[i], bin.label);
      } else {
        bin.from = first == 0 ? -infinite : source_.cuts[ordered.codes[first] - 1U];
        bin.to = end == ordered.codes.size() ? infinite : source_.cuts[ordered.codes[end] - 1U];
        bin.label = interval_label(bin.from, bin.to);
      }
      feature_.bins.push_back(std::move(bin));
      first = end;
    }
    if (!feature_.categorical && partition.ends.empty()) {  // nothing but missing or special values
      WoeBin bin;
      bin.label = interval_label(bin.from, bin.to);
      feature_.bins.push_back(std::move(bin));
    }
  }

  void add_own_bins() {
    if (feature_.categorical) {
      WoeBin other;
      other.kind = WoeBinKind::other;
      std::string labels;
      for (std::size_t code = 0; code < missing_code; ++code) {
        if (bin_of_[code] != unset) continue;
        bin_of_[code] = feature_.bins.size();
        append_labels(source_, code, labels);
      }
      other.label = labels.empty() ? "other" : "other (" + labels + ")";
      feature_.bins.push_back(std::move(other));
    }
    for (const float value : rules_.special) {
      bin_of_[code_of(source_.cuts, value)] = feature_.bins.size();
      WoeBin bin;
      bin.kind = WoeBinKind::special;
      bin.label = "special " + shortest(value);
      feature_.bins.push_back(std::move(bin));
    }
    bin_of_[missing_code] = feature_.bins.size();
    WoeBin bin;
    bin.kind = WoeBinKind::missing;
    bin.label = "missing";
    feature_.bins.push_back(std::move(bin));
  }

  [[nodiscard]] WoeFeature finish(const Evidence& evidence) {
    std::size_t last = 0;  // codes without rows belong to the interval below them
    for (std::size_t code = 0; code < code_values; ++code) {
      if (bin_of_[code] == unset) bin_of_[code] = last;
      const std::size_t bin = bin_of_[code];
      if (feature_.bins[bin].kind == WoeBinKind::interval) last = bin;
      feature_.bin_of_code[code] = static_cast<std::uint8_t>(bin);
      feature_.bins[bin].count += counts_[code];
    }
    for (WoeBin& bin : feature_.bins) {
      bin.woe = evidence.woe(bin.count);
      bin.iv = evidence.iv(bin.count);
      feature_.iv += bin.iv;
    }
    return std::move(feature_);
  }

 private:
  static constexpr std::size_t unset = code_values;
  const WoeSource& source_;
  const CodeCounts& counts_;
  const WoeRules& rules_;
  WoeFeature feature_;
  std::array<std::size_t, code_values> bin_of_{};
};

WoeFeature build(const WoeSource& source, const CodeCounts& counts, const WoeRules& rules, const Ordered& ordered,
                 const Partition& partition) {
  Builder builder(source, counts, rules);
  builder.add_ordinary(ordered, partition);
  builder.add_own_bins();
  return builder.finish(Evidence(ordered.all, rules.smoothing));
}

/// A partition as numbers, to be sent.
void pack(std::size_t feature, const Partition& partition, std::vector<std::uint64_t>& into) {
  into.insert(into.end(), {feature, static_cast<std::uint64_t>(partition.trend), partition.feasible ? 1U : 0U,
                           std::bit_cast<std::uint64_t>(partition.iv), partition.ends.size()});
  into.insert(into.end(), partition.ends.begin(), partition.ends.end());
}

std::vector<Partition> unpack(const std::vector<std::uint64_t>& numbers, std::size_t features) {
  std::vector<Partition> partitions(features);
  for (std::size_t at = 0; at < numbers.size();) {
    Partition& partition = partitions[numbers[at]];
    partition.trend = static_cast<Trend>(numbers[at + 1]);
    partition.feasible = numbers[at + 2] != 0;
    partition.iv = std::bit_cast<double>(numbers[at + 3]);
    const std::size_t ends = numbers[at + 4];
    for (std::size_t i = 0; i < ends; ++i) partition.ends.push_back(numbers[at + 5 + i]);
    at += 5 + ends;
  }
  return partitions;
}

}  // namespace

std::string_view name_of(WoeBinKind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

WoeFeature bin_feature(const WoeSource& source, const CodeCounts& counts, const WoeRules& rules) {
  const Ordered ordered = in_order(source, counts, rules);
  return build(source, counts, rules, ordered, partition_of(source, ordered, rules));
}

std::vector<WoeFeature> bin_features(const parallel::Communicator& comm, std::span<const WoeSource> sources,
                                     std::span<const CodeCounts> counts, std::span<const WoeRules> rules) {
  std::vector<Ordered> ordered;
  std::vector<std::uint64_t> mine;
  parallel::together(comm, [&] {
    expects(counts.size() == sources.size() && rules.size() == sources.size(), "counts and rules of every feature");
    for (std::size_t f = 0; f < sources.size(); ++f) {
      ordered.push_back(in_order(sources[f], counts[f], rules[f]));
      if (f % static_cast<std::size_t>(comm.size()) == static_cast<std::size_t>(comm.rank()))
        pack(f, partition_of(sources[f], ordered[f], rules[f]), mine);
    }
  });
  const auto partitions = unpack(parallel::all_gather(comm, std::span<const std::uint64_t>(mine)), sources.size());
  std::vector<WoeFeature> features;
  for (std::size_t f = 0; f < sources.size(); ++f)
    features.push_back(build(sources[f], counts[f], rules[f], ordered[f], partitions[f]));
  return features;
}

std::vector<float> required_cuts(const WoeRules& rules) {
  std::vector<float> cuts = rules.breaks;
  for (const float value : rules.special) {
    cuts.push_back(value);
    cuts.push_back(std::nextafter(value, infinite));
  }
  return cuts;
}

std::vector<float> category_cuts(std::size_t categories) {
  std::vector<float> cuts;
  for (std::size_t i = 1; i < std::min(categories, max_bins); ++i) cuts.push_back(static_cast<float>(i));
  return cuts;
}

void require_cuts(BinTable& table, std::size_t feature, std::span<const float> required) {
  std::vector<float> needed(required.begin(), required.end());
  std::ranges::sort(needed);
  needed.erase(std::ranges::unique(needed).begin(), needed.end());
  constexpr std::size_t most = max_bins - 1;
  if (needed.size() > most)
    throw UsageError({"feature " + table.names[feature] + " needs " + std::to_string(needed.size()) + " cut points",
                      "at most " + std::to_string(most) + " are possible", "name fewer breaks and special values"});
  std::vector<float> others;
  std::ranges::set_difference(table.cuts[feature], needed, std::back_inserter(others));
  const std::size_t room = std::min(most - needed.size(), others.size());
  std::vector<float> cuts = needed;
  for (std::size_t i = 0; i < room; ++i) cuts.push_back(others[i * others.size() / room]);
  std::ranges::sort(cuts);
  table.cuts[feature] = std::move(cuts);
}

}  // namespace proffer::features
