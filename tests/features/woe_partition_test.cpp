// The partition with the highest IV against every partition there is, and evidence against its formula.
#include "features/woe_partition.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "parallel/random.hpp"
#include "statistics/chi_squared.hpp"

namespace proffer::features {
namespace {

EventCount sum_of(std::span<const EventCount> items, std::size_t first, std::size_t end) {
  EventCount sum;
  for (std::size_t i = first; i < end; ++i) sum += items[i];
  return sum;
}

/// Whether WOE goes as the trend wants, each step by at least the gap.
bool follows(const std::vector<double>& woe, Trend trend, double gap) {
  const auto goes = [&](std::size_t first, std::size_t end, int sign) {
    for (std::size_t i = first + 1; i < end; ++i)
      if (sign * (woe[i] - woe[i - 1]) < gap) return false;
    return true;
  };
  const auto turns = [&](int sign) {
    for (std::size_t top = 0; top < woe.size(); ++top)
      if (goes(0, top + 1, sign) && goes(top, woe.size(), -sign)) return true;
    return false;
  };
  switch (trend) {
    case Trend::up:
      return goes(0, woe.size(), 1);
    case Trend::down:
      return goes(0, woe.size(), -1);
    case Trend::monotone:
      return goes(0, woe.size(), 1) || goes(0, woe.size(), -1);
    case Trend::peak:
      return turns(1);
    case Trend::valley:
      return turns(-1);
    case Trend::automatic:
      return turns(1) || turns(-1);
    case Trend::none:
      break;
  }
  for (std::size_t i = 1; i < woe.size(); ++i)
    if (std::fabs(woe[i] - woe[i - 1]) < gap) return false;
  return true;
}

bool keeps_to(const PartitionRules& rules, const std::vector<EventCount>& bins, const Evidence& evidence) {
  if (bins.size() > rules.max_bins) return false;
  std::vector<double> woe;
  for (const EventCount& bin : bins) {
    if (bin.rows < rules.min_rows || bin.events < rules.min_events || bin.nonevents() < rules.min_nonevents)
      return false;
    woe.push_back(evidence.woe(bin));
  }
  for (std::size_t i = 1; i < bins.size(); ++i) {
    // Pearson's χ² of the table, cell by cell.
    const double rows = static_cast<double>(bins[i].rows + bins[i - 1].rows);
    const double rate = static_cast<double>(bins[i].events + bins[i - 1].events) / rows;
    double chi_squared = 0;
    for (const EventCount& bin : {bins[i], bins[i - 1]}) {
      const double expected = static_cast<double>(bin.rows) * rate;
      const double off = static_cast<double>(bin.events) - expected;
      chi_squared += off * off / expected + off * off / (static_cast<double>(bin.rows) - expected);
    }
    if (rules.max_p_value < 1 && !(statistics::chi_squared_survival(chi_squared, 1) <= rules.max_p_value)) return false;
  }
  return follows(woe, rules.trend, rules.min_woe_gap);
}

/// The highest IV of all 2^(n−1) partitions that keep to the rules.
std::optional<double> best_of_all(const std::vector<EventCount>& items, const Evidence& evidence,
                                  const PartitionRules& rules) {
  std::optional<double> best;
  for (std::uint32_t cuts = 0; cuts < (1U << (items.size() - 1)); ++cuts) {
    std::vector<EventCount> bins{items[0]};
    for (std::size_t i = 1; i < items.size(); ++i) {
      if ((cuts >> (i - 1) & 1U) != 0) bins.emplace_back();
      bins.back() += items[i];
    }
    if (!keeps_to(rules, bins, evidence)) continue;
    double iv = 0;
    for (const EventCount& bin : bins) iv += evidence.iv(bin);
    if (!best || iv > *best) best = iv;
  }
  return best;
}

std::vector<EventCount> random_items(parallel::RandomStream& draws, std::size_t count) {
  std::vector<EventCount> items;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t rows = 1 + draws.below(60);
    items.push_back({rows, draws.below(3) == 0 ? draws.below(rows + 1) : draws.below(rows / 2 + 1)});
  }
  return items;
}

PartitionRules random_rules(parallel::RandomStream& draws, Trend trend) {
  PartitionRules rules;
  rules.trend = trend;
  rules.max_bins = 1 + draws.below(7);
  rules.min_rows = 1 + draws.below(draws.below(4) == 0 ? 300 : 50);
  rules.min_events = draws.below(6);
  rules.min_nonevents = draws.below(6);
  if (draws.below(2) == 0) rules.min_woe_gap = draws.uniform() / 2;
  if (draws.below(2) == 0) rules.max_p_value = draws.uniform() * draws.uniform();
  return rules;
}

TEST(BestPartition, HasTheHighestInformationValueOfAllPartitions) {
  int infeasible = 0;
  for (std::uint64_t round = 0; round < 60; ++round)
    for (const Trend trend :
         {Trend::up, Trend::down, Trend::peak, Trend::valley, Trend::none, Trend::monotone, Trend::automatic}) {
      parallel::RandomStream draws(1, round, "features.partition_test");
      const std::vector<EventCount> items = random_items(draws, 1 + draws.below(11));
      const Evidence evidence(sum_of(items, 0, items.size()), 0.5);
      const PartitionRules rules = random_rules(draws, trend);
      const Partition found = best_partition(items, evidence, rules);
      const std::optional<double> best = best_of_all(items, evidence, rules);
      ASSERT_EQ(found.feasible, best.has_value()) << "round " << round << ", " << name_of(trend);
      ASSERT_EQ(found.ends.back(), items.size());
      if (!best) {
        ++infeasible;
        EXPECT_EQ(found.ends.size(), 1U);
        continue;
      }
      EXPECT_NEAR(found.iv, *best, 1e-12) << "round " << round << ", " << name_of(trend);
      std::vector<EventCount> bins;
      for (std::size_t b = 0; b < found.ends.size(); ++b)
        bins.push_back(sum_of(items, b == 0 ? 0 : found.ends[b - 1], found.ends[b]));
      EXPECT_TRUE(keeps_to(rules, bins, evidence)) << "round " << round << ", " << name_of(trend);
      PartitionRules as_found = rules;
      as_found.trend = found.trend;
      EXPECT_TRUE(keeps_to(as_found, bins, evidence)) << "the shape it says it found";
    }
  EXPECT_GT(infeasible, 10) << "the rules are hard enough to be tested";
  EXPECT_LT(infeasible, 300);
}

TEST(BestPartition, PrefersFewerBinsOfTheSameEvidence) {
  // Equal rates: cutting gains nothing.
  const std::vector<EventCount> items(6, {10, 2});
  const Partition found = best_partition(items, Evidence({60, 12}, 0), {.trend = Trend::automatic});
  EXPECT_EQ(found.ends, (std::vector<std::size_t>{6}));
  EXPECT_EQ(best_partition({}, Evidence({}, 0.5), {}).ends.size(), 0U);
}

TEST(BestPartition, FindsAPlantedValley) {
  std::vector<EventCount> items;
  for (int i = 0; i < 255; ++i) items.push_back({1000, static_cast<std::uint64_t>(100 + (i - 100) * (i - 100) / 50)});
  const Evidence evidence(sum_of(items, 0, 255), 0.5);
  const Partition found =
      best_partition(items, evidence, {.max_bins = 12, .min_rows = 5000, .trend = Trend::automatic});
  EXPECT_EQ(found.trend, Trend::valley);
  EXPECT_EQ(found.ends.size(), 12U);
  EXPECT_GT(found.iv, best_partition(items, evidence, {.max_bins = 12, .min_rows = 5000}).iv * 1.05);
}

TEST(Evidence, IsItsFormula) {
  const Evidence evidence({100, 20}, 0);
  // 10 of 30 rows are events: half of the events, a quarter of the nonevents.
  EXPECT_DOUBLE_EQ(evidence.woe({30, 10}), std::log(2.0));
  EXPECT_DOUBLE_EQ(evidence.iv({30, 10}), 0.25 * std::log(2.0));
  const Evidence smoothed({100, 20}, 0.5);
  EXPECT_DOUBLE_EQ(smoothed.woe({30, 0}), std::log((0.5 / 20.5) / (30.5 / 80.5)));
  EXPECT_DOUBLE_EQ(smoothed.woe({100, 20}), 0);
  EXPECT_EQ(smoothed.woe({0, 0}), 0);
  EXPECT_EQ(Evidence({5, 0}, 0.5).woe({3, 0}), 0) << "without events nothing is evidence";
}

TEST(RatesDiffer, AtTheLevelOfAPooledTest) {
  // 10 of 100 against 25 of 100: z² = (0.15)² / (0.175·0.825·(2/100)) = 7.7922.
  EXPECT_TRUE(rates_differ({100, 10}, {100, 25}, 7.79));
  EXPECT_FALSE(rates_differ({100, 10}, {100, 25}, 7.80));
  EXPECT_FALSE(rates_differ({100, 0}, {100, 0}, 0.1));
}

}  // namespace
}  // namespace proffer::features
