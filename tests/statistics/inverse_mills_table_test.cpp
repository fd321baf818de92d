#include "statistics/inverse_mills_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "statistics/normal.hpp"

namespace proffer::statistics {
namespace {

TEST(InverseMillsTable, AgreesWithTheFunctionWithinItsBound) {
  const InverseMillsTable table;
  double worst = 0;
  for (double x = -30; x <= 30; x += 0.000731) {
    const double exact = inverse_mills_ratio(x);  // against 50 digits: normal_test.cpp
    worst = std::max(worst, std::fabs(table(x) - exact) / std::max(1.0, exact));
  }
  EXPECT_LT(worst, 1e-10);
  EXPECT_GT(worst, 0);
}

TEST(InverseMillsTable, AgreesAtTheEndsOfItsCells) {
  const InverseMillsTable table;
  for (int cell = -960; cell <= 960; ++cell)
    for (const double x : {cell / 32.0, std::nextafter(cell / 32.0, -100.0)})
      EXPECT_NEAR(table(x), inverse_mills_ratio(x), 1e-10 * std::max(1.0, inverse_mills_ratio(x))) << x;
}

TEST(InverseMillsTable, EndsAtItsReachAndPassesNaNOn) {
  const InverseMillsTable table;
  EXPECT_EQ(table(-1000), table(-30));
  EXPECT_EQ(table(std::numeric_limits<double>::infinity()), table(30));
  EXPECT_TRUE(std::isnan(table(std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
}  // namespace proffer::statistics
