// The value of a loan against closed forms, and against living single loans month by month.
#include "offers/loan_value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "offers/rates.hpp"
#include "offers/value_curve.hpp"

namespace proffer::offers {
namespace {

Economics free_money() {
  Economics economics;
  economics.prepayment_monthly = {0};
  economics.seasoning = {1};
  return economics;
}

Product card() {
  Product product;
  product.convention = RateConvention::revolving;
  product.utilisation = 0.45;
  product.ccf = 0.5;
  product.transactors = 0.3;
  product.annual_fee = 20;
  product.attrition_monthly = 0.01;
  product.lgd = 0.75;
  return product;
}

Economics rich() {
  Economics economics;
  economics.discount_rate = 0.06;
  economics.funding_rate = 0.035;
  economics.servicing_per_month = 1.2;
  economics.prepayment_monthly = {0.0, 0.005, 0.012};
  economics.seasoning = {0.4, 0.8, 1.2, 1.5, 1.4, 1.3, 1.0};
  economics.recovery_lag_months = 9;
  return economics;
}

TEST(LoanValue, WithoutRiskItIsTheAnnuityLessTheLoan) {
  Economics economics = free_money();
  economics.discount_rate = economics.funding_rate = 0.05;
  const int term = 36;
  const LoanValue value({}, 0.129, term, economics, 12);
  const double monthly = 0.05 / 12;
  const double present = annuity(0.129 / 12, term) * (1 - std::pow(1 + monthly, -term)) / monthly;
  EXPECT_NEAR(value(0).per_unit, present - 1, 1e-13);
  EXPECT_EQ(value(0).fixed, 0);
}

TEST(LoanValue, WithoutRiskAndDiscountItIsTheInterest) {
  const LoanValue amortising({}, 0.12, 24, free_money(), 12);
  EXPECT_NEAR(amortising(0).per_unit, 24 * annuity(0.01, 24) - 1, 1e-13);
  Product flat;
  flat.convention = RateConvention::flat;
  EXPECT_NEAR(LoanValue(flat, 0.96, 4, free_money(), 12)(0).per_unit, 0.08 * 4, 1e-13);
  Product bullet;  // a fully drawn limit repaid at the end
  bullet.convention = RateConvention::revolving;
  EXPECT_NEAR(LoanValue(bullet, 0.12, 24, free_money(), 12)(0).per_unit, 0.24, 1e-13);
}

TEST(LoanValue, BulletIsDiscountedInterestAndPrincipal) {
  Economics economics = free_money();
  economics.discount_rate = economics.funding_rate = 0.06;
  Product bullet;
  bullet.convention = RateConvention::revolving;
  const double v = 1 / 1.005;
  EXPECT_NEAR(LoanValue(bullet, 0.12, 24, economics, 12)(0).per_unit,
              0.01 * v * (1 - std::pow(v, 24)) / (1 - v) + std::pow(v, 24) - 1, 1e-13);
}

TEST(LoanValue, OneMonthInClosedForm) {
  // 1 at 1 % for a month: pays 1.01 with 1 − PD, else 0.4 comes back three months later.
  Economics economics = free_money();
  economics.discount_rate = economics.funding_rate = 0.12;
  economics.recovery_lag_months = 3;
  economics.servicing_per_month = 2;
  economics.capital = {0.12, AssetClass::other_retail, 0, 0};
  Product product;
  product.lgd = 0.6;
  product.origination_fee = 0.02;
  product.monthly_fee = 5;
  product.annual_fee = 7;
  const double pd = 0.1;
  const double v = 1 / 1.01;
  const Affine value = LoanValue(product, 0.12, 1, economics, 12)(pd);
  EXPECT_NEAR(value.fixed, 7 + v * (5 * (1 - pd) - 2), 1e-13);
  EXPECT_NEAR(value.per_unit,
              0.02 - 1 + v * 1.01 * (1 - pd) + std::pow(v, 4) * 0.4 * pd -
                  v * 0.01 * capital_requirement(pd, 0.6, AssetClass::other_retail),
              1e-13);
}

TEST(LoanValue, HazardsReachThePdAtTheHorizon) {
  for (const double pd : {1e-6, 0.01, 0.06, 0.3, 0.9, 0.999}) {
    for (const int term : {6, 12, 36}) {
      const auto hazards = LoanValue({}, 0.1, term, rich(), 12).hazards(pd);
      double open = 1;
      double defaulted = 0;
      for (int month = 1; month <= std::min(term, 12); ++month) {
        defaulted += open * hazards[month - 1];
        open *= (1 - hazards[month - 1]) * (1 - rich().prepayment(month));
      }
      EXPECT_NEAR(defaulted, pd, 1e-13) << term;
    }
  }
  // Constant, without early repayment: 1 − (1 − PD)^(1/12) every month, also beyond the horizon.
  for (const double hazard : LoanValue({}, 0.1, 36, free_money(), 12).hazards(0.2))
    EXPECT_NEAR(hazard, 1 - std::pow(0.8, 1.0 / 12), 1e-15);
}

/// One loan of a given size lives through its months; the flows of the lender's account, with the money borrowed for
/// it.
double live(const Product& product, double apr, int term, double limit, const Economics& economics,
            const std::vector<double>& hazards, std::mt19937_64& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  const bool revolving = product.convention == RateConvention::revolving;
  const double payment = instalment(product, {.limit = limit, .apr = apr, .term = static_cast<std::uint16_t>(term)});
  const double rate = rate_on_balance(product, apr, term);
  double owed = revolving ? product.utilisation * limit : limit;
  double borrowed = owed;  // by the lender
  double value = product.annual_fee + product.origination_fee * limit;
  const bool transactor = unit(random) < product.transactors;
  for (int month = 1; month <= term; ++month) {
    const double discount = std::pow(1 + economics.discount_rate / 12, -month);
    double flow = -economics.servicing_per_month - borrowed * economics.funding_rate / 12;
    if (unit(random) < hazards[static_cast<std::size_t>(month - 1)]) {
      const double drawn = revolving ? product.ccf * (limit - owed) : 0;
      flow -= drawn + borrowed;
      const double back = (1 - product.lgd) * (owed + drawn);
      return value + discount * flow +
             back * std::pow(1 + economics.discount_rate / 12, -month - economics.recovery_lag_months);
    }
    const double interest = owed * rate;
    flow += product.monthly_fee;
    if (revolving) {
      flow += transactor ? 0 : interest;
      if (month == term || unit(random) < product.attrition_monthly) return value + discount * flow;
    } else {
      flow += payment;
      owed += interest - payment;
      const bool repaid = unit(random) < economics.prepayment(month);
      if (repaid) {
        flow += owed;
        owed = 0;
      }
      flow -= borrowed - owed;
      borrowed = owed;
      if (repaid || month == term) return value + discount * flow;
    }
    if (month % 12 == 0) flow += product.annual_fee;
    value += discount * flow;
  }
  return value;
}

void expect_life_like(const Product& product, double apr, int term, double limit, double pd, std::uint64_t seed) {
  const LoanValue value(product, apr, term, rich(), 12);
  const auto hazards = value.hazards(pd);
  std::mt19937_64 random(seed);
  const int loans = 100000;
  double mean = 0;
  double squares = 0;
  for (int loan = 0; loan < loans; ++loan) {
    const double one = live(product, apr, term, limit, rich(), hazards, random);
    mean += one;
    squares += one * one;
  }
  mean /= loans;
  const double error = std::sqrt((squares / loans - mean * mean) / loans);
  EXPECT_NEAR(value(pd).at(limit), mean, 4 * error) << product.name << " standard error " << error;
  EXPECT_LT(error, 0.005 * limit);
}

TEST(LoanValue, EqualsTheMeanOfManyLives) {
  Product loan;
  loan.name = "amortising";
  loan.lgd = 0.55;
  loan.origination_fee = 0.01;
  loan.monthly_fee = 1.5;
  loan.annual_fee = 10;
  expect_life_like(loan, 0.149, 36, 5000, 0.08, 1);
  expect_life_like(loan, 0.149, 6, 5000, 0.3, 2);
  loan.name = "flat";
  loan.convention = RateConvention::flat;
  expect_life_like(loan, 0.96, 12, 1000, 0.15, 3);
  Product revolving = card();
  revolving.name = "revolving";
  expect_life_like(revolving, 0.229, 30, 4000, 0.06, 4);
}

TEST(LoanValue, FallsWithPdAndRisesWithTheRate) {
  Economics economics = rich();
  economics.capital = {0.1, AssetClass::other_retail, 0.0005, 0.1};
  Product loan;
  loan.lgd = 0.55;
  // The capital charge falls where default is nearly certain, so the fall is checked as far as offers are thinkable.
  for (const Product& product : {loan, card()}) {
    double before = 1e9;
    for (double pd = 0; pd <= 0.6; pd += 0.005) {
      const double now = LoanValue(product, 0.2, 24, economics, 12)(pd).at(3000);
      EXPECT_LT(now, before) << pd;
      before = now;
      EXPECT_GT(LoanValue(product, 0.21, 24, economics, 12)(pd).at(3000), now) << pd;
    }
  }
}

TEST(ValueCurve, StaysWithinItsErrorBound) {
  Economics economics = rich();
  economics.capital = {0.1, AssetClass::other_retail, 0.0005, 0.1};
  Product loan;
  loan.lgd = 0.55;
  loan.annual_fee = 10;
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> unit(0, 1);
  for (const Product& product : {loan, card()})
    for (const int horizon : {6, 12, 18}) {
      const LoanValue value(product, 0.149, 36, economics, horizon);
      const ValueCurve curve(value);
      EXPECT_LT(curve.intervals(), 2000U);
      for (int i = 0; i < 3000; ++i) {
        const double u = unit(random);
        const double pd = i % 3 == 0 ? u : i % 3 == 1 ? u * u * u * u * 0.1 : 0.0005 * (0.99 + 0.02 * u);
        EXPECT_NEAR(curve.at(pd).per_unit, value(pd).per_unit, 1e-7) << pd;
        EXPECT_NEAR(curve.at(pd).fixed, value(pd).fixed, 1e-7 * 60) << pd;
      }
    }
}

TEST(ValueCurve, HoldsBeyondItsEnds) {
  const LoanValue value({}, 0.149, 36, rich(), 12);
  const ValueCurve curve(value);
  EXPECT_NEAR(curve.at(0).per_unit, value(0).per_unit, 1e-15);
  EXPECT_NEAR(curve.at(1).per_unit, value(LoanValue::highest_pd).per_unit, 1e-7);
  EXPECT_EQ(curve.at(-0.1).per_unit, curve.at(0).per_unit);
}

}  // namespace
}  // namespace proffer::offers
