#include "borrowers/synthetic_people.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "foundation/error.hpp"
#include "parallel/random.hpp"
#include "statistics/normal.hpp"

namespace proffer::borrowers {
namespace {

using parallel::purpose;
using parallel::random_bits;
using parallel::to_unit_interval;

/// What is told of each latent variable's feature: multiples of this (0: as it is).
constexpr std::array<double, latent::size> steps{1, 1, 1e-4, 1e-4, 10, 1, 1, 1e-4, 1, 1, 1, 1, 0,    0, 0, 0, 0,   0,
                                                 0, 0, 0,    0,    0,  0, 0, 0,    1, 1, 1, 0, 1e-3, 1, 1, 0, 0.1, 1};

/// Drift of the latent normals per month, where there is any.
struct Trend {
  std::size_t variable;
  double per_month;
};
constexpr std::array trends{Trend{latent::utilisation, 0.006},    Trend{latent::income_monthly, 0.003},
                            Trend{latent::enquiries_6m, 0.008},   Trend{latent::device_age_days, 0.004},
                            Trend{latent::contacts_before, 0.01}, Trend{latent::card_bill, 0.004}};

// Karlan and Zinman's provinces in order of size; those below 3 % together.
constexpr std::array regions{0.4413, 0.3568, 0.0693, 0.0526, 0.0502, 0.0298};
// Their share of rural borrowers (0.158); the split of the others is assumed.
constexpr std::array city_tiers{0.30, 0.33, 0.212, 0.158};
constexpr std::array hours{0.012, 0.008, 0.006, 0.005, 0.005, 0.008, 0.015, 0.03, 0.05, 0.065, 0.07,  0.07,
                           0.065, 0.06,  0.06,  0.06,  0.06,  0.065, 0.07,  0.07, 0.06, 0.045, 0.026, 0.015};
constexpr double female_share = 0.476;  // Karlan and Zinman

float pick(std::span<const double> shares, double u) {
  std::size_t code = 0;
  for (double below = shares[0]; code + 1 < shares.size() && u >= below; below += shares[++code]) {
  }
  return static_cast<float>(code);
}

float flag(double u, double probability) {
  return u < probability ? 1.0F : 0.0F;
}

}  // namespace

void Crowd::draw(std::span<const std::uint64_t> ids, std::span<const int> months, People& people) {
  expects(ids.size() == months.size(), "one month per borrower");
  people.truth.resize(ids.size() * column::size);
  people.shown.resize(ids.size() * column::size);
  constexpr std::size_t at_once = 256;  // the normals of so many stay in the cache
  for (std::size_t first = 0; first < ids.size(); first += at_once) {
    const std::size_t rows = std::min(at_once, ids.size() - first);
    draw_latent(ids.subspan(first, rows), months.subspan(first, rows));
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t at = (first + row) * column::size;
      const auto values = std::span(people.truth).subspan(at, column::size);
      complete(ids[first + row], row, rows, values);
      hide(ids[first + row], values, std::span(people.shown).subspan(at, column::size));
    }
  }
}

void Crowd::draw_latent(std::span<const std::uint64_t> ids, std::span<const int> months) {
  const std::size_t rows = ids.size();
  normals_.resize(latent::size * rows);
  for (std::size_t variable = 0; variable < latent::size; ++variable)
    for (std::size_t row = 0; row < rows; ++row)
      normals_[variable * rows + row] = statistics::normal_quantile(
          to_unit_interval(random_bits(seed_, ids[row], purpose("generate.latent"), variable)));
  copula_.correlate(normals_, rows);
  if (drift_ == 0) return;
  for (const Trend& trend : trends)
    for (std::size_t row = 0; row < rows; ++row)
      normals_[trend.variable * rows + row] += drift_ * trend.per_month * months[row];
}

void Crowd::complete(std::uint64_t id, std::size_t row, std::size_t rows, std::span<float> values) const {
  const auto z = [&](std::size_t variable) { return normals_[variable * rows + row]; };
  for (std::size_t variable = 0; variable < latent::size; ++variable) {
    const double value = marginals_[variable](z(variable));
    const double step = steps[variable];
    values[variable] = static_cast<float>(step > 0 ? std::floor(value / step + 0.5) * step : value);
  }
  const auto u = [&](std::size_t what) {
    return to_unit_interval(random_bits(seed_, id, purpose("generate.person"), what));
  };
  const auto tenth = static_cast<std::size_t>(std::clamp(10 * statistics::normal_cdf(z(latent::age)), 0.0, 9.0));
  const auto by_age = [&](std::span<const double> table) {
    return table.subspan(tenth * (table.size() / 10), table.size() / 10);
  };
  const double young = values[latent::age] < 35 ? 1 : 0;
  values[column::employment] = pick(by_age(employment_by_age()), u(column::employment));
  values[column::region] = pick(regions, u(column::region));
  values[column::city_tier] = pick(city_tiers, u(column::city_tier));
  values[column::sex] = flag(u(column::sex), female_share);
  values[column::marital_status] = pick(by_age(marital_by_age_band()), u(column::marital_status));
  values[column::hour_of_application] = pick(hours, u(column::hour_of_application));
  values[column::phone_verified] = flag(u(column::phone_verified), 0.93);
  values[column::salary_increase] = flag(u(column::salary_increase), 0.05 + 0.03 * young);
  values[column::moved_home] = flag(u(column::moved_home), 0.05 + 0.08 * young);
  const double short_of_money = -1.5 - 0.5 * z(latent::account_balance) + 0.3 * z(latent::utilisation);
  values[column::overdraft_30d] = flag(u(column::overdraft_30d), statistics::normal_cdf(short_of_money));
  values[column::job_change] = flag(u(column::job_change), 0.03 + 0.05 * young);
  values[column::large_withdrawal] = flag(u(column::large_withdrawal), 0.04);
}

void Crowd::hide(std::uint64_t id, std::span<const float> values, std::span<float> shown) const {
  std::copy(values.begin(), values.end(), shown.begin());
  const auto u = [&](std::size_t what) {
    return to_unit_interval(random_bits(seed_, id, purpose("generate.missing"), what));
  };
  const auto lose = [&](std::initializer_list<std::size_t> columns, double probability) {
    if (u(*columns.begin()) >= probability * hidden_) return;
    for (const std::size_t lost : columns) shown[lost] = std::numeric_limits<float>::quiet_NaN();
  };
  // Informative: the poorer and the self-employed tell their income less often, the young have no file at the bureau.
  const int job = static_cast<int>(values[column::employment]);
  const bool own_business = job == employment_code::self_employed || job == employment_code::entrepreneur;
  lose({latent::income_monthly, latent::debt_to_income},
       0.145 + (values[latent::income_monthly] < 4000 ? 0.14 : 0) + (own_business ? 0.18 : 0));
  lose({latent::bureau_score},
       0.09 + (values[latent::age] < 30 ? 0.25 : 0) + (values[latent::open_accounts] < 3 ? 0.15 : 0));
  lose({latent::ip_distance_km}, 0.03 + (values[latent::ip_distance_km] > 500 ? 0.25 : 0));
  // At random, and by structure (borrowers without a card).
  lose({latent::card_limit, latent::card_bill, latent::card_paid, latent::card_bill_change, latent::card_months_behind},
       0.15);
  lose({latent::dependents}, 0.026);
  lose({latent::education}, 0.041);
  lose({column::employment}, 0.006);
  lose({latent::last_loan_amount, latent::months_since_last_loan, latent::prior_loans}, 0.005);
  lose({latent::device_age_days}, 0.02);
  lose({latent::email_age_days}, 0.03);
}

}  // namespace proffer::borrowers
