// Marginals and dependence of the synthetic population: constants fitted to public data, and the Gaussian copula that
// joins them (Nelsen 2006, "An introduction to copulas", section 2.3): feature = Q(Φ(z)), z ~ N(0, Σ).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace proffer::borrowers {

/// One fitted marginal: quantiles at fitted_levels() of a continuous feature, or shares of the counts 0, 1, ….
struct Fitted {
  enum class Shape { continuous, count };
  const char* name;
  Shape shape;
  std::span<const double> values;
  const char* source;  ///< the public data set
};

/// Probability levels of the quantile knots, from 0 to 1.
[[nodiscard]] std::span<const double> fitted_levels();
/// The first latent variables, in their order.
[[nodiscard]] std::span<const Fitted> fitted_marginals();
/// Strict lower triangle, row by row, of the correlation matrix of all latent variables.
[[nodiscard]] std::span<const double> fitted_correlations();
/// Shares of the labels (columns) by tenth of age (rows), row by row.
[[nodiscard]] std::span<const double> employment_by_age();
[[nodiscard]] std::span<const double> marital_by_age_band();

/// The latent variables. The fitted ones come first; those from tenure_months on have marginals of our own.
namespace latent {
enum : std::size_t {
  age,
  income_monthly,
  utilisation,
  debt_to_income,
  card_limit,
  card_bill,
  card_paid,
  card_bill_change,
  bureau_score,
  internal_score,
  last_loan_amount,
  account_balance,
  open_accounts,
  delinquencies_30d,
  delinquencies_60d,
  delinquencies_90d,
  mortgages,
  dependents,
  card_months_behind,
  months_since_last_loan,
  prior_loans,
  contacts_this_year,
  contacts_before,
  has_housing_loan,
  has_other_loan,
  education,
  tenure_months,
  employment_months,
  address_months,
  enquiries_6m,
  income_volatility,
  device_age_days,
  email_age_days,
  applications_same_device,
  ip_distance_km,
  form_seconds,
  size
};
}  // namespace latent

/// z ↦ Q(Φ(z)), tabulated.
class Marginal {
 public:
  /// Piecewise linear between quantile knots.
  static Marginal continuous(std::span<const double> levels, std::span<const double> knots);
  /// shares[k] = P(X = k); they sum to 1.
  static Marginal count(std::span<const double> shares);
  /// Any increasing function of z.
  static Marginal of(const std::function<double(double)>& quantile_of_normal);
  [[nodiscard]] double operator()(double z) const;

 private:
  static constexpr double reach_ = 6;
  static constexpr std::size_t cells_per_unit_ = 256;
  std::vector<double> grid_;        // values at −reach_ + i / cells_per_unit_
  std::vector<double> thresholds_;  // of a count: X = how many z is not below
};

/// Correlated standard normals from independent ones.
class Copula {
 public:
  /// With the fitted correlations.
  Copula();
  /// In place: `normals` is latent::size × rows, variable by variable.
  void correlate(std::span<double> normals, std::size_t rows) const;

 private:
  std::vector<double> factor_;  // Cholesky factor, latent::size × latent::size, row-major
};

/// The marginals of all latent variables, in order.
[[nodiscard]] std::vector<Marginal> latent_marginals();

}  // namespace proffer::borrowers
