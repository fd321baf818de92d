#include "verify/cash_flows.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/normal.hpp"

namespace proffer::verify {
namespace {

constexpr double highest_pd = 0.999;

/// Monthly rate on the balance: that of a flat loan is the rate at which its equal instalments repay it.
double rate_on_balance(const Product& product, double apr, int term) {
  const double rate = monthly_rate(apr, product.day_count);
  if (product.convention != "flat") return rate;
  std::vector<double> flows(static_cast<std::size_t>(term) + 1, (1.0 + rate * term) / term);
  flows[0] = -1.0;
  return internal_rate(flows);
}

}  // namespace

double capital_per_unit(double pd, double lgd, const std::string& asset_class) {
  if (asset_class == "none" || pd <= 0 || pd >= 1) return 0;
  double correlation = 0.04;
  if (asset_class == "other_retail") {
    const double weight = (1.0 - std::exp(-35.0 * pd)) / (1.0 - std::exp(-35.0));
    correlation = 0.03 * weight + 0.16 * (1.0 - weight);
  }
  const double stressed =
      (statistics::normal_quantile(pd) + std::sqrt(correlation) * statistics::normal_quantile(0.999)) /
      std::sqrt(1.0 - correlation);
  return lgd * (statistics::normal_cdf(stressed) - pd);
}

Economics read_economics(const RecordedSettings& settings) {
  Economics economics;
  economics.discount_rate = settings.number("economics.discount_rate");
  economics.funding_rate = settings.number("economics.funding_rate");
  economics.servicing = settings.number("economics.servicing_per_month");
  economics.prepayment = settings.numbers("economics.prepayment_monthly");
  if (economics.prepayment.empty()) economics.prepayment = {0.0};
  economics.seasoning = {1.0};
  if (settings.texts("economics.seasoning") != std::vector<std::string>{"constant"})
    economics.seasoning = settings.numbers("economics.seasoning");
  economics.recovery_lag = static_cast<int>(settings.number("economics.recovery_lag_months"));
  economics.hurdle_rate = settings.number("economics.capital.hurdle_rate", 0);
  economics.pd_floor = settings.number("economics.capital.pd_floor", 0);
  economics.lgd_floor = settings.number("economics.capital.lgd_floor", 0);
  return economics;
}

LoanAccount::LoanAccount(const Product& product, double apr, int term, const Economics& economics, int horizon)
    : product_(product),
      economics_(economics),
      rate_(rate_on_balance(product, apr, term)),
      term_(term),
      horizon_(std::min(horizon, term)) {
  for (int step = 0; step <= 8; ++step)
    greatest_fixed_ = std::max(greatest_fixed_, std::abs(worth(highest_pd * step / 8.0).fixed));
}

double LoanAccount::at_month(const std::vector<double>& values, int month) const {
  return values[std::min(values.size(), static_cast<std::size_t>(month)) - 1];
}

LoanAccount::Defaults LoanAccount::defaults_within(int months, double scale) const {
  double open = 1, open_slope = 0, last_hazard = -1, healthy = 1;
  Defaults defaults;
  for (int month = 1; month <= months; ++month) {
    const double hazard = at_month(economics_.seasoning, month);
    if (hazard != last_hazard) healthy = std::exp(-scale * hazard);
    last_hazard = hazard;
    const double stays = 1.0 - (product_.revolving() ? product_.attrition : at_month(economics_.prepayment, month));
    defaults.share += open * (1.0 - healthy);
    defaults.slope += open_slope * (1.0 - healthy) + open * hazard * healthy;
    open_slope = (open_slope - open * hazard) * healthy * stays;
    open *= healthy * stays;
  }
  return defaults;
}

/// The scale at which the PD is reached: Newton's method, or halving where a step leaves the bracket.
double LoanAccount::hazard_scale(double pd) const {
  const double wanted = std::clamp(pd, 0.0, highest_pd);
  if (wanted == 0) return 0;
  double low = 0, high = -std::log1p(-wanted) / economics_.seasoning.front();
  double scale = high / horizon_;
  for (int step = 0; step < 200; ++step) {
    const Defaults now = defaults_within(horizon_, scale);
    (now.share < wanted ? low : high) = scale;
    double next = scale + (wanted - now.share) / now.slope;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (std::abs(next - scale) <= 1e-15 * scale) return next;
    scale = next;
  }
  return scale;
}

Worth LoanAccount::worth(double pd) const {
  const double scale = hazard_scale(pd);
  const double growth = 1.0 + economics_.discount_rate / 12.0;
  const bool card = product_.revolving();
  double capital = 0;  // cost a month per unit of exposure at default
  if (economics_.hurdle_rate > 0) {
    const double twelve_months = defaults_within(std::min(12, term_), scale).share;
    capital = economics_.hurdle_rate / 12.0 *
              capital_per_unit(std::max(twelve_months, economics_.pd_floor),
                               std::max(product_.lgd, economics_.lgd_floor), product_.asset_class);
  }
  Worth worth{product_.annual_fee, product_.origination_fee};
  double open = 1;                                     // share of the accounts
  double balance = card ? product_.utilisation : 1.0;  // per unit of amount or limit
  double discount = 1;
  const double recovered = (1.0 - product_.lgd) / std::pow(growth, economics_.recovery_lag);
  const double payment = card ? 0 : annuity(rate_, term_);
  double last_hazard = -1, healthy = 1;
  for (int month = 1; month <= term_; ++month) {
    discount /= growth;
    const double hazard = at_month(economics_.seasoning, month);
    if (hazard != last_hazard) healthy = std::exp(-scale * hazard);
    last_hazard = hazard;
    const double exposure = card ? balance + product_.ccf * (1.0 - balance) : balance;
    worth.per_unit -= open * discount * (balance * economics_.funding_rate / 12.0 + exposure * capital);
    worth.fixed -= open * discount * economics_.servicing;
    worth.per_unit -= open * (1.0 - healthy) * exposure * discount * (1.0 - recovered);
    worth.per_unit += open * healthy * discount * balance * rate_ * (card ? 1.0 - product_.transactors : 1.0);
    worth.fixed += open * healthy * discount * product_.monthly_fee;
    open *= healthy * (1.0 - (card ? product_.attrition : at_month(economics_.prepayment, month)));
    if (month % 12 == 0 && month < term_) worth.fixed += open * discount * product_.annual_fee;
    if (!card) balance = std::max(0.0, balance * (1.0 + rate_) - payment);
  }
  return worth;
}

}  // namespace proffer::verify
