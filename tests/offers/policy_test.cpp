// The policy against a second, plain reading of the same settings, pair by pair.
#include "offers/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "offers/rates.hpp"

namespace proffer::offers {
namespace {

const std::string catalog_text = R"(catalog:
  channels: {mail: {contact_cost: 1}, phone: {contact_cost: 4}}
  products:
    loan: {rate_convention: amortising, limits: [2000, 9000], aprs: [0.08, 0.19], terms: [12, 48], channels: [mail, phone], lgd: 0.5, origination_fee: 0.01}
    card: {rate_convention: revolving, limits: [1500], aprs: [0.229], terms: [24], channels: [mail], lgd: 0.7, utilisation: 0.4, ccf: 0.5, annual_fee: 20}
)";

const std::string policy_text = R"(policy:
  date: 20250115
  maximum_pd: 0.25
  maximum_fraud: 0.2
  apr_max: 0.3
  maximum_term: 40
  minimum_trials: 100
  maximum_exposure: 9500
  affordability: {income: income, share: 0.4}
  region: region
  rules:
    - {name: adults, feature: age, min: 21, max: 75}
    - {name: delinquent, feature: delinquencies, max: 1, products: [loan], missing: allow}
    - {name: cap_south, apr_max: 0.2, regions: [south, east], effective_from: 20240101}
    - {name: old_cap, apr_max: 0.01, effective_to: 20241231}
    - {name: no_cards_north, forbidden: true, products: [card], regions: [north], missing: allow}
    - {name: phone_small, limit_max: 5000, term_max: 24, channels: [phone]}
    - {name: employed, feature: job, in: [employee, retired], products: [card]}
    - {name: score_steps, feature: score, in: [0.1, 0.2], missing: allow}
    - {name: from_later, forbidden: true, effective_from: 20250116}
)";

Catalog catalog() {
  return read_catalog(settings::Config::from_text(catalog_text, "c.yaml").root().section("catalog", ""));
}

Economics economics() {
  Economics some;
  some.prepayment_monthly = {0.01};
  some.seasoning = {1};
  return some;
}

borrowers::Schema schema() {
  using borrowers::Kind;
  using borrowers::Role;
  borrowers::Schema some;
  some.columns = {{"age", Kind::numeric, Role::monitor_only, {}},
                  {"income", Kind::numeric, Role::feature, {}},
                  {"region", Kind::categorical, Role::feature, {"north", "south", "east"}},
                  {"delinquencies", Kind::numeric, Role::feature, {}},
                  {"job", Kind::categorical, Role::feature, {"none", "employee", "retired"}},
                  {"score", Kind::numeric, Role::feature, {}},
                  {"later", Kind::numeric, Role::post_outcome, {}}};
  return some;
}

PolicySettings policy_from(const std::string& text) {
  const auto config = settings::Config::from_text(text, "p.yaml");
  PolicySettings policy = read_policy(config.root().section("policy", ""), catalog());
  config.refuse_unread();
  return policy;
}

/// Random borrowers with missing values.
struct Population {
  std::vector<std::uint64_t> id;
  std::vector<float> features, p_default, p_fraud;
  std::vector<double> instalments, exposures;

  Population(std::size_t rows, std::size_t offers) {
    std::mt19937_64 random(11);
    std::uniform_real_distribution<float> unit(0, 1);
    const auto or_missing = [&](float value) { return unit(random) < 0.1F ? NAN : value; };
    for (std::size_t row = 0; row < rows; ++row) {
      id.push_back(random() % 300);
      features.insert(
          features.end(),
          {or_missing(std::floor(18 + 65 * unit(random))), or_missing(4000 * unit(random)),
           or_missing(std::floor(3 * unit(random))), or_missing(std::floor(4 * unit(random))),
           or_missing(std::floor(3 * unit(random))), or_missing(0.1F * std::floor(4 * unit(random))), 0.0F});
      p_fraud.push_back(0.4F * unit(random));
      instalments.push_back(unit(random) < 0.5F ? 0.0 : 300.0 * unit(random));
      exposures.push_back(instalments.back() == 0 ? 0.0 : std::floor(9000 * unit(random)));
      for (std::size_t offer = 0; offer < offers; ++offer) p_default.push_back(0.5F * unit(random));
    }
  }
};

/// The rules of policy_text, written out by hand.
std::uint32_t by_hand(const Catalog& all, std::size_t number, std::uint64_t trials, const Population& people,
                      std::size_t row, bool suppressed) {
  const Offer& offer = all.offers[number];
  const bool card = offer.product == 1;
  const bool phone = offer.channel == 1;
  const float* x = people.features.data() + row * 7;
  const double apr = effective_apr(all, offer);
  std::uint32_t bits = 0;
  const auto set = [&](bool when, unsigned place) { bits |= when ? 1U << place : 0U; };
  set(apr > 0.3, 0);
  set(offer.term > 40, 1);
  const double due = people.instalments[row] + instalment(all.products[offer.product], offer);
  set(std::isnan(x[1]) || due > 0.4 * static_cast<double>(x[1]), 2);
  set(suppressed, 3);
  set(people.p_fraud[row] > 0.2F, 4);
  set(trials < 100, 5);
  set(people.p_default[row * all.offers.size() + number] > 0.25F, 6);
  set(people.exposures[row] + offer.limit > 9500, 10);
  set(std::isnan(x[0]) || x[0] < 21 || x[0] > 75, 11);
  set(!card && x[3] > 1, 12);
  set(apr > 0.2 && (std::isnan(x[2]) || x[2] == 1 || x[2] == 2), 13);
  set(card && x[2] == 0, 15);
  set(phone && (offer.limit > 5000 || offer.term > 24), 16);
  set(card && (std::isnan(x[4]) || x[4] == 0), 17);
  set(!std::isnan(x[5]) && x[5] != 0.1F && x[5] != 0.2F, 18);
  return bits;
}

TEST(Policy, EqualsTheRulesByHand) {
  const Catalog all = catalog();
  const std::size_t offers = all.offers.size();
  const OfferEconomics values(all, economics(), 13);
  std::vector<std::uint64_t> trials;
  for (std::size_t offer = 0; offer < offers; ++offer) trials.push_back(offer == 3 ? 99 : 100 + offer);
  const std::vector<std::uint64_t> suppressed{5, 17, 200};
  const Policy policy(policy_from(policy_text), all, values, schema(), {trials, suppressed});
  const std::size_t rows = 2000;
  const Population people(rows, offers);
  std::vector<std::uint32_t> bits(rows * offers);
  policy.evaluate({people.id, people.features, people.p_default, people.p_fraud, people.instalments, people.exposures},
                  bits);
  std::uint32_t seen = 0;
  std::size_t eligible = 0;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t offer = 0; offer < offers; ++offer) {
      const bool listed = people.id[row] == 5 || people.id[row] == 17 || people.id[row] == 200;
      ASSERT_EQ(bits[row * offers + offer], by_hand(all, offer, trials[offer], people, row, listed))
          << row << " " << offer;
      seen |= bits[row * offers + offer];
      eligible += bits[row * offers + offer] == 0 ? 1 : 0;
    }
  // Every rule but those out of force (old_cap, from_later) and the general cap of 30 % was broken by somebody.
  EXPECT_EQ(seen, 0b111'1011'1100'0111'1110U | (by_hand(all, offers - 1, 100, people, 0, false) & 1U));
  EXPECT_GT(eligible, 0U);
}

TEST(Policy, NamesAndClassesOfItsReasons) {
  const std::vector<std::uint64_t> trials(17, 100);
  const Policy policy(policy_from(policy_text), catalog(), OfferEconomics(catalog(), economics(), 12), schema(),
                      {trials, {}});
  const Reasons& reasons = policy.reasons();
  EXPECT_EQ(reasons.names.size(), 20U);
  EXPECT_EQ(reasons.names[reason::affordability], "affordability");
  EXPECT_EQ(reasons.names[11], "adults");
  EXPECT_EQ(reasons.names[19], "from_later");
  EXPECT_EQ(reasons.bits_of(ReasonClass::model), bit(reason::pd_above_maximum));
  EXPECT_EQ(reasons.bits_of(ReasonClass::fraud), bit(reason::fraud_gate));
  EXPECT_EQ(reasons.classes[19], ReasonClass::policy);
}

TEST(Policy, AnEmptyOneAllowsEverything) {
  const Policy policy(policy_from("policy: {}"), catalog(), OfferEconomics(catalog(), economics(), 12), schema(), {});
  const Population people(20, 18);
  std::vector<std::uint32_t> bits(20 * 17, 77);
  policy.evaluate({people.id, people.features, {}, {}, {}, {}}, bits);
  EXPECT_THAT(bits, testing::Each(0U));
}

TEST(Policy, ACapAtTheVeryRateIsKept) {
  const Catalog all = catalog();
  const OfferEconomics values(all, economics(), 13);
  PolicySettings settings;
  settings.apr_max = values.effective_apr()[0];
  const Policy policy(settings, all, values, schema(), {});
  const Population people(1, 18);
  std::vector<std::uint32_t> bits(17);
  policy.evaluate({people.id, people.features, {}, {}, {}, {}}, bits);
  EXPECT_EQ(bits[0], 0U);
  EXPECT_EQ(bits[4], bit(reason::rate_cap));
}

template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Policy, BrokenOnesSayWhatIsWrong) {
  const auto one_rule = [](const std::string& rule) {
    return "policy:\n  date: 20250115\n  region: region\n  rules:\n    - {" + rule + "}\n";
  };
  const auto built = [&](const std::string& text) {
    return message_of([&] {
      const Policy policy(policy_from(text), catalog(), OfferEconomics(catalog(), economics(), 12), schema(), {});
    });
  };
  const std::string at = "p.yaml:5:7: ";
  EXPECT_EQ(built(one_rule("name: a")),
            at + "policy.rules.0 (a) forbids nothing (it states no condition): add apr_max, term_max, limit_max, a "
                 "feature with min, max or in, or forbidden: true");
  EXPECT_EQ(built(one_rule("name: a, min: 3")),
            at + "policy.rules.0 bounds no feature (min, max and in need one): add feature: NAME");
  EXPECT_EQ(built(one_rule("name: a, feature: age")),
            "p.yaml:5:17: policy.rules.0 says nothing about age (it has no min, max or in): add a bound, or leave the "
            "feature out");
  EXPECT_EQ(
      built(one_rule("name: a, feature: age, min: 9, max: 3")),
      "p.yaml:5:31: policy.rules.0 has min above max (9 is more than 3): nothing could satisfy the rule: swap them");
  EXPECT_EQ(built(one_rule("name: affordability, forbidden: true")),
            "p.yaml:5:8: policy.rules.0 is called affordability like another reason (reasons are told apart by their "
            "names): choose another name");
  EXPECT_EQ(
      built(one_rule("name: a, forbidden: true, effective_from: 20250230")),
      "p.yaml:5:34: policy.rules.0.effective_from is 20250230 (there is no such day): write a date as YYYYMMDD, for "
      "example 20250115");
  EXPECT_EQ(built(one_rule("name: a, feature: job, in: [employe]")),
            at + "employe is no label of job (the book knows none, employee or retired): did you mean employee?");
  EXPECT_EQ(built(one_rule("name: a, feature: age, in: [young]")),
            at + "'young' is no number (age is a numeric feature): list the numbers that are allowed");
  EXPECT_EQ(
      built(one_rule("name: a, feature: later, max: 1")),
      at + "the policy uses later (it is known only after the outcome): use a feature known when the offer is made");
  EXPECT_THAT(built(one_rule("name: a, feature: agee, max: 1")), testing::HasSubstr("age"));
  EXPECT_THAT(built(one_rule("name: a, forbidden: true, products: [lone]")), testing::HasSubstr("loan"));
  EXPECT_EQ(built("policy: {rules: [{name: a, forbidden: true, regions: [south]}]}"),
            "p.yaml:1:18: rule a names regions (policy.region is missing): say which feature holds the region, for "
            "example region: region");
  EXPECT_EQ(built("policy: {rules: [{name: a, forbidden: true, effective_to: 20250101}]}"),
            "p.yaml:1:18: rule a has effective dates (policy.date is missing): say on which day the policy is applied, "
            "for example date: 20250115");
  std::string many = "policy:\n  rules:\n";
  for (int rule = 0; rule < 23; ++rule) many += "    - {name: r" + std::to_string(rule) + ", forbidden: true}\n";
  EXPECT_EQ(built(many),
            "p.yaml:2:3: policy has 23 rules (a reason is one of 32 bits, and 11 are taken): write at most "
            "21, or join some with `in`");
}

}  // namespace
}  // namespace proffer::offers
