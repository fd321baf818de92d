#include "offers/loan_value.hpp"

#include <algorithm>
#include <cmath>

#include "offers/rates.hpp"
#include "statistics/roots.hpp"

namespace proffer::offers {

LoanValue::LoanValue(const Product& product, AnnualRate apr, int term, const Economics& economics, int horizon_months)
    : months_(static_cast<std::size_t>(term)),
      scaled_months_(std::min(horizon_months, term)),
      origination_fee_(product.origination_fee),
      monthly_fee_(product.monthly_fee),
      annual_fee_(product.annual_fee),
      servicing_(economics.servicing_per_month),
      funding_(economics.funding_rate / 12.0),
      lgd_(product.lgd),
      capital_(economics.capital) {
  if (product.asset_class) capital_.asset_class = *product.asset_class;
  const bool revolving = product.convention == RateConvention::revolving;
  const double rate = rate_on_balance(product, apr, term);
  const double payment = revolving ? 0 : annuity(rate, term);
  const double discount = 1.0 / (1.0 + economics.discount_rate / 12.0);
  double balance = revolving ? product.utilisation : 1.0;
  for (int month = 1; month <= term; ++month) {
    Month& now = months_[static_cast<std::size_t>(month - 1)];
    now.balance = balance;
    now.exposure = revolving ? balance + product.ccf * (1.0 - balance) : balance;
    now.interest = balance * rate * (revolving ? 1.0 - product.transactors : 1.0);
    now.repaid = revolving ? product.attrition_monthly : economics.prepayment(month);
    now.relative_hazard = economics.relative_hazard(month);
    now.discount = std::pow(discount, month);
    now.recovery_discount = std::pow(discount, month + economics.recovery_lag_months);
    if (!revolving) balance = std::max(0.0, balance * (1.0 + rate) - payment);
  }
}

LoanValue::Cumulative LoanValue::cumulative_default(double scale, int months) const {
  double open = 1;
  double open_slope = 0;
  Cumulative defaulted{0, 0};
  for (int month = 0; month < months; ++month) {
    const Month& now = months_[static_cast<std::size_t>(month)];
    const double healthy = std::exp(-scale * now.relative_hazard);
    const double healthy_slope = -now.relative_hazard * healthy;
    defaulted.value += open * (1.0 - healthy);
    defaulted.slope += open_slope * (1.0 - healthy) - open * healthy_slope;
    open_slope = (open_slope * healthy + open * healthy_slope) * (1.0 - now.repaid);
    open *= healthy * (1.0 - now.repaid);
  }
  return defaulted;
}

double LoanValue::scale_for(Probability pd) const {
  const double wanted = std::clamp(pd, 0.0, highest_pd);
  if (wanted == 0) return 0;
  // The first month's hazard alone reaches any PD below 1, which bounds the scale from above; without early repayment
  // the scale is −log(1 − PD)/Σ s, which bounds it from below and is a good first guess.
  double total = 0;
  for (int month = 0; month < scaled_months_; ++month)
    total += months_[static_cast<std::size_t>(month)].relative_hazard;
  const double high = -std::log1p(-wanted) / months_.front().relative_hazard;
  const double low = -std::log1p(-wanted) / total;
  const auto distance = [&](double scale) -> statistics::ValueAndSlope {
    const Cumulative defaulted = cumulative_default(scale, scaled_months_);
    return {defaulted.value - wanted, defaulted.slope};
  };
  // Rounding may put either end a hair on the wrong side; then it is the root.
  if (low >= high || distance(low).value >= 0) return low;
  if (distance(high).value <= 0) return high;
  return statistics::newton_root(distance, {low, high}, low);
}

double LoanValue::capital_charge(double scale) const {
  if (capital_.hurdle_rate == 0 || capital_.asset_class == AssetClass::none) return 0;
  const double twelve_months = cumulative_default(scale, std::min(12, static_cast<int>(months_.size()))).value;
  const double pd = std::max(twelve_months, capital_.pd_floor);
  return capital_.hurdle_rate / 12.0 *
         capital_requirement(pd, std::max(lgd_, capital_.lgd_floor), capital_.asset_class);
}

Affine LoanValue::operator()(Probability pd) const {
  const double scale = scale_for(pd);
  const double capital = capital_charge(scale);
  Affine value{annual_fee_, origination_fee_};
  double open = 1;
  for (std::size_t index = 0; index < months_.size(); ++index) {
    const Month& now = months_[index];
    const double healthy = std::exp(-scale * now.relative_hazard);
    const double here = open * now.discount;
    value.per_unit -= here * (now.balance * funding_ + now.exposure * capital);
    value.fixed -= here * servicing_;
    value.per_unit -= open * (1.0 - healthy) * now.exposure * (now.discount - (1.0 - lgd_) * now.recovery_discount);
    value.per_unit += here * healthy * now.interest;
    value.fixed += here * healthy * monthly_fee_;
    open *= healthy * (1.0 - now.repaid);
    const bool year_ends = (index + 1) % 12 == 0 && index + 1 < months_.size();
    if (year_ends) value.fixed += open * now.discount * annual_fee_;
  }
  return value;
}

std::vector<double> LoanValue::hazards(Probability pd) const {
  const double scale = scale_for(pd);
  std::vector<double> hazards;
  for (const Month& now : months_) hazards.push_back(-std::expm1(-scale * now.relative_hazard));
  return hazards;
}

}  // namespace proffer::offers
