#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "statistics/chi_squared.hpp"
#include "statistics/logistic.hpp"
#include "statistics/roots.hpp"

namespace proffer::statistics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Abramowitz & Stegun (1964), table 26.8, percentage points of χ².
TEST(ChiSquared, PublishedQuantiles) {
  EXPECT_NEAR(chi_squared_quantile(0.95, 1), 3.84146, 5e-6);
  EXPECT_NEAR(chi_squared_quantile(0.95, 9), 16.9190, 5e-5);
  EXPECT_NEAR(chi_squared_quantile(0.99, 10), 23.2093, 5e-5);
  EXPECT_NEAR(chi_squared_quantile(0.05, 30), 18.4926, 1e-4);
}

TEST(ChiSquared, ClosedFormsAndInverse) {
  for (const double x : {0.0, 0.1, 1.0, 7.5, 300.0}) {
    EXPECT_NEAR(chi_squared_survival(x, 2) / std::exp(-x / 2), 1, 1e-14);
    EXPECT_NEAR(chi_squared_survival(x, 1) / std::erfc(std::sqrt(x / 2)), 1, 1e-13);
  }
  for (const double degrees : {1.0, 3.0, 8.5, 200.0})
    for (const double p : {0.001, 0.3, 0.95, 0.9999})
      EXPECT_NEAR(chi_squared_survival(chi_squared_quantile(p, degrees), degrees), 1 - p, 1e-13);
  EXPECT_EQ(chi_squared_quantile(0, 4), 0);
  EXPECT_EQ(chi_squared_survival(infinity, 4), 0);
  EXPECT_THROW((void)chi_squared_quantile(1, 4), std::domain_error);
  EXPECT_THROW((void)chi_squared_quantile(0.5, 0), std::domain_error);
  EXPECT_THROW((void)chi_squared_survival(-1, 4), std::domain_error);
}

TEST(Logistic, AgreesWithExtendedPrecisionWithoutOverflow) {
  for (double x = -60; x <= 60; x += 0.37) {
    const long double wide = x;
    EXPECT_NEAR(static_cast<double>(sigmoid(x) * (1 + std::exp(-wide))), 1, 4e-16) << x;
    EXPECT_NEAR(static_cast<double>(log1pexp(x) / std::log1p(std::exp(wide))), 1, 4e-16) << x;
    // ±1 ulp of p moves logit by ulp(p)/(p(1 − p)).
    if (x < 30) {
      EXPECT_NEAR(logit(sigmoid(x)), x, 4e-16 * std::max(std::fabs(x), 1 / (1 - sigmoid(x)))) << x;
    }
  }
  EXPECT_EQ(sigmoid(-1000), 0);
  EXPECT_EQ(sigmoid(1000), 1);
  EXPECT_EQ(log1pexp(1000), 1000);
  EXPECT_EQ(log1pexp(-1000), 0);
  EXPECT_EQ(logit(0.5), 0);
  EXPECT_EQ(logit(0), -infinity);
  EXPECT_EQ(logit(1), infinity);
  EXPECT_DOUBLE_EQ(logit(0.5 + 0x1p-33), 0x1p-31);  // 2·artanh(2d) = 4d + 16d³/3 …
  EXPECT_TRUE(std::isnan(sigmoid(std::nan(""))));
  EXPECT_THROW((void)logit(-1e-9), std::domain_error);
}

TEST(Roots, NewtonFindsRootsWhereThePlainMethodDiverges) {
  const auto square = [](double x) { return ValueAndSlope{x * x - 2, 2 * x}; };
  EXPECT_DOUBLE_EQ(newton_root(square, {0, 2}, 0), std::sqrt(2.0));  // slope 0 at the guess
  const auto arctangent = [](double x) { return ValueAndSlope{std::atan(x - 1), 1 / (1 + (x - 1) * (x - 1))}; };
  EXPECT_DOUBLE_EQ(newton_root(arctangent, {-50, 60}, 40), 1);
  const auto falling = [](double x) { return ValueAndSlope{std::exp(-x) - 0.01, -std::exp(-x)}; };
  EXPECT_DOUBLE_EQ(newton_root(falling, {0, 700}, 690), std::log(100.0));
  const auto wrong_slope = [](double x) { return ValueAndSlope{x - 0.3, -1}; };
  EXPECT_NEAR(newton_root(wrong_slope, {0, 1}, 0.9), 0.3, 1e-15);
  EXPECT_EQ(newton_root(square, {-2, 0}, 7), -newton_root(square, {0, 2}, 1));
}

TEST(Roots, NewtonNeedsFewSteps) {
  int calls = 0;
  const auto counted = [&](double x) {
    ++calls;
    return ValueAndSlope{std::exp(x) - 3, std::exp(x)};
  };
  EXPECT_DOUBLE_EQ(newton_root(counted, {-5, 5}, 1), std::log(3.0));
  EXPECT_LT(calls, 12);
}

TEST(Roots, BrentFindsHardRoots) {
  EXPECT_DOUBLE_EQ(brent_root([](double x) { return x * x - 2; }, {0, 2}), std::sqrt(2.0));
  EXPECT_NEAR(brent_root([](double x) { return std::pow(x - 0.7, 9); }, {-1, 1}, 1e-9), 0.7, 1e-9);
  EXPECT_NEAR(brent_root([](double x) { return x < 0.123 ? -1.0 : 1.0; }, {0, 1}), 0.123, 1e-15);
  // Dottie's number, OEIS A003957.
  EXPECT_DOUBLE_EQ(brent_root([](double x) { return std::cos(x) - x; }, {0, 1}), 0.73908513321516064166);
}

TEST(Roots, EndsAndErrors) {
  const auto line = [](double x) { return x - 1; };
  EXPECT_EQ(brent_root(line, {1, 2}), 1);
  EXPECT_EQ(brent_root(line, {0, 1}), 1);
  EXPECT_THROW((void)brent_root(line, {2, 3}), std::domain_error);
  const auto never = [](double x) { return x > 0.2 && x < 0.8 ? std::nan("") : x - 0.5; };
  EXPECT_THROW((void)brent_root(never, {0, 1}), std::runtime_error);
  EXPECT_THROW((void)newton_root(
                   [&](double x) {
                     return ValueAndSlope{never(x), 1};
                   },
                   {0, 1}, 0.5),
               std::runtime_error);
  EXPECT_THROW((void)newton_root(
                   [](double x) {
                     return ValueAndSlope{x * x + 1, 2 * x};
                   },
                   {0, 1}, 0.5),
               std::domain_error);
}

TEST(Minimum, FindsPlacesAndEnds) {
  const Minimum parabola = brent_minimum([](double x) { return (x - 0.3) * (x - 0.3) + 2; }, {-5, 5}, 1e-9);
  EXPECT_NEAR(parabola.place, 0.3, 1e-8);
  EXPECT_DOUBLE_EQ(parabola.value, 2);
  EXPECT_NEAR(brent_minimum([](double x) { return -std::cos(x - 1); }, {-1, 3}, 1e-8).place, 1, 3e-8);
  EXPECT_NEAR(brent_minimum([](double x) { return x; }, {0, 1}, 1e-8).place, 0, 1e-7);
  EXPECT_NEAR(brent_minimum([](double x) { return std::fabs(x - 0.9); }, {0, 1}, 1e-8).place, 0.9, 3e-8);
}

}  // namespace
}  // namespace proffer::statistics
