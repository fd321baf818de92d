#include "features/binning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "foundation/error.hpp"
#include "parallel/random.hpp"
#include "support/world.hpp"

namespace proffer::features {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// Made-up features of a unit: continuous, skewed, mostly zero, few values, with missing, constant, all missing.
constexpr std::size_t width = 7;
std::vector<std::string> names() {
  return {"even", "skewed", "zeros", "few", "holes", "constant", "nothing"};
}
void append_row(std::uint64_t unit, std::vector<float>& values) {
  parallel::RandomStream draws(1, unit, "features.test");
  const double u = draws.uniform();
  values.push_back(static_cast<float>(u));
  values.push_back(static_cast<float>(std::exp(6 * draws.uniform())));
  values.push_back(draws.uniform() < 0.9 ? (unit % 2 == 0 ? 0.0F : -0.0F) : static_cast<float>(u));
  values.push_back(static_cast<float>(draws.below(12)) - 5.5F);
  values.push_back(draws.uniform() < 0.3 ? missing : static_cast<float>(draws.uniform() - 0.5));
  values.push_back(3.0F);
  values.push_back(missing);
}

/// The table from units 0 … rows − 1, dealt to the ranks by `owner`.
template <class Owner>
BinTable sampled(const parallel::Communicator& comm, std::uint64_t rows, BinOptions options, Owner owner) {
  BinSampler sampler(names(), rows, options);
  for (std::uint64_t unit = 0; unit < rows; ++unit) {
    if (owner(unit) != comm.rank()) continue;
    std::vector<float> values;
    append_row(unit, values);
    sampler.add(std::span(&unit, 1), values);
  }
  return sampler.finish(comm);
}

TEST(BinSampler, GivesTheSameTableForEveryPartition) {
  const auto& comm = test::world();
  for (const std::uint64_t sample : {100'000ULL, 1500ULL}) {
    const BinOptions options{.max_bins = 64, .sample_rows = sample, .seed = 3};
    const BinTable serial = sampled(parallel::self(), 6000, options, [](auto) { return 0; });
    const int size = comm.size();
    EXPECT_EQ(serial, sampled(comm, 6000, options, [&](auto unit) { return static_cast<int>(unit) % size; }));
    EXPECT_EQ(serial, sampled(comm, 6000, options, [&](auto unit) { return unit < 10 ? 0 : size - 1; }));
    EXPECT_EQ(serial.features(), width);
    EXPECT_EQ(serial.bins(0), 64U);
    EXPECT_EQ(serial.bins(3), 12U);
    EXPECT_EQ(serial.bins(5), 1U);
    EXPECT_EQ(serial.bins(6), 1U);
    EXPECT_THAT(serial.cuts[2], ::testing::Contains(::testing::Gt(0.0F)));
  }
}

TEST(BinSampler, HoldsNoRowsAtAll) {
  BinSampler sampler({"a", "b"}, 0, {});
  const BinTable table = sampler.finish(test::world());
  EXPECT_EQ(table.bins(0), 1U);
  EXPECT_EQ(table.bins(1), 1U);
}

TEST(ChooseCuts, GivesEachOfFewValuesItsBin) {
  EXPECT_THAT(choose_cuts(std::vector<float>{3, 1, 2, 3, 3, -0.0F, 0.0F}, 255), ::testing::ElementsAre(1, 2, 3));
}

TEST(ChooseCuts, MakesBinsOfEqualCountsAroundFrequentValues) {
  std::vector<float> values(9000, 0.5F);
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(i) / 1000);
  const auto cuts = choose_cuts(values, 21);
  ASSERT_LE(cuts.size(), 20U);
  ASSERT_GE(cuts.size(), 18U);
  std::map<std::size_t, int> rows;
  for (const float value : values) ++rows[std::upper_bound(cuts.begin(), cuts.end(), value) - cuts.begin()];
  for (const auto& [bin, count] : rows)
    EXPECT_TRUE(count >= 9000 || (count >= 40 && count <= 60)) << bin << ": " << count;
}

TEST(ChooseCuts, SpreadsEvenValuesEvenly) {
  std::vector<float> values;
  for (int i = 0; i < 25'500; ++i) values.push_back(static_cast<float>(i));
  const auto cuts = choose_cuts(values, 255);
  ASSERT_EQ(cuts.size(), 254U);
  for (std::size_t i = 0; i < cuts.size(); ++i) EXPECT_EQ(cuts[i], 100.0F * static_cast<float>(i + 1));
}

TEST(Encode, CountsCutsNotAbove) {
  for (const std::size_t cuts : {0, 1, 2, 3, 4, 7, 8, 200, 253, 254}) {
    BinTable table{{"x"}, {{}}};
    for (std::size_t i = 0; i < cuts; ++i) table.cuts[0].push_back(static_cast<float>(i) * 0.25F - 7);
    std::vector<float> values{missing, -1e38F, std::numeric_limits<float>::max(), -std::numeric_limits<float>::max()};
    for (const float cut : table.cuts[0])
      for (const float value : {cut, std::nextafter(cut, 1e9F), std::nextafter(cut, -1e9F)}) values.push_back(value);
    std::vector<std::uint8_t> codes(values.size());
    encode(table, values, codes);
    EXPECT_EQ(codes[0], missing_code);
    for (std::size_t i = 1; i < values.size(); ++i) {
      const auto expected = std::upper_bound(table.cuts[0].begin(), table.cuts[0].end(), values[i]);
      EXPECT_EQ(codes[i], expected - table.cuts[0].begin()) << values[i];
    }
  }
}

TEST(Encode, FillsColumnsOfAWiderMatrix) {
  const BinTable table{{"x", "y"}, {{1, 2}, {5}}};
  std::vector<float> values;
  for (int row = 0; row < 700; ++row) values.insert(values.end(), {static_cast<float>(row % 3), 5});
  std::vector<std::uint8_t> codes(700 * 4, 77);
  Encoder(table).encode_into(values, codes, 4, 1);
  for (std::size_t row = 0; row < 700; ++row) {
    EXPECT_EQ(codes[row * 4], 77);
    EXPECT_EQ(codes[row * 4 + 1], row % 3);
    EXPECT_EQ(codes[row * 4 + 2], 1);
    EXPECT_EQ(codes[row * 4 + 3], 77);
  }
}

TEST(Encode, IsTheSameWithAndWithoutVectorInstructions) {
  constexpr std::size_t rows = 1000, columns = 7;
  using limits = std::numeric_limits<float>;
  BinTable table;
  for (const std::size_t cuts : {0, 1, 15, 16, 17, 240, 254}) {
    table.names.push_back("x" + std::to_string(cuts));
    table.cuts.emplace_back();
    for (std::size_t c = 0; c < cuts; ++c) table.cuts.back().push_back(static_cast<float>(c) * 0.5F - 20);
  }
  // Cuts, their neighbours, and what lies outside; three columns more than are encoded.
  std::vector<float> values;
  for (std::size_t i = 0; i < rows * (columns + 3); ++i) {
    const float cut = static_cast<float>(i * 7 % 300) * 0.5F - 25;
    const float around[] = {cut,
                            std::nextafter(cut, limits::max()),
                            std::nextafter(cut, limits::lowest()),
                            limits::quiet_NaN(),
                            limits::max(),
                            limits::lowest(),
                            -0.0F};
    values.push_back(around[i * 11 % 7]);
  }
  const std::vector<std::size_t> column_of{9, 0, 3, 2, 5, 8, 1};
  for (const bool portable : {false, true}) {
    std::vector<std::uint8_t> codes(rows * columns);
    Encoder(table, portable).encode_columns(values, columns + 3, column_of, codes);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t f = 0; f < columns; ++f) {
        const float x = values[r * (columns + 3) + column_of[f]];
        const auto below = std::ranges::count_if(table.cuts[f], [x](float cut) { return cut <= x; });
        const auto expected = std::isnan(x) ? missing_code : static_cast<std::uint8_t>(below);
        ASSERT_EQ(codes[r * columns + f], expected) << "value " << x << " of " << table.names[f];
      }
  }
}

TEST(Encode, NamesWhereAnInfiniteValueStands) {
  const BinTable table{{"x", "income"}, {{1}, {5}}};
  const std::vector<float> values{1, 2, 3, -std::numeric_limits<float>::infinity()};
  std::vector<std::uint8_t> codes(4);
  try {
    encode(table, values, codes, {.dataset = "book.h5/borrower/features", .first_row = 40});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("book.h5/borrower/features:41: 'income' is infinite"));
  }
  BinSampler sampler({"x", "income"}, 2, {});
  const std::vector<std::uint64_t> units{1, 2};
  EXPECT_THROW(sampler.add(units, values), DataError);
}

TEST(BinTable, ReadsBackFromJsonAsItWas) {
  const BinTable table{{"x", "y"}, {{0.1F, 1e-45F + 0.2F, 3.4e38F}, {}}};
  const auto text = nlohmann::json(table).dump();
  EXPECT_EQ(nlohmann::json::parse(text).get<BinTable>(), table);
  EXPECT_THROW((void)nlohmann::json::parse(R"({"names":["x"],"cuts":[[2,1]]})").get<BinTable>(), DataError);
  EXPECT_THROW((void)nlohmann::json::parse(R"({"names":["x"],"cuts":[]})").get<BinTable>(), DataError);
  EXPECT_THROW((void)nlohmann::json::parse(R"({"names":1})").get<BinTable>(), DataError);
}

}  // namespace
}  // namespace proffer::features
