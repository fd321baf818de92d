#include "borrowers/ingest_outcome.hpp"

#include <cmath>

#include "borrowers/csv_cells.hpp"
#include "ingest_support.hpp"
#include "parallel/random.hpp"

namespace proffer::borrowers::test {
namespace {

TEST(OutcomeWindow, IsImmatureUntilItsLastDayEvenIfAlreadyBad) {
  const auto code = [](std::int32_t observed, std::optional<std::int32_t> bad_on) {
    return window_code({.observed = observed, .bad_on = bad_on, .bad = {}}, 12, 20241231);
  };
  EXPECT_EQ(code(20231231, {}), outcome::no);
  EXPECT_EQ(code(20240101, {}), outcome::unknown);
  EXPECT_EQ(code(20240101, 20240301), outcome::unknown);
  EXPECT_EQ(code(20230115, 20230115), outcome::yes);
  EXPECT_EQ(code(20230115, 20240115), outcome::yes);
  EXPECT_EQ(code(20230115, 20240116), outcome::no);
  EXPECT_EQ(code(20230115, 20230114), outcome::excluded);
  EXPECT_EQ(window_code({.observed = 20230115, .bad_on = {}, .bad = true}, 12, 20241231), outcome::yes);
  EXPECT_EQ(window_code({.observed = 20240115, .bad_on = {}, .bad = true}, 12, 20241231), outcome::unknown);
}

// Loans booked evenly over two years, a constant hazard with a 12-month PD of 0.120, outcomes known at the end of the
// second year. The two shortcuts of methods.md, section 2, are biased; the window is not.
TEST(OutcomeWindow, RateIsRightWhereShortcutsAreBiased) {
  const Scratch scratch;
  const int loans = 40000;
  const double hazard = -std::log(1 - 0.120) / 12;
  std::string csv = "id,booked_on,bad_on\n";
  std::uint64_t known_bad = 0, mature_good = 0;
  for (int i = 0; i < loans; ++i) {
    parallel::RandomStream random(5, static_cast<std::uint64_t>(i), "test.window");
    const int booked = static_cast<int>(random.below(24));
    const int bad = static_cast<int>(std::ceil(-std::log(random.uniform()) / hazard));  // months after booking
    const bool seen = booked + bad <= 24;
    const auto day = [](int month) { return std::to_string(add_months(20230101, month)); };
    csv += std::to_string(i) + "," + day(booked) + "," + (seen ? day(booked + bad) : "") + "\n";
    known_bad += seen && bad <= 12;
    mature_good += booked + 12 <= 24 && bad > 12;
  }
  const IngestResult result = ingest_text(scratch, csv, R"(
id: id
as_of: booked_on
as_of_format: YYYYMMDD
outcomes:
  window: {bad_on: bad_on, bad_on_format: YYYYMMDD, months: 12, cut_off: 20250101}
)",
                                          1 << 16);
  ASSERT_EQ(result.outcomes.size(), 1U);
  const OutcomeCounts& counts = result.outcomes[0];
  EXPECT_EQ(counts.name, "default");
  EXPECT_EQ(counts.no + counts.yes + counts.unknown, static_cast<std::uint64_t>(loans));
  const double mature = static_cast<double>(counts.no + counts.yes);
  EXPECT_NEAR(static_cast<double>(counts.yes) / mature, 0.120, 4 * std::sqrt(0.12 * 0.88 / mature));
  EXPECT_EQ(counts.no, mature_good);
  const double shortcut = static_cast<double>(known_bad) / static_cast<double>(known_bad + mature_good);
  EXPECT_GT(shortcut, 0.15);                                 // "known bads + mature goods"
  EXPECT_LT(static_cast<double>(known_bad) / loans, 0.105);  // "not yet bad = good"
  EXPECT_EQ(BookReader(scratch.path() / "x.h5").schema().default_months, 12);
}

TEST(OutcomeWindow, CodesFollowTheOrderOfTheReasons) {
  const Scratch scratch;
  static_cast<void>(ingest_text(scratch,
                                "booked,bad,fraud,out,maybe\n"
                                "0,1,0,0,0\n"  // not booked: unknown
                                "1,1,1,0,0\n"  // fraud is excluded
                                "1,0,0,1,0\n"  // excluded by hand
                                "1,0,0,0,1\n"  // neither good nor bad
                                "1,1,0,0,1\n"  // bad all the same
                                "1,0,0,0,0\n"  // good
                                "1,,0,0,0\n",  // not known
                                R"(
as_of: 2024-01-31
outcomes: {booked: booked, default: bad, fraud: fraud, excluded: out, indeterminate: maybe, default_months: 6}
)"));
  const BookReader book(scratch.path() / "x.h5");
  EXPECT_THAT(book.read(0, 7, {.outcomes = true}).outcomes->defaulted,
              ::testing::ElementsAre(255, 253, 253, 254, 1, 0, 255));
  EXPECT_EQ(book.schema().default_months, 6);
}

}  // namespace
}  // namespace proffer::borrowers::test
