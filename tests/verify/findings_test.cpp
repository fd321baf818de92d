// Differences are told in the same words at any number of ranks.
#include "verify/findings.hpp"

#include <gtest/gtest.h>

#include "parallel/partition.hpp"
#include "support/world.hpp"

namespace proffer::verify {
namespace {

using proffer::test::world;

TEST(Findings, OfAllRanksInOrderOfRowsFirstTwentyThenACount) {
  Findings findings;
  const parallel::RowRange mine = parallel::part_of(50, world().rank(), world().size());
  for (std::uint64_t row = mine.begin; row < mine.end; ++row) {
    findings.add("value", borrower(row), shown(1.5), "2\n3");
    if (row == 49) findings.add("apr", borrower(row), shown(0.1F), shown(0.2F));
  }
  findings.merge(world());
  std::string expected = "apr: borrower 49: found 0.1, recomputed 0.2\n";
  for (int row = 0; row < 20; ++row)
    expected += "value: borrower " + std::to_string(row) + ": found 1.5, recomputed 2\n3\n";
  EXPECT_EQ(findings.text(), expected + "value: … and 30 more\n");
  EXPECT_EQ(findings.total(), 51U);
  EXPECT_EQ(findings.kinds(), 2U);
  EXPECT_EQ(findings.count("value"), 50U);
  EXPECT_EQ(findings.count("term"), 0U);
}

TEST(Findings, NoneStaysNone) {
  Findings findings;
  findings.merge(world());
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(findings.text(), "");
}

}  // namespace
}  // namespace proffer::verify
