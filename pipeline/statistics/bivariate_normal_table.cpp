#include "statistics/bivariate_normal_table.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"

namespace proffer::statistics {
namespace {

/// Φ⁻¹(exp(log_p)) for log_p ≤ log ½, also where exp underflows: Newton's method on log Φ, which is concave.
double quantile_of_log(double log_p) {
  double q = log_p > -600 ? normal_quantile(std::exp(log_p)) : -std::sqrt(-2 * log_p);
  for (int step = 0; step < 4; ++step) q -= (log_normal_cdf(q) - log_p) / inverse_mills_ratio(q);
  return q;
}

/// The steps that tests/statistics/bivariate_normal_table_test.cpp found close enough: the fourth derivatives grow as
/// the conditional distribution narrows.
double steps_per_unit(double rho) {
  const double size = std::fabs(rho);
  if (size == 0) return 1;
  if (size <= 0.05) return 8;
  if (size <= 0.3) return 12;
  if (size <= 0.6) return 16;
  return size <= 0.85 ? 24 : 40;
}

}  // namespace

double conditional_quantile(double x, double y, double rho) {
  if (!std::isfinite(x) || !std::isfinite(y) || !(rho > -1 && rho < 1))
    throw std::domain_error("conditional_quantile: finite x, y and a correlation inside (-1, 1)");
  if (rho == 0) return y;
  constexpr double log_half = -0.69314718055994530942;
  const double below = log_bivariate_normal(x, y, rho).value - log_normal_cdf(x);
  if (below <= log_half) return quantile_of_log(below);
  const double above = log_bivariate_normal(x, -y, -rho).value - log_normal_cdf(x);
  return -quantile_of_log(std::min(above, log_half));
}

ConditionalQuantileTable::ConditionalQuantileTable(double rho) : rho_(rho), per_step_(steps_per_unit(rho)) {
  if (!(std::fabs(rho) <= largest_rho))
    throw std::domain_error("ConditionalQuantileTable: a correlation of at most 0.95 in size");
  const auto cells = [this](double low, double high) { return static_cast<std::size_t>((high - low) * per_step_); };
  const std::size_t rows = cells(low_x, high_x) + 3;
  width_ = cells(low_y, high_y) + 3;
  values_.reserve(rows * width_);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < width_; ++j)
      values_.push_back(conditional_quantile(low_x + (static_cast<double>(i) - 1) / per_step_,
                                             low_y + (static_cast<double>(j) - 1) / per_step_, rho));
}

double ConditionalQuantileTable::outside(double x, double y) const {
  if (std::isnan(x) || std::isnan(y)) return x + y;
  // Beyond 40 standard deviations Φ is 0 or 1 and so is what depends on it.
  return conditional_quantile(std::clamp(x, -40.0, 40.0), std::clamp(y, -200.0, 200.0), rho_);
}

}  // namespace proffer::statistics
