#include "statistics/normal.hpp"

#include <gtest/gtest.h>

#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/log1p.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace proffer::statistics {
namespace {

using Real = boost::multiprecision::cpp_bin_float_50;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double ulp = std::numeric_limits<double>::epsilon();

Real reference_cdf(const Real& x) {
  return boost::math::erfc(Real(-x / sqrt(Real(2)))) / 2;
}
Real reference_density(const Real& x) {
  return exp(-x * x / 2) / sqrt(2 * boost::math::constants::pi<Real>());
}

/// log Φ(x), from the smaller of Φ(x) and Φ(−x).
Real reference_log_cdf(const Real& x) {
  return x < 0 ? log(reference_cdf(x)) : boost::math::log1p(Real(-reference_cdf(-x)));
}

double relative_error(double calculated, const Real& expected) {
  return static_cast<double>(abs((Real(calculated) - expected) / expected));
}

TEST(Normal, CdfAgreesWith50DigitsDownToTheSmallestNormalNumber) {
  double worst = 0;
  for (double x = -37.5; x < 9; x += 0.0973) worst = std::max(worst, relative_error(normal_cdf(x), reference_cdf(x)));
  EXPECT_LT(worst, 6 * ulp);
  EXPECT_NEAR(normal_cdf(-38.2), static_cast<double>(reference_cdf(-38.2)), 5e-324);
}

TEST(Normal, DensityAgreesWith50Digits) {
  double worst = 0;
  for (double x = -37.5; x < 37.5; x += 0.123)
    worst = std::max(worst, relative_error(normal_density(x), reference_density(x)));
  EXPECT_LT(worst, 4 * ulp);
}

TEST(Normal, CdfAndDensityTogetherAreTheSameBits) {
  for (double x = -41; x < 41; x += 0.0317) {
    const CdfAndDensity both = normal_cdf_and_density(x);
    EXPECT_EQ(both.cdf, normal_cdf(x)) << x;
    EXPECT_EQ(both.density, normal_density(x)) << x;
  }
  EXPECT_TRUE(std::isnan(normal_cdf_and_density(std::nan("")).cdf));
}

TEST(Normal, LogCdfAgreesWith50Digits) {
  double worst = 0;
  for (double x = -37.5; x < 37; x += 0.0973)
    worst = std::max(worst, relative_error(log_normal_cdf(x), reference_log_cdf(x)));
  for (const double x : {-50.0, -100.5, -333.3, -1000.0})
    worst = std::max(worst, relative_error(log_normal_cdf(x), reference_log_cdf(x)));
  EXPECT_LT(worst, 6 * ulp);
}

TEST(Normal, InverseMillsRatioAgreesWith50Digits) {
  double worst = 0;
  for (double x = -37.5; x < 37; x += 0.0973)
    worst = std::max(worst, relative_error(inverse_mills_ratio(x), reference_density(x) / reference_cdf(x)));
  for (const double x : {-50.0, -100.5, -1000.0})
    worst = std::max(worst, relative_error(inverse_mills_ratio(x), reference_density(x) / reference_cdf(x)));
  EXPECT_LT(worst, 10 * ulp);
  // −x − 1/x + 2/x³ …, the asymptotic series
  EXPECT_DOUBLE_EQ(inverse_mills_ratio(-1e9), 1e9);
}

TEST(Normal, QuantileInvertsTheCdfToFullPrecision) {
  double worst = 0;
  const auto error_at = [](double p) {
    const double x = normal_quantile(p);
    if (x == 0) return p == 0.5 ? 0.0 : 1.0;
    // One Newton step from x, relative to x, is the error of x.
    return static_cast<double>(abs((reference_cdf(x) - Real(p)) / reference_density(x) / x));
  };
  for (double p = 0.0007; p < 1; p += 0.0023) worst = std::max(worst, error_at(p));
  for (double p = 0.3; p > 1e-300; p *= 0.41) worst = std::max(worst, error_at(p));
  for (double p = 0.3; p > 1e-15; p *= 0.61) worst = std::max({worst, error_at(1 - p), error_at(0.5 + p * 0.9)});
  EXPECT_LT(worst, 5 * ulp);
}

// Abramowitz & Stegun (1964), table 26.1 and 26.5.
TEST(Normal, PublishedValues) {
  EXPECT_NEAR(normal_cdf(1), 0.841344746068543, 5e-16);
  EXPECT_NEAR(normal_cdf(2), 0.977249868051821, 5e-16);
  EXPECT_NEAR(normal_density(0.5), 0.352065326764300, 5e-16);
  EXPECT_NEAR(normal_quantile(0.975), 1.95996398454005, 5e-15);
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_EQ(normal_cdf(0), 0.5);
}

TEST(Normal, Ends) {
  EXPECT_EQ(normal_cdf(-infinity), 0);
  EXPECT_EQ(normal_cdf(infinity), 1);
  EXPECT_EQ(normal_cdf(-1e10), 0);
  EXPECT_EQ(normal_density(infinity), 0);
  EXPECT_EQ(log_normal_cdf(-infinity), -infinity);
  EXPECT_EQ(log_normal_cdf(infinity), 0);
  EXPECT_EQ(inverse_mills_ratio(-infinity), infinity);
  EXPECT_EQ(inverse_mills_ratio(infinity), 0);
  EXPECT_EQ(normal_quantile(0), -infinity);
  EXPECT_EQ(normal_quantile(1), infinity);
  EXPECT_TRUE(std::isfinite(normal_quantile(std::numeric_limits<double>::denorm_min())));
  for (const auto function : {normal_cdf, normal_density, log_normal_cdf, inverse_mills_ratio})
    EXPECT_TRUE(std::isnan(function(std::nan(""))));
  EXPECT_THROW((void)normal_quantile(-0.1), std::domain_error);
  EXPECT_THROW((void)normal_quantile(1.1), std::domain_error);
  EXPECT_THROW((void)normal_quantile(std::nan("")), std::domain_error);
}

}  // namespace
}  // namespace proffer::statistics
