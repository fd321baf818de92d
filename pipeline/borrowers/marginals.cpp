#include "borrowers/marginals.hpp"

#include <algorithm>
#include <cmath>

#include "foundation/error.hpp"
#include "statistics/normal.hpp"

namespace proffer::borrowers {
namespace {

double interpolate(std::span<const double> at, std::span<const double> values, double x) {
  const auto above = std::upper_bound(at.begin() + 1, at.end() - 1, x);
  const auto i = static_cast<std::size_t>(above - at.begin());
  return values[i - 1] + (values[i] - values[i - 1]) * (x - at[i - 1]) / (at[i] - at[i - 1]);
}

// Months and signals that the public data do not hold: shapes assumed, listed in docs/synthetic-population.md.
Marginal log_normal(double median, double spread, double cap) {
  return Marginal::of([=](double z) { return std::min(cap, median * std::exp(spread * z)); });
}

}  // namespace

Marginal Marginal::of(const std::function<double(double)>& quantile_of_normal) {
  Marginal made;
  const auto cells = static_cast<std::size_t>(2 * reach_) * cells_per_unit_;
  for (std::size_t i = 0; i <= cells; ++i)
    made.grid_.push_back(quantile_of_normal(-reach_ + static_cast<double>(i) / static_cast<double>(cells_per_unit_)));
  return made;
}

Marginal Marginal::continuous(std::span<const double> levels, std::span<const double> knots) {
  expects(levels.size() == knots.size() && levels.size() > 1, "one knot per level");
  return of([=](double z) { return interpolate(levels, knots, statistics::normal_cdf(z)); });
}

Marginal Marginal::count(std::span<const double> shares) {
  Marginal made;
  double below = 0;
  for (std::size_t k = 0; k + 1 < shares.size(); ++k) {
    below = std::min(1.0, below + shares[k]);
    made.thresholds_.push_back(statistics::normal_quantile(below));
  }
  return made;
}

double Marginal::operator()(double z) const {
  if (grid_.empty()) {
    double count = 0;
    for (const double threshold : thresholds_) {
      if (z < threshold) break;
      count += 1;
    }
    return count;
  }
  const double place = (std::clamp(z, -reach_, reach_) + reach_) * static_cast<double>(cells_per_unit_);
  const std::size_t cell = std::min(static_cast<std::size_t>(place), grid_.size() - 2);
  const double part = place - static_cast<double>(cell);
  return grid_[cell] + part * (grid_[cell + 1] - grid_[cell]);
}

Copula::Copula() : factor_(latent::size * latent::size, 0.0) {
  constexpr std::size_t n = latent::size;
  const auto lower = fitted_correlations();
  expects(lower.size() == n * (n - 1) / 2, "one correlation per pair of latent variables");
  for (std::size_t i = 0, next = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = i == j ? 1.0 : lower[next++];
      for (std::size_t k = 0; k < j; ++k) rest -= factor_[i * n + k] * factor_[j * n + k];
      factor_[i * n + j] = i == j ? std::sqrt(rest) : rest / factor_[j * n + j];
    }
    expects(factor_[i * n + i] > 0, "the fitted correlations are positive definite");
  }
}

void Copula::correlate(std::span<double> normals, std::size_t rows) const {
  constexpr std::size_t n = latent::size;
  expects(normals.size() == n * rows, "one row of normals per latent variable");
  for (std::size_t i = n; i-- > 0;) {  // from the last on, so that what is still needed is not overwritten
    double* out = normals.data() + i * rows;
    const double own = factor_[i * n + i];
    for (std::size_t row = 0; row < rows; ++row) out[row] *= own;
    for (std::size_t k = 0; k < i; ++k) {
      const double weight = factor_[i * n + k];
      const double* in = normals.data() + k * rows;
      for (std::size_t row = 0; row < rows; ++row) out[row] += weight * in[row];
    }
  }
}

std::vector<Marginal> latent_marginals() {
  std::vector<Marginal> all;
  for (const Fitted& fitted : fitted_marginals())
    all.push_back(fitted.shape == Fitted::Shape::continuous ? Marginal::continuous(fitted_levels(), fitted.values)
                                                            : Marginal::count(fitted.values));
  expects(all.size() == latent::tenure_months, "the fitted variables come first");
  constexpr std::array enquiries{0.48, 0.24, 0.13, 0.07, 0.04, 0.02, 0.01, 0.006, 0.004};
  constexpr std::array same_device{0.88, 0.08, 0.02, 0.008, 0.005, 0.003, 0.002, 0.001, 0.001};
  all.push_back(log_normal(30, 1.1, 480));      // tenure_months
  all.push_back(log_normal(48, 1.0, 540));      // employment_months
  all.push_back(log_normal(60, 1.0, 720));      // address_months
  all.push_back(Marginal::count(enquiries));    // enquiries_6m
  all.push_back(log_normal(0.12, 0.7, 2));      // income_volatility
  all.push_back(log_normal(300, 1.2, 3000));    // device_age_days
  all.push_back(log_normal(1500, 1.1, 9000));   // email_age_days
  all.push_back(Marginal::count(same_device));  // applications_same_device
  all.push_back(log_normal(9, 1.7, 15000));     // ip_distance_km
  all.push_back(log_normal(240, 0.6, 3600));    // form_seconds
  expects(all.size() == latent::size, "one marginal per latent variable");
  return all;
}

}  // namespace proffer::borrowers
