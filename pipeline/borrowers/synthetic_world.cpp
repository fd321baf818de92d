#include "borrowers/synthetic_world.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "borrowers/synthetic_people.hpp"
#include "statistics/normal.hpp"

namespace proffer::borrowers {
namespace {

/// A borrower's values as doubles under their names' numbers.
struct Values {
  std::span<const float> values;
  double operator[](std::size_t which) const { return static_cast<double>(values[which]); }
  [[nodiscard]] bool works_as(int code) const { return static_cast<int>(values[column::employment]) == code; }
};

// Order of employment_code.
constexpr std::array risk_of_work{0.08, -0.10, -0.04, -0.03, 0.04, -0.05, 0.10, 0.16, 0.38, 0.05, 0.12};
constexpr std::array risk_of_region{0.0, 0.10, 0.03, -0.05, -0.02, 0.06};

double need_for_money(const Values& x) {
  const double age = (x[latent::age] - 42) / 18;
  double f = 0.45 * std::min(1.0, x[latent::utilisation]) + 0.09 * std::min(5.0, x[latent::enquiries_6m]);
  f += 0.22 * std::log1p(x[latent::prior_loans]) - 0.28 * std::log1p(x[latent::months_since_last_loan] / 6);
  f += 0.10 * std::min(3.0, x[latent::contacts_before]) - 0.05 * std::min(8.0, x[latent::contacts_this_year]);
  f -= 0.12 * std::asinh(x[latent::account_balance] / 1500) + 0.15 * std::min(3.0, age * age);
  f += 0.32 * x[column::moved_home] + 0.25 * x[column::large_withdrawal] + 0.18 * x[column::overdraft_30d];
  f += 0.10 * x[latent::has_housing_loan] - 0.15 * x[latent::has_other_loan] + 0.05 * x[latent::dependents];
  // Those who earn more and moved, or run their cards at the edge on a rising bill, want money at once.
  f += 0.30 * x[column::moved_home] * (x[latent::income_monthly] > 6000 ? 1 : 0);
  return f + 0.30 * (x[latent::utilisation] > 0.7 && x[latent::card_bill_change] > 0.1 ? 1 : 0);
}

/// A young customer who asks everywhere and is at the limit already.
bool looks_like_cash_out(const Values& x) {
  return x[latent::enquiries_6m] >= 3 && x[latent::tenure_months] < 18 && x[latent::utilisation] > 0.8;
}

/// Application fraud: who applies, from where, how.
double application_index(const Values& x) {
  const double hour = x[column::hour_of_application];
  const double night = hour < 6 ? 1 : 0;
  const double far = x[latent::ip_distance_km] > 200 ? 1 : 0;
  double h = 0.55 * std::log1p(x[latent::applications_same_device]);
  h += 0.11 * std::log1p(x[latent::ip_distance_km]) - 0.22 * std::log1p(x[latent::device_age_days] / 300);
  h -= 0.25 * std::log1p(x[latent::email_age_days] / 1500) +
       0.18 * std::log(std::max(5.0, x[latent::form_seconds]) / 240);
  return h + 0.6 * (1 - x[column::phone_verified]) + 0.35 * night + 0.5 * night * far;
}

double fraud_index(const Values& x, double cash_out) {
  return application_index(x) + cash_out * (looks_like_cash_out(x) ? 1 : 0);
}

double booking_index(const Values& x) {
  double b = 1.35 - 0.3 * (x[latent::delinquencies_90d] > 0 ? 1 : 0) - 0.25 * (x[latent::debt_to_income] > 1 ? 1 : 0);
  b -= x.works_as(employment_code::unemployed) ? 0.3 : 0.0;
  return b + 0.05 * std::log(x[latent::income_monthly] / 5400);
}

double season(double month) {
  return 0.05 * std::sin(2 * std::numbers::pi * month / 12);
}

double centre(double value, double middle, double scale) {
  return std::clamp((value - middle) / scale, -3.0, 3.0);
}

}  // namespace

double risk_index(std::span<const float> values) {
  const Values x{values};
  const double age = (x[latent::age] - 48) / 15;
  const double unemployed = x.works_as(employment_code::unemployed) ? 1 : 0;
  double g = 0.42 * std::log1p(x[latent::delinquencies_30d]) + 0.40 * std::log1p(x[latent::delinquencies_60d]) +
             0.62 * std::log1p(x[latent::delinquencies_90d]) + 0.20 * std::min(3.0, x[latent::card_months_behind]);
  g += 0.45 * std::min(1.2, x[latent::utilisation]) + 0.8 * std::max(0.0, std::min(1.2, x[latent::utilisation]) - 0.85);
  g += 0.35 * std::tanh(1.5 * (x[latent::debt_to_income] - 0.4)) - 0.20 * std::log(x[latent::income_monthly] / 5400);
  g += 0.08 * std::min(4.0, age * age) - 0.12 * age - 0.28 * centre(x[latent::bureau_score], 625, 90);
  g -= 0.10 * std::log1p(x[latent::tenure_months] / 24) + 0.10 * std::log1p(x[latent::employment_months] / 36);
  g += 0.07 * std::min(6.0, x[latent::enquiries_6m]) + 0.6 * std::min(0.6, x[latent::income_volatility]);
  g += risk_of_work[static_cast<std::size_t>(x[column::employment])];
  g += risk_of_region[static_cast<std::size_t>(x[column::region])];
  g += 0.28 * x[column::overdraft_30d] + 0.18 * x[column::job_change] - 0.22 * x[column::salary_increase];
  // Interactions that a scorecard of single features misses.
  g += 0.40 * unemployed * std::min(1.0, x[latent::utilisation]);
  g += 0.30 * x[column::overdraft_30d] * (x[latent::debt_to_income] > 0.6 ? 1 : 0);
  g += 0.30 * (x[latent::age] < 30 && x[latent::tenure_months] < 12 ? 1 : 0);
  return 0.6 * g;  // so that the best possible AUC among takers is about that reached on public data
}

TruthRow plant(const GenerateSettings& settings, std::span<const float> values, double month,
               const Intercepts& intercepts, double ring_fraud) {
  const Values x{values};
  const double drift = settings.drift;
  const double own_fraud = statistics::normal_cdf(intercepts.fraud + fraud_index(x, settings.cash_out));
  const double risk = risk_index(values);
  const double need = need_for_money(x);
  const double f = intercepts.take + need + drift * (season(month) - 0.004 * month);
  const double g = intercepts.fail + risk + drift * 0.006 * month;
  const double log_income = std::log(x[latent::income_monthly] / 5400);
  const double young = x[latent::age] < 35 ? 1 : 0;
  const auto f32 = [](double value) { return static_cast<float>(value); };
  return {.f_loan = f32(f),
          .f_card = f32(f - 0.15 + 0.25 * young - 0.05 * std::min(6.0, x[latent::open_accounts]) + 0.20),
          .f_phone = f32(settings.phone_effect - 0.35 * young + 0.10 * centre(x[latent::age], 48, 15)),
          .f_uncontacted = f32(f - 1.1),
          .apr_sensitivity = f32(std::clamp(3.2 - 1.4 * need - 0.5 * log_income, 0.8, 7.0)),
          .competitor_apr = f32(std::clamp(0.075 + 0.08 * (risk + 0.2), 0.05, 0.40)),
          .competitor_sensitivity = f32(3.0),
          .limit_sensitivity = f32(std::clamp(0.18 + 0.08 * log_income, 0.05, 0.4)),
          .term_sensitivity = f32(0.10),
          .g_base = f32(g),
          .g_card = f32(0.05),
          .g_apr_sensitivity = f32(std::clamp(2.0 + 1.0 * risk, 0.5, 4.0)),
          .g_burden = f32(0.35),
          .income = f32(x[latent::income_monthly]),
          .p_fraud = f32(own_fraud + ring_fraud * (1 - own_fraud)),
          .p_booked = f32(statistics::normal_cdf(booking_index(x)))};
}

FraudKind fraud_kind(const GenerateSettings& settings, std::span<const float> values, const Intercepts& intercepts,
                     double ring_fraud, double u) {
  const Values x{values};
  const double application = statistics::normal_cdf(intercepts.fraud + application_index(x));
  const double own = statistics::normal_cdf(intercepts.fraud + fraud_index(x, settings.cash_out));
  if (u >= static_cast<double>(static_cast<float>(own + ring_fraud * (1 - own)))) return FraudKind::none;
  if (u < ring_fraud) return FraudKind::ring;
  return u < ring_fraud + application * (1 - ring_fraud) ? FraudKind::application : FraudKind::cash_out;
}

}  // namespace proffer::borrowers
