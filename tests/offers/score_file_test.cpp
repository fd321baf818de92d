// Score files read back as they were written.
#include "offers/score_file.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "foundation/error.hpp"
#include "support/scratch.hpp"

namespace proffer::offers {
namespace {

using test::Scratch;
using test::world;

ScoreSchema schema() {
  ScoreSchema schema;
  schema.catalog = {.products = {"card", "Kredit, \"groß\""},
                    .channels = {"mail"},
                    .funders = {},
                    .name = {"a", "b"},
                    .product = {1, 0},
                    .channel = {0, 0},
                    .funder = {255, 255},
                    .asset_class = {0, 2},
                    .capital_lgd = {0.45, 0.5},
                    .capital_pd_floor = {0.0003, 0.001},
                    .limit = {1000.5, 2000},
                    .exposure = {900, 1800},
                    .lgd = {0.1, 0.2},
                    .fraud_loss = {1, 0.9},
                    .contact_cost = {0.1, 4},
                    .apr = {0.1, 0.2},
                    .effective_apr = {0.11, 0.21},
                    .term = {12, 0}};
  schema.reasons = {"rate_cap", "fraud_gate"};
  schema.reason_class = {ReasonClass::policy, ReasonClass::fraud};
  schema.segments = {"north", "south"};
  schema.assumptions = {"one", "two"};
  schema.currency = "EUR";
  schema.horizon_months = 12;
  return schema;
}

ScoreRows rows_of(std::uint64_t first, std::uint64_t count) {
  ScoreRows rows;
  rows.first_row = first;
  rows.resize(count, 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto r = static_cast<float>(first + i);
    rows.id[i] = 18446744073709551615ULL - first - i;
    rows.unit[i] = first + i;
    rows.p_fraud[i] = r / 1e5F;
    rows.segment[i] = (first + i) % 3 == 2 ? 255 : static_cast<std::uint8_t>((first + i) % 3);
    for (std::size_t j = 0; j < 2; ++j) {
      const std::size_t p = 2 * i + j;
      rows.p_take[p] = (r + static_cast<float>(j)) / 3e4F;
      rows.p_default[p] = r / 7e4F;
      rows.value[p] = -r / 3;
      rows.reason[p] = static_cast<std::uint32_t>(2 * first + p) * 0x10001U;
    }
  }
  return rows;
}

void expect_same(const ScoreRows& a, const ScoreRows& b) {
  EXPECT_EQ(a.first_row, b.first_row);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.unit, b.unit);
  EXPECT_EQ(a.p_take, b.p_take);
  EXPECT_EQ(a.p_default, b.p_default);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.p_fraud, b.p_fraud);
  EXPECT_EQ(a.segment, b.segment);
}

TEST(ScoreFile, ReadsBackWhatWasWritten) {
  const Scratch scratch;
  const auto path = scratch.path() / "scores.h5";
  constexpr std::uint64_t rows = 9000;
  ScoreWriter writer(world(), path, schema(), rows, 3);
  const auto range = storage::rows_of_rank(world(), rows);
  writer.write(rows_of(range.begin, range.size()));
  const SecondValues second{{7, 8, 9}, {1, 2, 3, 4, 5, 6}};
  if (world().is_root()) writer.write_second(0, second);
  static_cast<void>(writer.publish());
  const ScoreReader reader(path);
  EXPECT_EQ(reader.rows(), rows);
  expect_same(reader.read(0, rows), rows_of(0, rows));
  expect_same(reader.read(4000, 200), rows_of(4000, 200));
  EXPECT_EQ(reader.second_rows(), 3U);
  EXPECT_EQ(reader.read_second(1, 2).id, (std::vector<std::uint64_t>{8, 9}));
  EXPECT_EQ(reader.read_second(1, 2).value, (std::vector<float>{3, 4, 5, 6}));
  const ScoreSchema read = reader.schema(), wrote = schema();
  EXPECT_EQ(read.catalog.products, wrote.catalog.products);
  EXPECT_EQ(read.catalog.name, wrote.catalog.name);
  EXPECT_EQ(read.catalog.product, wrote.catalog.product);
  EXPECT_EQ(read.catalog.limit, wrote.catalog.limit);
  EXPECT_EQ(read.catalog.effective_apr, wrote.catalog.effective_apr);
  EXPECT_EQ(read.catalog.term, wrote.catalog.term);
  EXPECT_EQ(read.reasons, wrote.reasons);
  EXPECT_EQ(read.reason_class, wrote.reason_class);
  EXPECT_EQ(read.segments, wrote.segments);
  EXPECT_EQ(read.assumptions, wrote.assumptions);
  EXPECT_EQ(read.currency, "EUR");
  EXPECT_EQ(read.horizon_months, 12);
}

TEST(ScoreFile, MayHoldNobodyAndNoSecondValues) {
  const Scratch scratch;
  ScoreWriter writer(world(), scratch.path() / "scores.h5", schema(), 0, 0);
  static_cast<void>(writer.publish());
  const ScoreReader reader(scratch.path() / "scores.h5");
  EXPECT_EQ(reader.rows(), 0U);
  EXPECT_EQ(reader.second_rows(), 0U);
  EXPECT_THROW(const ScoreReader absent(scratch.path() / "other.h5"), UsageError);
}

/// What the reader says of a file with this schema and these rows; empty where it finds nothing wrong.
std::string refusal(const ScoreSchema& schema, ScoreRows rows) {
  const Scratch scratch;
  const auto path = scratch.path() / "scores.h5";
  ScoreWriter writer(world(), path, schema, rows.rows(), 0);
  if (world().is_root()) writer.write(rows);
  static_cast<void>(writer.publish());
  std::string said;
  try {
    static_cast<void>(ScoreReader(path).read(0, rows.rows()));
  } catch (const DataError& error) {
    said = error.what();
    said.erase(0, said.find(": ") + 2);
  }
  parallel::barrier(world());
  return said;
}

ScoreRows eligible_rows() {
  ScoreRows rows = rows_of(0, 9);
  for (auto& reason : rows.reason) reason = 0;
  return rows;
}

TEST(ScoreFile, NamesDatasetAndOfferOfCodesWithoutALabel) {
  EXPECT_EQ(refusal(schema(), eligible_rows()), "");
  ScoreSchema wrong = schema();
  wrong.catalog.product[1] = 2;
  EXPECT_EQ(refusal(wrong, eligible_rows()), "/catalog/product:1 is 2 (codes are 0 to 1): check what wrote the file");
  wrong = schema();
  wrong.catalog.channel[0] = 255;
  EXPECT_EQ(refusal(wrong, eligible_rows()), "/catalog/channel:0 is 255 (codes are 0 to 0): check what wrote the file");
  wrong = schema();
  wrong.catalog.funders = {"own"};
  wrong.catalog.funder = {255, 1};
  EXPECT_EQ(refusal(wrong, eligible_rows()), "/catalog/funder:1 is 1 (codes are 0 to 0): check what wrote the file");
  wrong = schema();
  wrong.reason_class[1] = static_cast<ReasonClass>(9);
  EXPECT_EQ(refusal(wrong, eligible_rows()),
            "/schema/reason_class:1 is 9 (codes are 0 to 3): check what wrote the file");
}

TEST(ScoreFile, NamesColumnsOfAnotherLengthThanTheCatalog) {
  ScoreSchema wrong = schema();
  wrong.catalog.apr.pop_back();
  EXPECT_EQ(refusal(wrong, eligible_rows()),
            "/catalog/apr is f64 [1] (f64 [2] was expected): check what wrote the file");
  wrong = schema();
  wrong.opening = {1, 2};
  EXPECT_EQ(refusal(wrong, eligible_rows()),
            "/schema/opening is f64 [2] (f64 [3] was expected): check what wrote the file");
}

TEST(ScoreFile, NamesRowAndOfferOfNumbersThatAreNone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::string why = " (scores are finite numbers where an offer is allowed): check what wrote the file";
  ScoreRows rows = eligible_rows();
  rows.p_default[2 * 7 + 1] = nan;
  EXPECT_EQ(refusal(schema(), rows), "/score/p_default:7, offer 'b' is nan" + why);
  rows.reason[2 * 7 + 1] = 1;
  EXPECT_EQ(refusal(schema(), rows), "");  // not allowed: nobody looks
  rows.value[2 * 3] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(refusal(schema(), rows), "/score/value:3, offer 'a' is inf" + why);
  rows = eligible_rows();
  rows.p_fraud[8] = nan;
  EXPECT_EQ(refusal(schema(), rows), "/score/p_fraud:8 is nan" + why);
  rows = eligible_rows();
  rows.segment[4] = 2;
  EXPECT_EQ(refusal(schema(), rows), "/score/segment:4 is 2 (codes are 0 to 1): check what wrote the file");
}

}  // namespace
}  // namespace proffer::offers
