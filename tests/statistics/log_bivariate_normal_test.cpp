#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"

namespace proffer::statistics {
namespace {

/// log ∫ φ(t) Φ((y − ρt)/√(1−ρ²)) dt over t ≤ x in extended precision by plain summation: trapezoids of the smooth
/// function that comes from t = x − exp(s − exp(−s)), which decays doubly exponentially at both ends.
long double reference(long double x, long double y, long double rho) {
  const long double width = std::sqrt((1 - rho) * (1 + rho));
  const auto log_inner = [](long double u) {  // log Φ; far out by Laplace's continued fraction
    if (u > -20) return std::log(0.5L * std::erfc(-u * 0.70710678118654752440084436210485L));
    long double fraction = -u;
    for (int level = 60; level >= 1; --level) fraction = -u + static_cast<long double>(level) / fraction;
    return -0.5L * u * u - 0.91893853320467274178032973640562L - std::log(fraction);
  };
  constexpr int steps = 8000;
  constexpr long double first = -5;
  constexpr long double last = 6;
  const auto log_term = [&](int i) {
    const long double s = first + (last - first) * static_cast<long double>(i) / steps;
    const long double distance = std::exp(s - std::exp(-s));
    const long double t = x - distance;
    return -0.5L * t * t + log_inner((y - rho * t) / width) + std::log(distance * (1 + std::exp(-s)));
  };
  std::vector<long double> terms;
  for (int i = 0; i <= steps; ++i) terms.push_back(log_term(i));
  const long double largest = *std::max_element(terms.begin(), terms.end());
  long double sum = 0;
  for (const long double term : terms) sum += std::exp(term - largest);
  return largest + std::log(sum * (last - first) / steps) - 0.91893853320467274178032973640562L;
}

TEST(LogBivariateNormal, AgreesWithAnotherRuleAlsoWhereTheProbabilityUnderflows) {
  for (const double rho : {-0.99, -0.9, -0.5, -0.1, 0.2, 0.6, 0.95})
    for (const double x : {-60.0, -9.0, -6.0, -3.0, -1.0, 0.5, 3.0})
      for (const double y : {-40.0, -7.0, -4.0, -2.0, 0.0, 1.0, 4.0}) {
        const auto expected = static_cast<double>(reference(x, y, rho));
        EXPECT_NEAR(log_bivariate_normal(x, y, rho).value, expected, 3e-7) << x << ' ' << y << ' ' << rho;
      }
}

TEST(LogBivariateNormal, DerivativesAgreeWithDifferences) {
  const auto value = [](double x, double y, double rho) { return log_bivariate_normal(x, y, rho).value; };
  for (const double rho : {-0.8, -0.3, 0.0, 0.4, 0.95})
    for (const double x : {-30.0, -5.0, -0.7, 2.0})
      for (const double y : {-20.0, -3.0, 0.3, 3.0}) {
        const LogBivariateNormal found = log_bivariate_normal(x, y, rho);
        constexpr double step = 1e-4;
        const double by_x = (value(x + step, y, rho) - value(x - step, y, rho)) / (2 * step);
        const double by_y = (value(x, y + step, rho) - value(x, y - step, rho)) / (2 * step);
        const double by_rho = (value(x, y, rho + step) - value(x, y, rho - step)) / (2 * step);
        EXPECT_NEAR(found.by_x, by_x, 1e-3 + 1e-4 * std::fabs(by_x)) << x << ' ' << y << ' ' << rho;
        EXPECT_NEAR(found.by_y, by_y, 1e-3 + 1e-4 * std::fabs(by_y)) << x << ' ' << y << ' ' << rho;
        EXPECT_NEAR(found.by_rho, by_rho, 1e-3 + 1e-3 * std::fabs(by_rho)) << x << ' ' << y << ' ' << rho;
      }
}

TEST(LogBivariateNormal, IsContinuousWhereTheMethodChanges) {
  double before = log_bivariate_normal(-4, -4.0, -0.2).value;
  for (double y = -4; y > -7; y -= 0.001) {
    const double here = log_bivariate_normal(-4, y, -0.2).value;
    EXPECT_LT(here, before + 1e-9);
    EXPECT_GT(here, before - 0.02);
    before = here;
  }
}

TEST(LogBivariateNormal, StaysFiniteFarOut) {
  for (const double rho : {-0.999, -0.5, 0.0, 0.5, 0.999})
    for (const double x : {-1e6, -300.0, 0.0, 300.0, 1e6})
      for (const double y : {-1e6, -300.0, 0.0, 300.0, 1e6}) {
        const LogBivariateNormal found = log_bivariate_normal(x, y, rho);
        EXPECT_TRUE(std::isfinite(found.value)) << x << ' ' << y << ' ' << rho;
        EXPECT_LE(found.value, 0.0);
        EXPECT_TRUE(std::isfinite(found.by_x) && std::isfinite(found.by_y) && std::isfinite(found.by_rho))
            << x << ' ' << y << ' ' << rho << ": " << found.by_x << ' ' << found.by_y << ' ' << found.by_rho;
      }
  EXPECT_THROW((void)log_bivariate_normal(0, 0, 1), std::domain_error);
  EXPECT_THROW((void)log_bivariate_normal(std::nan(""), 0, 0), std::domain_error);
}

}  // namespace
}  // namespace proffer::statistics
