// Counts, bins and tables of features: against counting row by row, the same at any number of ranks.
#include "features/woe_binning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "features/woe_table.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"
#include "support/world.hpp"

namespace proffer::features {
namespace {

using test::world;

constexpr std::size_t width = 3;  // "value" (numeric, special −1), "town" (6 categories), "even" (no signal)
const std::vector<std::string> towns = {"ale", "bree", "cree, lower", "dale", "eke", "far"};

struct Rows {
  std::vector<float> values;
  std::vector<std::uint8_t> labels;
};

/// Rows first … first + count − 1; everything is a function of the row's number.
Rows rows_from(std::uint64_t first, std::uint64_t count) {
  Rows rows;
  for (std::uint64_t r = first; r < first + count; ++r) {
    parallel::RandomStream draws(3, r, "features.woe_test");
    const double u = draws.uniform();
    float value = std::floor(static_cast<float>(u) * 1000);
    if (draws.uniform() < 0.1) value = -1;
    if (draws.uniform() < 0.1) value = std::numeric_limits<float>::quiet_NaN();
    const std::uint64_t town = draws.uniform() < 0.006 ? 4 + draws.below(2) : draws.below(4);
    const double rate = 0.05 + 0.3 * u * u + (town == 2 ? 0.2 : 0) + (value == -1 ? 0.2 : 0);
    rows.values.insert(rows.values.end(), {value, static_cast<float>(town), static_cast<float>(draws.below(2))});
    rows.labels.push_back(draws.uniform() < rate ? 1 : 0);
  }
  return rows;
}

BinTable table_of() {
  BinTable table;
  table.names = {"value", "town", "even"};
  table.cuts.resize(width);
  for (int i = 1; i < 250; ++i) table.cuts[0].push_back(static_cast<float>(4 * i));
  table.cuts[1] = category_cuts(towns.size());
  table.cuts[2] = {1};
  require_cuts(table, 0, required_cuts({.special = {-1}}));
  return table;
}

std::vector<WoeRules> rules_of() {
  std::vector<WoeRules> rules(width);
  rules[0].special = {-1};
  return rules;
}

std::vector<WoeFeature> binned(const parallel::Communicator& comm, std::uint64_t rows, int holder) {
  const BinTable table = table_of();
  CodeCounter counter(width);
  // Uneven and empty: all rows on one rank, or dealt out.
  for (std::uint64_t r = 0; r < rows; ++r) {
    const auto owner = holder >= 0 ? holder : static_cast<int>(r * r % static_cast<std::uint64_t>(comm.size()));
    if (owner % comm.size() != comm.rank()) continue;
    const Rows row = rows_from(r, 1);
    std::vector<std::uint8_t> codes(width);
    encode(table, row.values, codes);
    counter.add(codes, row.labels);
  }
  const std::vector<CodeCounts> counts = counter.over_ranks(comm);
  const std::vector<WoeSource> sources = {
      {"value", table.cuts[0], {}}, {"town", table.cuts[1], towns}, {"even", table.cuts[2], {}}};
  return bin_features(comm, sources, counts, rules_of());
}

TEST(CodeCounter, CountsAsOneByOne) {
  constexpr std::size_t features = 5;
  std::vector<std::uint8_t> codes, labels;
  std::vector<CodeCounts> expected(features);
  parallel::RandomStream draws(1, static_cast<std::uint64_t>(world().rank()), "features.count_test");
  const std::size_t rows = world().rank() == 1 ? 0 : 1000;
  for (std::size_t r = 0; r < rows; ++r) {
    labels.push_back(static_cast<std::uint8_t>(draws.below(2)));
    for (std::size_t f = 0; f < features; ++f)
      codes.push_back(static_cast<std::uint8_t>(draws.below(f == 0 ? 256 : 3)));
  }
  const auto all_codes = parallel::all_gather(world(), std::span<const std::uint8_t>(codes));
  const auto all_labels = parallel::all_gather(world(), std::span<const std::uint8_t>(labels));
  for (std::size_t i = 0; i < all_codes.size(); ++i)
    expected[i % features][all_codes[i]] += {1, all_labels[i / features]};
  CodeCounter whole(features), half(features);
  const std::size_t part = std::min<std::size_t>(rows, 333);
  whole.add(std::span(codes).first(part * features), std::span(labels).first(part));
  half.add(std::span(codes).subspan(part * features), std::span(labels).subspan(part));
  whole.add(half);
  EXPECT_EQ(whole.over_ranks(world()), expected);
}

TEST(WoeBins, AreTheSameAtAnyNumberOfRanksAndSumToAllRows) {
  constexpr std::uint64_t rows = 4000;
  const auto features = binned(world(), rows, -1), elsewhere = binned(world(), rows, 2),
             alone = binned(parallel::self(), rows, 0);
  EXPECT_EQ(iv_csv(features), iv_csv(alone));
  EXPECT_EQ(iv_csv(elsewhere), iv_csv(alone));
  EXPECT_EQ(iv_json(features), iv_json(alone));
  for (const WoeFeature& feature : features) {
    std::uint64_t sum = 0;
    for (const WoeBin& bin : feature.bins) sum += bin.count.rows;
    EXPECT_EQ(sum, rows) << feature.name;
  }
}

TEST(WoeBins, HoldTheRowsTheySay) {
  constexpr std::uint64_t count = 4000;
  const auto features = binned(world(), count, -1);
  const Rows rows = rows_from(0, count);
  for (const WoeBin& bin : features[0].bins) {
    EventCount expected;
    for (std::size_t r = 0; r < count; ++r) {
      const float x = rows.values[r * width];
      const bool special = x == -1;
      const bool here = bin.kind == WoeBinKind::missing   ? std::isnan(x)
                        : bin.kind == WoeBinKind::special ? special
                                                          : !special && x >= bin.from && x < bin.to;
      if (here) expected += {1, rows.labels[r]};
    }
    EXPECT_EQ(bin.count, expected) << bin.label;
  }
  EXPECT_EQ(features[0].trend, Trend::up);
  EXPECT_EQ(features[0].bins.back().label, "missing");
  EXPECT_EQ(features[0].bins[features[0].bins.size() - 2].label, "special -1");
  // The lower part of the creek stands out; the two rare towns are together; nobody's town is missing.
  const WoeFeature& town = features[1];
  ASSERT_GE(town.bins.size(), 4U);
  EXPECT_EQ(town.bins[town.bins.size() - 3].label, "cree, lower");
  EXPECT_EQ(town.bins[town.bins.size() - 2].label, "other (eke, far)");
  EXPECT_EQ(town.bins.back().count.rows, 0U);
  EXPECT_EQ(town.bins.back().woe, 0);
  EXPECT_LT(features[2].iv, 0.02);
  EXPECT_THAT(iv_csv(features), testing::HasSubstr(",categories,\"cree, lower\","));
}

TEST(WoeBins, StartAtGivenBreaks) {
  BinTable table = table_of();
  WoeRules rules;
  rules.breaks = {10.5F, 500};
  require_cuts(table, 0, required_cuts(rules));
  CodeCounts counts{};
  for (std::size_t code = 0; code <= table.cuts[0].size(); ++code) counts[code] = {10, code % 3};
  const WoeFeature feature = bin_feature({"value", table.cuts[0], {}}, counts, rules);
  ASSERT_EQ(feature.bins.size(), 4U);
  EXPECT_EQ(feature.bins[0].label, "below 10.5");
  EXPECT_EQ(feature.bins[1].label, "[10.5, 500)");
  EXPECT_EQ(feature.bins[2].label, "from 500");
  EXPECT_EQ(feature.trend, Trend::none);
}

TEST(WoeBins, OfAFeatureThatIsAlwaysMissing) {
  CodeCounts counts{};
  counts[missing_code] = {100, 10};
  const WoeFeature feature = bin_feature({"empty", {}, {}}, counts, {});
  ASSERT_EQ(feature.bins.size(), 2U);
  EXPECT_EQ(feature.bins[0].label, "all");
  EXPECT_EQ(feature.bins[1].count.rows, 100U);
  EXPECT_EQ(feature.iv, 0);
}

TEST(RequiredCuts, KeepTheirPlacesAmongAtMost254) {
  BinTable table;
  table.names = {"x"};
  table.cuts.resize(1);
  for (int i = 0; i < 254; ++i) table.cuts[0].push_back(static_cast<float>(i));
  const std::vector<float> required = {-5, 10.5F, 10};
  require_cuts(table, 0, required);
  EXPECT_EQ(table.cuts[0].size(), 254U);
  EXPECT_TRUE(std::ranges::is_sorted(table.cuts[0]));
  for (const float cut : required) EXPECT_TRUE(std::ranges::binary_search(table.cuts[0], cut)) << cut;
  std::vector<float> many(255);
  std::iota(many.begin(), many.end(), 0.25F);
  EXPECT_THROW(require_cuts(table, 0, many), UsageError);
}

}  // namespace
}  // namespace proffer::features
