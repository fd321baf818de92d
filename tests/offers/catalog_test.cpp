#include "offers/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "offers/economics.hpp"
#include "offers/offer_value.hpp"
#include "offers/policy_settings.hpp"

namespace proffer::offers {
namespace {

Catalog catalog_from(const std::string& text) {
  const auto config = settings::Config::from_text(text, "c.yaml");
  Catalog catalog = read_catalog(config.root().section("catalog", "what may be offered"));
  config.refuse_unread();
  return catalog;
}

Economics economics_from(const std::string& text) {
  const auto config = settings::Config::from_text(text, "c.yaml");
  Economics economics = read_economics(config.root().section("economics", "what lending costs"));
  config.refuse_unread();
  return economics;
}

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

const std::string loan = R"(catalog:
  channels: {mail: {contact_cost: 0.9}, phone: {}}
  products:
    loan:
      rate_convention: amortising
      limits: [2000, 5000]
      aprs: [0.079, 0.129]
      terms: [12, 36]
      channels: [phone, mail]
      lgd: 0.55
)";

/// `loan` with one text replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string text = loan;
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(Catalog, ReadsTheShippedDemo) {
  const auto config = settings::Config::load(parallel::self(), PROFFER_SOURCE_DIR "/configs/demo.yaml");
  const Catalog catalog = read_catalog(config.root().section("catalog", ""));
  EXPECT_EQ(catalog.offers.size(), 3U * 3 * 2 + 2 * 3);
  EXPECT_EQ(catalog.product_names(), (std::vector<std::string>{"personal_loan", "card"}));
  EXPECT_EQ(catalog.channel_names(), (std::vector<std::string>{"mail", "phone"}));
  EXPECT_EQ(catalog.channels[1].contact_cost, 4.5);
  EXPECT_EQ(catalog.name_of(catalog.offers.front()), "personal_loan:2000:0.079:36:mail");
  EXPECT_EQ(catalog.name_of(catalog.offers.back()), "card:4000:0.229:24:mail");
  EXPECT_EQ(catalog.products[0].origination_fee, 0.01);
  EXPECT_EQ(catalog.products[1].convention, RateConvention::revolving);
  EXPECT_EQ(catalog.products[1].transactors, 0.3);
  const Economics economics = read_economics(config.root().section("economics", ""));
  EXPECT_TRUE(economics.has_constant_hazard());
  EXPECT_EQ(economics.capital.asset_class, AssetClass::other_retail);
  const PolicySettings policy = read_policy(config.root().section("policy", ""), catalog);
  EXPECT_EQ(policy.rules.size(), 3U);
  EXPECT_EQ(policy.affordability->income, "income_monthly");
  const OfferEconomics offers(catalog, economics, 12);
  EXPECT_EQ(offers.exposure()[0], 2000);
  EXPECT_NEAR(offers.exposure()[18], 1500 * (0.45 + 0.5 * 0.55), 1e-9);
  EXPECT_NE(std::find(offers.assumptions().begin(), offers.assumptions().end(),
                      "card: utilisation 0.45 of the limit in every month is an assumption, not trained"),
            offers.assumptions().end());
}

TEST(Catalog, IsTheProductInTheOrderOfTheConfig) {
  const Catalog catalog = catalog_from(loan);
  ASSERT_EQ(catalog.offers.size(), 16U);
  EXPECT_EQ(catalog.offers[0], (Offer{0, 1, 2000, 0.079, 12}));
  EXPECT_EQ(catalog.offers[1], (Offer{0, 0, 2000, 0.079, 12}));
  EXPECT_EQ(catalog.offers[2], (Offer{0, 1, 2000, 0.079, 36}));
  EXPECT_EQ(catalog.offers[4], (Offer{0, 1, 2000, 0.129, 12}));
  EXPECT_EQ(catalog.offers[15], (Offer{0, 0, 5000, 0.129, 36}));
  std::set<std::string> names;
  for (const Offer& offer : catalog.offers) names.insert(catalog.name_of(offer));
  EXPECT_EQ(names.size(), 16U);
}

TEST(Catalog, BrokenOnesSayWhatIsWrong) {
  std::string many = "limits: [1";
  for (int limit = 2; limit <= 40; ++limit) many += ", " + std::to_string(limit);
  const struct {
    std::string text;
    std::string message;
  } table[] = {
      {"catalog: {}",
       "c.yaml:1:1: catalog has no offer (nothing stands under products): name a product with its limits, "
       "aprs, terms and channels"},
      {with("limits: [2000, 5000]", many + "]"),
       "c.yaml:3:3: catalog has 320 offers (at most 256 are possible): list fewer limits, rates, terms or channels"},
      {with("[2000, 5000]", "[2000, 2000]"),
       "c.yaml:6:7: catalog.products.loan.limits lists 2000 twice (every offer may stand once): leave the second one "
       "out"},
      {with("[phone, mail]", "[mail, mail]"),
       "c.yaml:9:7: catalog.products.loan.channels lists mail twice (every offer may stand once): leave the second one "
       "out"},
      {with("      terms: [12, 36]\n", ""),
       "c.yaml:4:5: catalog.products.loan.terms lists nothing (every product needs at least one): write for example "
       "terms: [12]"},
      {with("      lgd: 0.55\n", "      lgd: 0.55\n      ccf: 0.5\n"),
       "c.yaml:11:7: catalog.products.loan.ccf has no meaning here (the product's rate_convention is amortising): "
       "leave it "
       "out, or set rate_convention: revolving"},
  };
  for (const auto& row : table) EXPECT_EQ(message_of([&] { catalog_from(row.text); }), row.message);
  // These come from the settings' own checks: place and key are what matters here.
  EXPECT_THAT(message_of([&] { catalog_from(with("[phone, mail]", "[phne]")); }), testing::HasSubstr("c.yaml:9:"));
  EXPECT_THAT(message_of([&] { catalog_from(with("0.079", "-0.079")); }),
              testing::HasSubstr("catalog.products.loan.aprs"));
  EXPECT_THAT(message_of([&] { catalog_from(with("lgd: 0.55", "lgd: 1.5")); }),
              testing::HasSubstr("catalog.products.loan.lgd"));
  EXPECT_THAT(message_of([&] { catalog_from(with("amortising", "amortizing")); }), testing::HasSubstr("amortising"));
  EXPECT_THAT(message_of([&] { catalog_from(with("lgd:", "lgdd:")); }), testing::HasSubstr("lgd"));
  EXPECT_THAT(message_of([&] { catalog_from(with("      lgd: 0.55\n", "      lgd: 0.55\n      colour: red\n")); }),
              testing::HasSubstr("colour"));
}

TEST(Economics, SeasoningMustBeChosen) {
  const std::string rest = "economics: {discount_rate: 0.06, funding_rate: 0.03";
  EXPECT_THAT(message_of([&] { economics_from(rest + "}"); }),
              testing::AllOf(testing::HasSubstr("economics.seasoning is missing"), testing::HasSubstr("'constant'")));
  EXPECT_TRUE(economics_from(rest + ", seasoning: constant}").has_constant_hazard());
  const Economics economics = economics_from(rest + ", seasoning: [0.4, 1.2, 1]}");
  EXPECT_EQ(economics.relative_hazard(1), 0.4);
  EXPECT_EQ(economics.relative_hazard(3), 1);
  EXPECT_EQ(economics.relative_hazard(99), 1);
  EXPECT_EQ(economics.prepayment(5), 0);
  EXPECT_EQ(economics.capital.hurdle_rate, 0);
  EXPECT_EQ(
      message_of([&] { economics_from(rest + ", seasoning: [0.4, much]}"); }),
      "c.yaml:1:54: economics.seasoning has the entry 'much' (a relative hazard is a number of at least 0): write "
      "constant, or for example [0.5, 1.2, 1.0]");
  EXPECT_EQ(message_of([&] { economics_from(rest + ", seasoning: [0, 1]}"); }),
            "c.yaml:1:54: economics.seasoning begins without a hazard (a default must be possible in the first month, "
            "else short loans could never default): let the first entry be above 0");
}

TEST(Economics, DeclaresItselfForTheReferencePage) {
  const auto config = settings::Config::for_reference();
  const Catalog catalog = read_catalog(config.root().section("catalog", "what may be offered"));
  static_cast<void>(read_economics(config.root().section("economics", "what lending costs")));
  static_cast<void>(read_policy(config.root().section("policy", "who may be offered what"), catalog));
  const std::string page = config.as_reference();
  for (const char* key : {"utilisation", "seasoning", "hurdle_rate", "contact_cost", "effective_from", "limit_ratio"})
    EXPECT_THAT(page, testing::HasSubstr(key));
}

TEST(OfferEconomics, ValueIsTheFormula) {
  const Catalog catalog = catalog_from(loan);
  Economics economics =
      economics_from("economics: {discount_rate: 0.06, funding_rate: 0.03, seasoning: constant, fraud_loss: 0.9}");
  const OfferEconomics offers(catalog, economics, 12);
  for (std::size_t offer = 0; offer < catalog.offers.size(); ++offer) {
    const Offer& one = catalog.offers[offer];
    const double loan_value = LoanValue(catalog.products[0], one.apr, one.term, economics, 12)(0.07).at(one.limit);
    EXPECT_NEAR(offers.value_of_loan(offer, 0.07), loan_value, 1e-6 * one.limit);
    EXPECT_NEAR(offers.value(offer, 0.2, 0.07, 0.01),
                0.2 * (0.99 * loan_value - 0.01 * 0.9 * one.limit) - (one.channel == 0 ? 0.9 : 0.0), 1e-6 * one.limit);
  }
  const std::vector<float> p_take(32, 0.2F), p_default(32, 0.07F), p_fraud(2, 0.01F);
  std::vector<float> values(32);
  offers.values(p_take, p_default, p_fraud, values);
  for (std::size_t pair = 0; pair < 32; ++pair)
    EXPECT_EQ(values[pair], static_cast<float>(offers.value(pair % 16, 0.2F, 0.07F, 0.01F)));
}

TEST(Catalog, MultipliesOffersByFunders) {
  const Catalog plain = catalog_from(loan);
  const Catalog funded = catalog_from(with("lgd: 0.55", "lgd: 0.55\n      funder: [bank, partner]"));
  EXPECT_EQ(funded.funders, (std::vector<std::string>{"bank", "partner"}));
  ASSERT_EQ(funded.offers.size(), 2 * plain.offers.size());
  for (std::size_t j = 0; j < funded.offers.size(); ++j) {
    Offer same = funded.offers[j];
    EXPECT_EQ(same.funder, j % 2);
    same.funder = no_funder;
    EXPECT_EQ(same, plain.offers[j / 2]);
    EXPECT_EQ(funded.name_of(funded.offers[j]),
              plain.name_of(plain.offers[j / 2]) + (j % 2 == 0 ? ":bank" : ":partner"));
  }
  EXPECT_THAT(
      message_of([] { static_cast<void>(catalog_from(with("lgd: 0.55", "lgd: 0.55\n      funder: [bank, bank]"))); }),
      testing::HasSubstr("catalog.products.loan.funder lists bank twice (every offer may stand once)"));
}

}  // namespace
}  // namespace proffer::offers
