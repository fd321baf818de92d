#include "statistics/bivariate_normal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "statistics/normal.hpp"

namespace proffer::statistics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

long double wide_cdf(long double x) {
  return 0.5L * std::erfc(-x / std::numbers::sqrt2_v<long double>);
}
long double wide_density(long double x) {
  return std::exp(-0.5L * x * x) * std::numbers::inv_sqrtpi_v<long double> / std::numbers::sqrt2_v<long double>;
}

/// ∫ φ(t) Φ((y − ρt)/√(1 − ρ²)) dt up to x, by 30-point Gauss rules in extended precision on panels that are narrow
/// where the inner Φ jumps. Another formula than the one tested.
long double reference(long double x, long double y, long double rho) {
  const long double width = std::sqrt((1 - rho) * (1 + rho));
  const long double jump = y / rho;
  std::vector<long double> ends;
  for (long double t = -40; t < x; t += 0.5L) ends.push_back(t);
  for (int step = -24; step <= 24; ++step) {
    const long double t = jump + 0.5L * static_cast<long double>(step) * width / std::fabs(rho);
    if (t > -40 && t < x) ends.push_back(t);
  }
  ends.push_back(x);
  std::sort(ends.begin(), ends.end());
  long double sum = 0;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i)
    if (ends[i + 1] > ends[i])
      sum += boost::math::quadrature::gauss<long double, 30>::integrate(
          [&](long double t) { return wide_density(t) * wide_cdf((y - rho * t) / width); }, ends[i], ends[i + 1]);
  return sum;
}

TEST(BivariateNormal, AgreesWithAnotherFormulaInExtendedPrecision) {
  double worst = 0;
  for (const double rho :
       {0.01, 0.1, 0.29, 0.31, 0.5, 0.74, 0.76, 0.9, 0.924, 0.926, 0.95, 0.99, 0.999, 0.99999, 0.9999999, 1 - 1e-12})
    for (const double sign : {-1.0, 1.0})
      for (const double x : {-7.3, -3.1, -1.2, -0.4, 0.0, 0.013, 0.9, 2.2, 4.7})
        for (const double y : {-6.1, -3.1, -1.2, -0.39, 0.0, 0.4, 1.1, 2.2, 5.9}) {
          const double calculated = bivariate_normal_cdf(x, y, sign * rho);
          const auto error = static_cast<double>(std::fabs(calculated - reference(x, y, sign * rho)));
          ASSERT_LT(error, 1e-15) << x << ' ' << y << ' ' << sign * rho << " calculated " << calculated;
          worst = std::max(worst, error);
        }
  RecordProperty("worst_absolute_error", std::to_string(worst * 1e16) + "e-16");
}

TEST(BivariateNormal, ClosedFormAtTheOrigin) {
  for (double rho = -1; rho <= 1; rho += 0.0625)
    EXPECT_NEAR(bivariate_normal_cdf(0, 0, rho), 0.25 + std::asin(rho) / (2 * std::numbers::pi), 3e-16) << rho;
}

TEST(BivariateNormal, PerfectCorrelationAndIndependence) {
  for (const double x : {-3.0, -0.5, 0.0, 1.5})
    for (const double y : {-2.0, -0.5, 0.5, 2.5}) {
      EXPECT_NEAR(bivariate_normal_cdf(x, y, 1), normal_cdf(std::min(x, y)), 1e-16);
      EXPECT_NEAR(bivariate_normal_cdf(x, y, -1), std::max(0.0, normal_cdf(x) - normal_cdf(-y)), 1e-16);
      EXPECT_EQ(bivariate_normal_cdf(x, y, 0), normal_cdf(x) * normal_cdf(y));
    }
}

TEST(BivariateNormal, SymmetryAndComplement) {
  for (const double rho : {-0.99, -0.93, -0.5, 0.2, 0.8, 0.97})
    for (const double x : {-2.5, -0.3, 0.0, 1.7})
      for (const double y : {-3.5, -0.2, 0.6, 2.9}) {
        EXPECT_NEAR(bivariate_normal_cdf(x, y, rho), bivariate_normal_cdf(y, x, rho), 4e-16);
        EXPECT_NEAR(bivariate_normal_cdf(x, y, rho) + bivariate_normal_cdf(x, -y, -rho), normal_cdf(x), 1e-15);
      }
}

TEST(BivariateNormal, IsTheSameBitsWithoutVectorInstructions) {
  for (double rho = -0.9; rho < 0.95; rho += 0.1) {
    const BivariateNormalCdf here(rho), portable(rho, true);
    for (double x = -6; x < 6; x += 0.37)
      for (double y = -5; y < 6; y += 0.41) EXPECT_EQ(here(x, y), portable(x, y)) << x << ' ' << y << ' ' << rho;
  }
}

TEST(BivariateNormal, IncreasesWithTheCorrelation) {
  for (const double x : {-1.0, 0.2, 1.5}) {
    double before = -1;
    for (int step = -1000; step <= 1000; ++step) {
      const double value = bivariate_normal_cdf(x, 0.3, step / 1000.0);
      EXPECT_GE(value, before - 1e-15) << step;
      before = value;
    }
  }
}

TEST(BivariateNormal, Ends) {
  for (const double rho : {-1.0, -0.95, -0.2, 0.0, 0.4, 1.0}) {
    EXPECT_EQ(bivariate_normal_cdf(-infinity, 1, rho), 0);
    EXPECT_EQ(bivariate_normal_cdf(1, -infinity, rho), 0);
    EXPECT_EQ(bivariate_normal_cdf(-infinity, infinity, rho), 0);
    EXPECT_EQ(bivariate_normal_cdf(infinity, infinity, rho), 1);
    EXPECT_EQ(bivariate_normal_cdf(infinity, 0.7, rho), normal_cdf(0.7));
    EXPECT_EQ(bivariate_normal_cdf(0.7, infinity, rho), normal_cdf(0.7));
    EXPECT_NEAR(bivariate_normal_cdf(0.7, 1e8, rho), normal_cdf(0.7), 2e-16);
    EXPECT_NEAR(bivariate_normal_cdf(1e8, -1e8, rho), 0, 1e-300);
    EXPECT_TRUE(std::isnan(bivariate_normal_cdf(std::nan(""), 0, rho)));
    if (std::fabs(rho) < 0.9) {
      EXPECT_NEAR(bivariate_normal_cdf(1e200, 0, rho), 0.5, 1e-15);
    }
  }
  EXPECT_TRUE(std::isnan(bivariate_normal_cdf(0, 0, std::nan(""))));
  EXPECT_THROW((void)bivariate_normal_cdf(0, 0, 1.0000001), std::domain_error);
}

TEST(BivariateNormal, DensityIsTheDerivativeByTheCorrelation) {
  for (const double rho : {-0.9, -0.3, 0.2, 0.85})
    for (const double x : {-1.5, 0.3})
      for (const double y : {-0.7, 1.1}) {
        constexpr double step = 1e-5;
        const double difference =
            (bivariate_normal_cdf(x, y, rho + step) - bivariate_normal_cdf(x, y, rho - step)) / (2 * step);
        EXPECT_NEAR(bivariate_normal_density(x, y, rho), difference, 1e-8);
        const double direct = std::exp(-(x * x - 2 * rho * x * y + y * y) / (2 * (1 - rho * rho))) /
                              (2 * std::numbers::pi * std::sqrt(1 - rho * rho));
        EXPECT_NEAR(bivariate_normal_density(x, y, rho), direct, 1e-15);
      }
  EXPECT_THROW((void)bivariate_normal_density(0, 0, 1), std::domain_error);
}

}  // namespace
}  // namespace proffer::statistics
