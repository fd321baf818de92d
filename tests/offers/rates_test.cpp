#include "offers/rates.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "foundation/error.hpp"

namespace proffer::offers {
namespace {

Catalog one_offer(Product product, Offer offer) {
  Catalog catalog;
  product.name = "loan";
  catalog.products = {product};
  catalog.channels = {{"mail", 0}};
  catalog.offers = {offer};
  return catalog;
}

double effective(const Product& product, const Offer& offer) {
  const Catalog catalog = one_offer(product, offer);
  return effective_apr(catalog, catalog.offers.front());
}

TEST(Rates, MonthlyRateByDayCount) {
  EXPECT_DOUBLE_EQ(monthly_rate(0.12, DayCount::thirty_360), 0.01);
  EXPECT_DOUBLE_EQ(monthly_rate(0.365, DayCount::actual_365), 0.0304375);  // 30.4375 days of 0.1 % each
  EXPECT_DOUBLE_EQ(monthly_rate(0.36, DayCount::actual_360), 0.0304375);
}

TEST(Rates, AnnuityRepaysTheLoanExactly) {
  // 200,000 at 6 % over 30 years: 1,199.10 a month, as in every mortgage table.
  EXPECT_NEAR(200000 * annuity(0.005, 360), 1199.10, 0.005);
  for (const double rate : {0.0, 1e-12, 0.004, 0.05, 0.8}) {
    double balance = 1;
    for (int month = 0; month < 24; ++month) balance = balance * (1 + rate) - annuity(rate, 24);
    EXPECT_NEAR(balance, 0, 1e-9 * std::pow(1 + rate, 24)) << rate;
  }
}

TEST(Rates, FlatInstalmentIsAddOn) {
  Product product;
  product.convention = RateConvention::flat;
  // 1,000 at 8 % a month over 4 months: (1000 + 1000 · 0.08 · 4)/4.
  EXPECT_DOUBLE_EQ(instalment(product, {.limit = 1000, .apr = 0.96, .term = 4}), 330.0);
}

TEST(Rates, InternalRateKnownValues) {
  EXPECT_NEAR(internal_rate(std::vector<double>{-100, 110}), 0.1, 1e-15);
  EXPECT_NEAR(internal_rate(std::vector<double>{-100, 0, 121}), 0.1, 1e-15);
  EXPECT_NEAR(internal_rate(std::vector<double>{-100, 50, 50}), 0, 1e-15);
  EXPECT_NEAR(internal_rate(std::vector<double>{-100, 40, 50}), (0.4 + std::sqrt(0.16 + 2.0)) / 2 - 1, 1e-14);
  EXPECT_NEAR(internal_rate(std::vector<double>{-1, 1e6}), 1e6 - 1, 1e-4);
  EXPECT_NEAR(internal_rate(std::vector<double>{-1, 1e-3}), -0.999, 1e-14);
  EXPECT_THROW(static_cast<void>(internal_rate(std::vector<double>{100, 50})), std::domain_error);
}

// Directive 98/7/EC, Annex II (examples of calculation): 1,000 repaid in two parts of 600 after one and two years,
// 13.07 %; and 1,000 against 272 after three, 272 after six and 544 after twelve months, 13.19 %.
TEST(Rates, InternalRateOfTheDirectivesExamples) {
  EXPECT_NEAR(internal_rate(std::vector<double>{-1000, 600, 600}), 0.1307, 0.00005);
  EXPECT_NEAR(std::pow(1 + internal_rate(std::vector<double>{-1000, 272, 272, 0, 544}), 4) - 1, 0.1319, 0.00005);
}

TEST(Rates, EffectiveRateWithoutFeesIsCompounding) {
  const Offer offer{.limit = 5000, .apr = 0.24, .term = 18};
  EXPECT_NEAR(effective({}, offer), std::pow(1.02, 12) - 1, 1e-12);
  Product card;
  card.convention = RateConvention::revolving;
  EXPECT_NEAR(effective(card, offer), std::pow(1.02, 12) - 1, 1e-12);
  EXPECT_NEAR(effective({}, {.limit = 5000, .apr = 0, .term = 18}), 0, 1e-12);
}

TEST(Rates, FeesRaiseTheEffectiveRate) {
  // One month, 1 % interest, 1 % kept: pays 101 on 99.
  Product product;
  product.origination_fee = 0.01;
  EXPECT_NEAR(effective(product, {.limit = 100, .apr = 0.12, .term = 1}), std::pow(101.0 / 99.0, 12) - 1, 1e-12);
  product.origination_fee = 0;
  product.monthly_fee = 2;
  EXPECT_NEAR(effective(product, {.limit = 100, .apr = 0.12, .term = 1}), std::pow(1.03, 12) - 1, 1e-12);
  product.monthly_fee = 0;
  product.annual_fee = 5;
  EXPECT_NEAR(effective(product, {.limit = 100, .apr = 0.12, .term = 1}), std::pow(101.0 / 95.0, 12) - 1, 1e-12);
}

TEST(Rates, FlatRateIsDearerThanItLooks) {
  Product product;
  product.convention = RateConvention::flat;
  const double rate = rate_on_balance(product, 0.96, 4);
  EXPECT_GT(rate, 0.08);
  EXPECT_NEAR(annuity(rate, 4), 0.33, 1e-14);
  EXPECT_NEAR(effective(product, {.limit = 700, .apr = 0.96, .term = 4}), std::pow(1 + rate, 12) - 1, 1e-11);
}

TEST(Rates, FeesThatUseUpTheLimitAreRefused) {
  Product product;
  product.annual_fee = 100;
  try {
    static_cast<void>(effective(product, {.limit = 100, .apr = 0.1, .term = 12}));
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "offer loan:100:0.1:12:mail pays nothing out (its fees at the start use up the limit): "
                 "lower origination_fee or annual_fee, or raise the limit");
  }
}

}  // namespace
}  // namespace proffer::offers
