// Measures against all outcomes of a few borrowers; the dual bound against its definition; the arithmetic of a
// certificate.
#include "verify/certificate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/world.hpp"

namespace proffer::verify {
namespace {

using proffer::test::world;

Catalog two_offers() {
  Catalog catalog;
  catalog.products.resize(2);
  catalog.products[0].name = "loan";
  catalog.products[0].lgd = 0.5;
  catalog.products[1].name = "card";
  catalog.products[1].lgd = 0.8;
  catalog.channels = {"mail", "phone"};
  catalog.fraud_loss = 0.9;
  catalog.offers.resize(2);
  catalog.offers[0].limit = catalog.offers[0].exposure = 1000;
  catalog.offers[0].contact_cost = 2;
  catalog.offers[1].product = 1;
  catalog.offers[1].channel = 1;
  catalog.offers[1].limit = 3000;
  catalog.offers[1].exposure = 2000;
  return catalog;
}

Limit limit_of(std::string measure, std::string basis = "expected") {
  Limit limit;
  limit.name = measure;
  limit.measure = std::move(measure);
  limit.basis = std::move(basis);
  limit.sense = "at_most";
  return limit;
}

TEST(Counting, MeanAndVarianceOverAllThatMayHappen) {
  const Catalog catalog = two_offers();
  const Chances c{0.3, 0.2, 0.1};
  // What the loan uses where it is taken, taken and in default, taken and defrauded.
  struct Expected {
    const char* measure;
    double taken, defaulted, defrauded;
  };
  for (const auto& [measure, taken, defaulted, defrauded] :
       {Expected{"takes", 1, 0, 0}, Expected{"amount", 1000, 0, 0}, Expected{"exposure", 1000, 0, 0},
        Expected{"loss", 0, 500, 0}, Expected{"fraud_loss", 0, 0, 900}}) {
    const Counting counting(limit_of(measure), catalog, {});
    double mean = 0, square = 0;
    const auto outcome = [&](double p, double use) { mean += p * use, square += p * use * use; };
    for (const bool takes : {false, true})
      for (const bool defaults : {false, true})
        for (const bool defrauds : {false, true}) {
          const double p =
              (takes ? c.take : 1 - c.take) * (defaults ? c.pd : 1 - c.pd) * (defrauds ? c.fraud : 1 - c.fraud);
          outcome(p, takes ? taken + (defaults ? defaulted : 0) + (defrauds ? defrauded : 0) : 0);
        }
    EXPECT_NEAR(counting.use(0, {}, c), mean, 1e-10) << measure;
    EXPECT_NEAR(counting.variance(0, {}, c), square - mean * mean, 1e-8) << measure;
  }
}

TEST(Counting, AveragePdCountsDefaultsAboveTheLimit) {
  Limit limit = limit_of("average_pd");
  limit.limit = 0.05;
  limit.opening = 7;
  EXPECT_EQ(limit.bound(), 0);
  const Counting counting(limit, two_offers(), {});
  const Chances c{0.3, 0.2, 0};
  EXPECT_NEAR(counting.use(0, {}, c), 0.3 * (0.2 * 0.95 - 0.8 * 0.05), 1e-15);
  const double square = 0.3 * (0.2 * 0.95 * 0.95 + 0.8 * 0.05 * 0.05);
  EXPECT_NEAR(counting.variance(0, {}, c), square - std::pow(counting.use(0, {}, c), 2), 1e-15);
}

TEST(Counting, ScenariosSharesAndStanding) {
  Limit limit = limit_of("takes");
  limit.basis = "worst_case";
  limit.segments = {"south"};
  Surroundings around;
  around.scenarios = {{"base", 0.5, {}, {}}, {"boom", 0.5, {1, 1.5}, {{1, {1, 10}}}}};
  const Counting scenarios(limit, two_offers(), {"north", "south"}, around);
  const Chances c{0.3, 0.2, 0.1};
  EXPECT_DOUBLE_EQ(scenarios.use(0, Standing(std::size_t{1}), c, 0), 0.3);
  EXPECT_EQ(scenarios.use(0, Standing(std::size_t{1}), c, 1), 1) << "at most 1";
  EXPECT_EQ(scenarios.use(0, Standing(std::size_t{0}), c, 1), 0);

  limit = limit_of("contacts");
  limit.share = true;
  limit.limit = 0.25;
  limit.segments = {"south"};
  const Counting share(limit, two_offers(), {"north", "south"});
  EXPECT_EQ(share.use(0, Standing(std::size_t{1}), c), 0.75);
  EXPECT_EQ(share.use(0, Standing(std::size_t{0}), c), -0.25);

  Standing had;
  had.had_offer = true;
  had.before = 1;
  const Counting changed(limit_of("changed"), two_offers(), {}), lost(limit_of("lost"), two_offers(), {});
  EXPECT_EQ(changed.use(0, {}, c), 1);
  EXPECT_EQ(changed.use(0, had, c), 0);
  EXPECT_EQ(changed.use(1, had, c), -1);
  EXPECT_EQ(lost.use(1, {}, c), 0);
  EXPECT_EQ(lost.use(0, had, c), -1);
}

TEST(Cvar, IsTheMeanOfTheWorst) {
  const std::vector<Scenario> scenarios{{"a", 0.6, {}, {}}, {"b", 0.25, {}, {}}, {"c", 0.15, {}, {}}};
  const Cvar cvar = cvar_of({10, 30, 20}, scenarios, 0.7);
  EXPECT_NEAR(cvar.value, (0.25 * 30 + 0.05 * 20) / 0.3, 1e-12);
  EXPECT_NEAR(cvar.weights[0], 0, 1e-12);
  EXPECT_NEAR(cvar_of({10, 30, 20}, scenarios, 0).value, 0.6 * 10 + 0.25 * 30 + 0.15 * 20, 1e-12);
}

TEST(Counting, OnlyWhatTheLimitSpeaksOf) {
  Limit limit = limit_of("amount", "committed");
  limit.products = {"card"};
  limit.channels = {"phone"};
  limit.segments = {"south"};
  const Counting counting(limit, two_offers(), {"north", "south"});
  const Chances c{0.3, 0.2, 0.1};
  EXPECT_EQ(counting.use(1, Standing(1), c), 3000);
  EXPECT_EQ(counting.variance(1, Standing(1), c), 0);
  EXPECT_EQ(counting.use(1, Standing(0), c), 0);
  EXPECT_EQ(counting.use(1, {}, c), 0);
  EXPECT_EQ(counting.use(0, Standing(1), c), 0);
}

/// A certificate of two limits: at most 10 and at least 3 of something.
Certificate good() {
  Certificate certificate;
  certificate.status = "certified";
  certificate.value = 100;
  certificate.bound = certificate.relaxed_bound = 100.5;
  certificate.gap = 0.5 / 100.5;
  certificate.limits.resize(2);
  CertifiedLimit &a = certificate.limits[0], &b = certificate.limits[1];
  a.name = "a";
  a.sense = "at_most";
  a.limit = 10;
  a.use = 9;
  a.shadow_price = 2;
  b.name = "b";
  b.sense = "at_least";
  b.limit = 3;
  b.use = 4;
  b.shadow_price = -1;
  a.slack = b.slack = 1;
  a.holds = b.holds = true;
  return certificate;
}

std::vector<LimitTruth> truths() {
  std::vector<LimitTruth> truths{{"a", "at_most", 0, 10, {}}, {"b", "at_least", 0, 3, {}}};
  truths[0].use.add(9);
  truths[1].use.add(4);
  return truths;
}

TEST(CheckArithmetic, FindsEachChange) {
  parallel::ExactSum value;
  value.add(100);
  const auto found = [&](const char* kind, const auto& change) {
    Certificate certificate = good();
    change(certificate);
    Findings findings;
    check_arithmetic(certificate, truths(), value, 0.01, findings);
    return *kind == '\0' ? findings.empty() : findings.count(kind) == 1;
  };
  EXPECT_TRUE(found("", [](Certificate&) {}));
  EXPECT_TRUE(found("certificate value", [](Certificate& c) { c.value = std::nextafter(100.0, 200.0); }));
  EXPECT_TRUE(found("bound", [](Certificate& c) { c.bound = 99; }));
  EXPECT_TRUE(found("bound", [](Certificate& c) { c.relaxed_bound = 100.25; }));
  EXPECT_TRUE(found("gap", [](Certificate& c) { c.gap = 0; }));
  EXPECT_TRUE(found("status", [](Certificate& c) { c.status = "feasible"; }));
  EXPECT_TRUE(found("limit use", [](Certificate& c) { c.limits[0].use = 8; }));
  EXPECT_TRUE(found("limit slack", [](Certificate& c) { c.limits[1].slack = 2; }));
  EXPECT_TRUE(found("limit holds", [](Certificate& c) { c.limits[1].holds = false; }));
  EXPECT_TRUE(found("limit sense", [](Certificate& c) { c.limits[1].sense = "equal"; }));
  EXPECT_TRUE(found("limit name", [](Certificate& c) { c.limits[1].name = "a"; }));
  EXPECT_TRUE(found("limit", [](Certificate& c) { c.limits[0].limit = 11; }));
  EXPECT_TRUE(found("limit tolerance", [](Certificate& c) { c.limits[0].tolerance = 1; }));
  EXPECT_TRUE(found("shadow price", [](Certificate& c) { c.limits[0].shadow_price = -1; }));
  EXPECT_TRUE(found("shadow price", [](Certificate& c) { c.limits[1].shadow_price = 1; }));
  EXPECT_TRUE(found("limits", [](Certificate& c) { c.limits.pop_back(); }));
}

TEST(CheckArithmetic, ComparesExactSumsWithLimits) {
  parallel::ExactSum value;
  value.add(100);
  std::vector<LimitTruth> broken = truths();
  broken[0].use.add(1);
  broken[0].use.add(1e-30);  // too little to be seen in a double
  Certificate certificate = good();
  certificate.limits[0].use = 10;
  certificate.limits[0].slack = 0;
  Findings findings;
  check_arithmetic(certificate, broken, value, 0.01, findings);
  EXPECT_EQ(findings.count("limit broken"), 1U);
}

TEST(DualBound, IsTheLagrangianAtTheShadowPrices) {
  Certificate certificate = good();
  // λ = (2, −1): 2·10 − 1·3 = 17 for the limits; every rank adds two rows.
  DualBound dual(certificate);
  double size = 0;
  const double reduced = dual.reduced(8, {1, 2}, size);
  EXPECT_EQ(reduced, 8 - 2 * 1 + 1 * 2);
  EXPECT_EQ(size, 8 + 2 + 2);
  dual.add_row(reduced, size, 0);
  dual.add_row(0, 0, 0);
  const double g = 17.0 + 8.0 * world().size();
  certificate.relaxed_bound = g;
  Findings findings;
  EXPECT_EQ(dual.check(world(), 2, findings), g);
  EXPECT_TRUE(findings.empty());
  certificate.relaxed_bound = g * (1 + 1e-9) + 1e-6;
  (void)dual.check(world(), 2, findings);
  EXPECT_EQ(findings.count("relaxed_bound"), world().is_root() ? 1U : 0U);
}

}  // namespace
}  // namespace proffer::verify
