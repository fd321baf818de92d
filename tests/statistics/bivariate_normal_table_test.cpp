#include "statistics/bivariate_normal_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "parallel/random.hpp"
#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"

namespace proffer::statistics {
namespace {

long double wide_cdf(long double x) {
  return 0.5L * std::erfc(-x * 0.70710678118654752440084436210485L);
}

/// Φ₂(x, y; ρ)/Φ(x) in extended precision: the mean of Φ((y − ρt)/√(1 − ρ²)) over φ(t), t ≤ x, by Gauss rules on narrow
/// panels.
long double reference(long double x, long double y, long double rho) {
  const long double width = std::sqrt((1 - rho) * (1 + rho));
  long double sum = 0;
  for (long double low = x - 24; low < x - 1e-6L; low += 0.25L)
    sum += boost::math::quadrature::gauss<long double, 30>::integrate(
        [&](long double t) {
          return std::exp(-0.5L * t * t) * 0.39894228040143267793994605993438L * wide_cdf((y - rho * t) / width);
        },
        low, low + 0.25L);
  return sum / wide_cdf(x);
}

double uniform(std::uint64_t draw, double low, double high) {
  return low + (high - low) * parallel::to_unit_interval(parallel::random_bits(1, draw, 2));
}

TEST(ConditionalQuantile, AgreesWithExtendedPrecisionOverTheWholeRangeOfCorrelations) {
  std::uint64_t draw = 0;
  for (const double rho : {-0.999, -0.95, -0.9, -0.7, -0.3, -0.01, 0.05, 0.2, 0.5, 0.8, 0.93, 0.99})
    for (int i = 0; i < 60; ++i) {
      const double x = uniform(++draw, -6, 6), y = uniform(++draw, -7, 7);
      const long double p = reference(x, y, rho), complement = reference(x, -y, -rho);
      if (std::min(p, complement) < 1e-300L) continue;
      const double q = conditional_quantile(x, y, rho);
      const long double found = p < complement ? wide_cdf(q) / p : wide_cdf(-q) / complement;
      EXPECT_NEAR(static_cast<double>(found), 1, 2e-8 * (1 + std::fabs(q))) << x << ' ' << y << ' ' << rho;
    }
}

TEST(ConditionalQuantile, Ends) {
  EXPECT_EQ(conditional_quantile(0.3, -1.2, 0), -1.2);
  // Nearly everyone takes: the conditional probability is that of everyone.
  EXPECT_NEAR(conditional_quantile(9, -1.2, 0.6), -1.2, 1e-9);
  // Medians: at x = 0 and y = 0, Φ₂/Φ = ½ + asin(ρ)/π.
  EXPECT_NEAR(conditional_quantile(0, 0, 0.5), normal_quantile(0.5 + std::asin(0.5) / std::acos(-1)), 1e-12);
  EXPECT_TRUE(std::isfinite(conditional_quantile(-40, -200, -0.95)));
  EXPECT_THROW((void)conditional_quantile(0, 0, 1), std::domain_error);
  EXPECT_THROW((void)conditional_quantile(std::numeric_limits<double>::infinity(), 0, 0.1), std::domain_error);
}

TEST(ConditionalQuantileTable, StaysWithinItsBound) {
  std::uint64_t draw = 0;
  for (const double rho : {-0.85, -0.6, -0.3, -0.05, 0.0, 0.05, 0.3, 0.6}) {
    const ConditionalQuantileTable table(rho);
    double worst = 0;
    for (int i = 0; i < 4000; ++i) {
      const double x = uniform(++draw, -7, 7), y = uniform(++draw, -8, 8);
      worst = std::max(worst, std::fabs(table(x, y) - conditional_quantile(x, y, rho)));
    }
    EXPECT_LT(worst, ConditionalQuantileTable::error_bound) << rho;
  }
}

TEST(ConditionalQuantileTable, IsExactAtItsNodesAndOutside) {
  const ConditionalQuantileTable table(0.25);
  for (const double x : {-6.0, -1.5, 0.0, 2.25, 5.75})
    for (const double y : {-7.0, -0.25, 3.5, 6.75}) EXPECT_NEAR(table(x, y), conditional_quantile(x, y, 0.25), 1e-14);
  EXPECT_EQ(table(-8.5, 0.1), conditional_quantile(-8.5, 0.1, 0.25));
  EXPECT_EQ(table(6, 0.1), conditional_quantile(6, 0.1, 0.25));
  EXPECT_EQ(table(1, -9), conditional_quantile(1, -9, 0.25));
  EXPECT_TRUE(std::isnan(table(std::nan(""), 0)));
  EXPECT_THROW((void)ConditionalQuantileTable(0.951), std::domain_error);
}

}  // namespace
}  // namespace proffer::statistics
