#include "offers/rates.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "foundation/error.hpp"
#include "statistics/roots.hpp"

namespace proffer::offers {
namespace {

/// Present value of the flows at a rate per period, and its derivative, by Horner's scheme in 1/(1 + rate).
statistics::ValueAndSlope present_value(std::span<const double> flows, double rate) {
  const double discount = 1.0 / (1.0 + rate);
  double value = 0;
  double slope = 0;  // by discount
  for (std::size_t t = flows.size(); t-- > 0;) {
    slope = slope * discount + value;
    value = value * discount + flows[t];
  }
  return {value, -slope * discount * discount};
}

/// What the borrower gets (negative) and pays (positive) from month 0 on.
std::vector<double> borrower_flows(const Product& product, const Offer& offer) {
  const bool revolving = product.convention == RateConvention::revolving;
  const int months = revolving ? 12 : offer.term;
  std::vector<double> flows(static_cast<std::size_t>(months) + 1, product.monthly_fee);
  flows[0] = -offer.limit * (1.0 - product.origination_fee);
  const double rate = monthly_rate(offer.apr, product.day_count);
  for (int month = 1; month <= months; ++month)
    flows[static_cast<std::size_t>(month)] +=
        revolving ? offer.limit / 12.0 * (1.0 + rate * (13.0 - month)) : instalment(product, offer);
  for (int month = 0; month < months; month += 12) flows[static_cast<std::size_t>(month)] += product.annual_fee;
  return flows;
}

}  // namespace

double monthly_rate(AnnualRate apr, DayCount day_count) {
  constexpr double days_of_month = 365.25 / 12.0;
  switch (day_count) {
    case DayCount::actual_365:
      return apr * days_of_month / 365.0;
    case DayCount::actual_360:
      return apr * days_of_month / 360.0;
    case DayCount::thirty_360:
      break;
  }
  return apr / 12.0;
}

double annuity(double rate, int term) {
  if (rate == 0) return 1.0 / term;
  return rate / -std::expm1(-term * std::log1p(rate));
}

Money instalment(const Product& product, const Offer& offer) {
  const double rate = monthly_rate(offer.apr, product.day_count);
  switch (product.convention) {
    case RateConvention::flat:
      return (offer.limit + offer.limit * rate * offer.term) / offer.term;
    case RateConvention::revolving:
      return product.minimum_payment * offer.limit;
    case RateConvention::amortising:
      break;
  }
  return offer.limit * annuity(rate, offer.term);
}

Money monthly_payment(const Product& product, const Offer& offer) {
  return instalment(product, offer) + product.monthly_fee;
}

double internal_rate(std::span<const double> flows) {
  // The sign of the value at a rate near −1 is that of the last flow, at a very high rate that of the first.
  double low = 0;
  double high = 0;
  const double at_zero = present_value(flows, 0).value;
  if (at_zero == 0) return 0;
  if (at_zero > 0) {
    high = 0.01;
    while (present_value(flows, high).value > 0 && high < 1e12) high *= 4;
  } else {
    low = -0.01;
    while (present_value(flows, low).value < 0 && low > -0.999999) low = (low - 1.0) / 2;
  }
  return statistics::newton_root([&](double rate) { return present_value(flows, rate); }, {low, high},
                                 (low + high) / 2);
}

double rate_on_balance(const Product& product, AnnualRate apr, int term) {
  const double rate = monthly_rate(apr, product.day_count);
  if (product.convention != RateConvention::flat) return rate;
  std::vector<double> flows(static_cast<std::size_t>(term) + 1, (1.0 + rate * term) / term);
  flows[0] = -1;
  return internal_rate(flows);
}

AnnualRate effective_apr(const Catalog& catalog, const Offer& offer) {
  const std::vector<double> flows = borrower_flows(catalog.product_of(offer), offer);
  if (flows[0] >= 0)
    throw UsageError({"offer " + catalog.name_of(offer) + " pays nothing out", "its fees at the start use up the limit",
                      "lower origination_fee or annual_fee, or raise the limit"});
  return std::expm1(12.0 * std::log1p(internal_rate(flows)));
}

}  // namespace proffer::offers
