// The month-by-month account: closed forms, and the pricing that scoring uses, written independently of it.
#include "verify/cash_flows.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "offers/loan_value.hpp"
#include "offers/rates.hpp"
#include "parallel/random.hpp"

namespace proffer::verify {
namespace {

Product loan(std::string convention = "amortising") {
  Product product;
  product.name = "loan";
  product.convention = std::move(convention);
  product.day_count = "30/360";
  product.asset_class = "none";
  return product;
}

Economics nothing_but_interest() {
  Economics economics;
  economics.prepayment = {0};
  economics.seasoning = {1};
  return economics;
}

TEST(LoanAccount, OneMonthWithoutAnythingElsePaysItsInterestUnlessItDefaults) {
  Product product = loan();
  product.lgd = 0.6;
  const LoanAccount account(product, 0.12, 1, nothing_but_interest(), 12);
  for (const double pd : {0.0, 0.01, 0.3, 0.9})
    EXPECT_NEAR(account.worth(pd).of(1000), 1000 * ((1 - pd) * 0.01 - pd * 0.6), 1e-10);
}

TEST(LoanAccount, TwoMonthsWithFeesFundingServicingAndDiscount) {
  Product product = loan();
  product.lgd = 1;
  product.origination_fee = 0.02;
  product.monthly_fee = 3;
  product.annual_fee = 5;
  Economics economics = nothing_but_interest();
  economics.discount_rate = 0.12;
  economics.funding_rate = 0.06;
  economics.servicing = 1;
  economics.prepayment = {0.1};
  const LoanAccount account(product, 0.24, 2, economics, 2);
  // Monthly default probability h with h + (1 − h)·0.9·h = PD.
  const double h = 0.05, pd = h + (1 - h) * 0.9 * h, d = 1 / 1.01;
  const double payment = 0.02 / (1 - std::pow(1.02, -2)), balance = 1.02 - payment;
  const double first = d * (-0.005 + (1 - h) * 0.02 - h);
  const double second = (1 - h) * 0.9 * d * d * balance * (-0.005 + (1 - h) * 0.02 - h);
  const double per_unit = 0.02 + first + second;
  const double fixed = 5 + d * (-1 + (1 - h) * 3) + (1 - h) * 0.9 * d * d * (-1 + (1 - h) * 3);
  EXPECT_NEAR(account.worth(pd).fixed, fixed, 1e-12);
  EXPECT_NEAR(account.worth(pd).per_unit, per_unit, 1e-12);
}

/// Random numbers as a function of case and purpose.
double draw(std::uint64_t number, const char* what, double low, double high) {
  return low + (high - low) * parallel::to_unit_interval(parallel::random_bits(5, number, parallel::purpose(what)));
}

TEST(LoanAccount, AgreesWithThePricingThatScoringUses) {
  const char* conventions[] = {"amortising", "flat", "revolving"};
  const char* classes[] = {"none", "other_retail", "qualifying_revolving"};
  for (std::uint64_t n = 0; n < 60; ++n) {
    offers::Product priced;
    priced.convention = static_cast<offers::RateConvention>(n % 3);
    priced.day_count = static_cast<offers::DayCount>(n / 3 % 3);
    priced.origination_fee = draw(n, "origination", 0, 0.05);
    priced.monthly_fee = draw(n, "monthly", 0, 4);
    priced.annual_fee = draw(n, "annual", 0, 30);
    priced.lgd = draw(n, "lgd", 0.1, 1);
    priced.asset_class = static_cast<offers::AssetClass>(n / 9 % 3);
    offers::Economics costs;
    costs.discount_rate = draw(n, "discount", 0, 0.1);
    costs.funding_rate = draw(n, "funding", 0, 0.1);
    costs.servicing_per_month = draw(n, "servicing", 0, 3);
    costs.prepayment_monthly = {draw(n, "early", 0, 0.05), draw(n, "later", 0, 0.05)};
    costs.seasoning = {0.5, 1.5, 1, 0.8};
    costs.recovery_lag_months = static_cast<int>(n % 13);
    costs.capital = {0.1, offers::AssetClass::other_retail, 0.0005, 0.2};
    Product product = loan(conventions[n % 3]);
    product.day_count = n / 3 % 3 == 0 ? "30/360" : n / 3 % 3 == 1 ? "actual/365" : "actual/360";
    product.asset_class = classes[n / 9 % 3];
    product.origination_fee = priced.origination_fee;
    product.monthly_fee = priced.monthly_fee;
    product.annual_fee = priced.annual_fee;
    product.lgd = priced.lgd;
    if (product.revolving()) {
      product.utilisation = priced.utilisation = draw(n, "utilisation", 0.1, 1);
      product.ccf = priced.ccf = draw(n, "ccf", 0, 1);
      product.transactors = priced.transactors = draw(n, "transactors", 0, 0.5);
      product.attrition = priced.attrition_monthly = draw(n, "attrition", 0, 0.05);
    }
    Economics economics;
    economics.discount_rate = costs.discount_rate;
    economics.funding_rate = costs.funding_rate;
    economics.servicing = costs.servicing_per_month;
    economics.prepayment = costs.prepayment_monthly;
    economics.seasoning = costs.seasoning;
    economics.recovery_lag = costs.recovery_lag_months;
    economics.hurdle_rate = costs.capital.hurdle_rate;
    economics.pd_floor = costs.capital.pd_floor;
    economics.lgd_floor = costs.capital.lgd_floor;
    const int term = 1 + static_cast<int>(draw(n, "term", 0, 60)), horizon = n % 2 == 0 ? 12 : 24;
    const double apr = draw(n, "apr", 0, 0.5);
    const LoanAccount account(product, apr, term, economics, horizon);
    const offers::LoanValue value(priced, apr, term, costs, horizon);
    for (const double pd : {0.0, 1e-6, 0.003, 0.05, 0.4, 0.99, 1.0}) {
      EXPECT_NEAR(account.worth(pd).per_unit, value(pd).per_unit, 1e-9) << "case " << n << " pd " << pd;
      EXPECT_NEAR(account.worth(pd).fixed, value(pd).fixed, 1e-7) << "case " << n << " pd " << pd;
    }
  }
}

TEST(Rates, OfALoanWithoutFeesIsItsNominalRateCompounded) {
  std::vector<double> flows(37, annuity(0.01, 36));
  flows[0] = -1;
  EXPECT_NEAR(internal_rate(flows), 0.01, 1e-14);
  EXPECT_EQ(annuity(0, 8), 0.125);
  EXPECT_NEAR(monthly_rate(0.12, "actual/360"), 0.12 * 365.25 / 12 / 360, 1e-16);
}

}  // namespace
}  // namespace proffer::verify
