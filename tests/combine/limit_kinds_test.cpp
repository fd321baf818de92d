// Capital, funders, shares, previous lists, groups and scenarios: uses against their definitions.
#include <gmock/gmock.h>

#include <cmath>

#include "combine/limit_use.hpp"
#include "combine/small_scores.hpp"

namespace proffer::combine {
namespace {

using namespace test;

constexpr std::uint64_t row_count = 300;

std::vector<LimitUse> limits_from(const std::string& lines, const PreviousCounts& previous = {}) {
  return resolve_limits(
      settings_of((lines.find("changed") + 1 || lines.find("lost") + 1 ? "previous: before.h5\n" : "") + lines),
      score_schema(row_count), previous);
}
LimitUse limit_from(const std::string& rest, const PreviousCounts& previous = {}) {
  return limits_from("limits:\n- {name: a, " + rest + "}\n", previous).front();
}

/// Pair (i, j) of `rows`; every third borrower had offer i % 5 before, every eleventh one that is gone.
PairFacts pair_of(const offers::ScoreRows& rows, std::size_t i, std::size_t j) {
  const auto before = i % 11 == 10 ? offer_gone : i % 3 == 1 ? static_cast<std::int16_t>(i % offer_count) : no_offer;
  return {{rows.p_fraud[i], rows.segment[i], rows.group[i], before},
          j,
          rows.p_take[i * offer_count + j],
          rows.p_default[i * offer_count + j]};
}

/// An arbitrary list: offer of borrower i, −1 none.
int chosen(std::size_t i) {
  return static_cast<int>(uniform(i, "chosen") * 9) - 3 < 0 ? -1 : static_cast<int>(uniform(i, "chosen") * 9) - 4;
}

template <class Each>
double sum_over_list(const Each& each) {
  const offers::ScoreRows rows = score_rows(0, row_count);
  double sum = 0;
  for (std::size_t i = 0; i < row_count; ++i)
    if (chosen(i) >= 0) sum += each(pair_of(rows, i, static_cast<std::size_t>(chosen(i))));
  return sum;
}
double use_of_list(const LimitUse& limit) {
  return sum_over_list([&](const PairFacts& pair) { return limit.use(pair); });
}

double cdf(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}
double quantile_by_halves(double p) {
  double low = -40, high = 40;
  for (int step = 0; step < 200; ++step) (cdf((low + high) / 2) < p ? low : high) = (low + high) / 2;
  return low;
}
/// Basel Committee (2006), paragraphs 329 and 330.
double capital_by_hand(double pd, double lgd, int asset_class) {
  const double w = (1 - std::exp(-35 * pd)) / (1 - std::exp(-35.0));
  const double r = asset_class == 1 ? 0.03 * w + 0.16 * (1 - w) : 0.04;
  return lgd * (cdf((quantile_by_halves(pd) + std::sqrt(r) * quantile_by_halves(0.999)) / std::sqrt(1 - r)) - pd);
}

TEST(Capital, IsTheFormulaTimesExposureOfThoseWhoTake) {
  const offers::ScoreCatalog catalog = score_schema().catalog;
  const offers::ScoreRows rows = score_rows(0, 30);
  const LimitUse expected = limit_from("measure: capital, limit: 5"),
                 committed = limit_from("measure: capital, basis: committed, limit: 5");
  for (std::size_t i = 0; i < 30; ++i)
    for (std::size_t j = 0; j < offer_count; ++j) {
      const PairFacts pair = pair_of(rows, i, j);
      const double k = capital_by_hand(std::max(pair.pd, 0.03), catalog.capital_lgd[j], catalog.asset_class[j]);
      EXPECT_NEAR(committed.use(pair), k * catalog.exposure[j], 1e-9 * catalog.exposure[j]);
      EXPECT_NEAR(expected.use(pair), pair.take * k * catalog.exposure[j], 1e-9 * catalog.exposure[j]);
      const double full = k * catalog.exposure[j];
      EXPECT_NEAR(expected.moments(pair).variance, full * full * pair.take * (1 - pair.take), 1e-6 * full * full);
      EXPECT_EQ(committed.moments(pair).variance, 0);
    }
}

TEST(Capital, TakesThePdOfTwelveMonths) {
  offers::ScoreSchema schema = score_schema();
  schema.horizon_months = 24;
  const Surroundings two_years(schema, {});
  // Survival over 24 months is the square of that over 12.
  EXPECT_NEAR(two_years.capital(3, 1 - 0.9 * 0.9), capital_by_hand(0.1, 0.5, 1), 1e-9);
  EXPECT_NEAR(two_years.capital(2, 1 - 0.9 * 0.9), capital_by_hand(0.1, 0.5, 1), 1e-9);
  EXPECT_EQ(two_years.capital(3, 1.0), 0.0) << "who has defaulted needs no capital for the unexpected";
}

TEST(Funders, HaveLimitsOfTheirOwn) {
  const LimitUse partner = limit_from("measure: contacts, limit: 5, funder: partner");
  EXPECT_EQ(partner.weight, (std::vector<double>{0, 1, 0, 0, 1}));
  EXPECT_THAT(
      error_of([] { static_cast<void>(limit_from("measure: contacts, limit: 5, funder: bnak")); }, ExitCode::bad_usage),
      testing::EndsWith("limit 'a' names the funder 'bnak' (the scores have bank or partner): did you mean bank?"));
}

TEST(Shares, CompareThePartWithTheWhole) {
  // Expected exposure to segment old, existing accounts counted in, at most 30 % of all.
  const LimitUse limit = limit_from("measure: exposure, limit: 0.3, share: true, segment: old, opening: book");
  const offers::ScoreCatalog catalog = score_schema().catalog;
  double part = 2500, whole = 3900;
  sum_over_list([&](const PairFacts& pair) {
    const double exposure = pair.take * catalog.exposure[pair.offer];
    whole += exposure;
    part += pair.row.segment == 1 ? exposure : 0;
    return 0.0;
  });
  EXPECT_NEAR(use_of_list(limit) - limit.bound, part - 0.3 * whole, 1e-9 * whole);
  double numerator = 0, denominator = 0;
  sum_over_list([&](const PairFacts& pair) {
    numerator += limit.ratio_parts(pair).first;
    denominator += limit.ratio_parts(pair).second;
    return 0.0;
  });
  EXPECT_NEAR(numerator, part - 2500, 1e-9 * whole);
  EXPECT_NEAR(denominator, whole - 3900, 1e-9 * whole);

  const LimitUse cards = limit_from("measure: contacts, limit: 0.25, share: true, product: card");
  double list = 0, of_cards = 0;
  sum_over_list([&](const PairFacts& pair) {
    list += 1;
    of_cards += pair.offer < 2;
    return 0.0;
  });
  EXPECT_NEAR(use_of_list(cards) - cards.bound, of_cards - 0.25 * list, 1e-9 * list);
}

TEST(OpeningOfTheBook, IsThatOfTheSegments) {
  EXPECT_EQ(limit_from("measure: exposure, limit: 9000, opening: book").bound, 9000 - 3900);
  EXPECT_EQ(limit_from("measure: exposure, limit: 9000, opening: book, segment: [new, old]").bound, 9000 - 3500);
  EXPECT_EQ(limit_from("measure: amount, limit: 9000, opening: 12.5").bound, 9000 - 12.5);
}

TEST(PreviousList, IsCompared) {
  PreviousCounts previous;
  const offers::ScoreRows rows = score_rows(0, row_count);
  double changed = 0, lost = 0, lost_old = 0;
  for (std::size_t i = 0; i < row_count; ++i) {
    const std::int16_t before = pair_of(rows, i, 0).row.previous;
    if (before != no_offer) ++previous.offered[rows.segment[i]];
    changed += before != chosen(i);
    lost += before != no_offer && chosen(i) < 0;
    lost_old += before != no_offer && chosen(i) < 0 && rows.segment[i] == 1;
  }
  const auto excess = [&](const std::string& rest) {
    const LimitUse limit = limit_from(rest, previous);
    return use_of_list(limit) - limit.bound;
  };
  EXPECT_NEAR(excess("measure: changed, limit: 40"), changed - 40, 1e-9);
  EXPECT_NEAR(excess("measure: lost, limit: 7"), lost - 7, 1e-9);
  EXPECT_NEAR(excess("measure: lost, limit: 7, segment: old"), lost_old - 7, 1e-9);
  double before = 0;
  for (const std::uint64_t count : previous.offered) before += static_cast<double>(count);
  EXPECT_NEAR(excess("measure: changed, limit: 0.1, share: true"), changed - 0.1 * before, 1e-9);
}

TEST(ImpactRatio, IsLinearInTheList) {
  const LimitUse limit = limit_from("measure: impact_ratio, group: women, reference: men, sense: at_least, limit: 0.8");
  const auto sizes = score_schema(row_count).group_rows;
  double women = 0, men = 0;
  sum_over_list([&](const PairFacts& pair) {
    women += pair.row.group == 0;
    men += pair.row.group == 1;
    return 0.0;
  });
  const auto n = [&](std::size_t group) { return static_cast<double>(sizes[group]); };
  EXPECT_NEAR(use_of_list(limit) / n(0), women / n(0) - 0.8 * men / n(1), 1e-12);
  EXPECT_EQ(limit.bound, 0);
}

const std::string scenarios = R"(scenarios:
- {name: base, probability: 0.7}
- {name: recession, probability: 0.2, pd: 1.6, response: 0.9}
- {name: drought, probability: 0.1, pd: 1.1, segments: {old: {pd: 12.5}, new: {response: 3}}}
)";

TEST(Scenarios, MultiplyPdAndResponse) {
  const auto limits = limits_from(scenarios + "limits:\n- {name: a, measure: loss, basis: worst_case, limit: 5}\n" +
                                  "- {name: b, measure: loss, basis: cvar, quantile: 0.8, limit: 5}\n");
  ASSERT_EQ(limits.size(), 4U);
  EXPECT_EQ(limits[2].name, "a (drought)");
  EXPECT_EQ(limits[2].declared, 0U);
  EXPECT_EQ(limits[3].declared, 1U);
  const offers::ScoreCatalog catalog = score_schema().catalog;
  const offers::ScoreRows rows = score_rows(0, 60);
  for (std::size_t i = 0; i < 60; ++i)
    for (std::size_t j = 0; j < offer_count; ++j) {
      const PairFacts pair = pair_of(rows, i, j);
      const double amount = catalog.lgd[j] * catalog.exposure[j];
      const double recession = amount * std::min(1.0, 0.9 * pair.take) * std::min(1.0, 1.6 * pair.pd);
      const double drought = amount * std::min(1.0, (pair.row.segment == 0 ? 3.0 : 1.0) * pair.take) *
                             std::min(1.0, (pair.row.segment == 1 ? 12.5 : 1.1) * pair.pd);
      EXPECT_NEAR(limits[0].use(pair), amount * pair.take * pair.pd, 1e-9 * amount);
      EXPECT_NEAR(limits[1].use(pair), recession, 1e-9 * amount);
      EXPECT_NEAR(limits[2].use(pair), drought, 1e-9 * amount);
      EXPECT_NEAR(limits[3].use(pair), 0.7 * amount * pair.take * pair.pd + 0.2 * recession + 0.1 * drought,
                  1e-9 * amount);
      EXPECT_NEAR(limits[0].moments(pair, 2).mean, drought, 1e-9 * amount);
    }
}

TEST(WorstWeights, GiveConditionalValueAtRisk) {
  // min over η of η + Σ p max(0, loss − η) / (1 − level), reached at one of the losses.
  for (std::uint64_t draw = 0; draw < 200; ++draw) {
    const std::size_t count = 1 + draw % 7;
    std::vector<double> p, loss;
    double total = 0;
    for (std::size_t s = 0; s < count; ++s) {
      p.push_back(0.05 + uniform(draw * 16 + s, "p"));
      total += p.back();
      loss.push_back(std::round(10 * uniform(draw * 16 + s, "loss")));  // ties
    }
    for (double& one : p) one /= total;
    const double level = 0.95 * uniform(draw, "level");
    double cvar = INFINITY;
    for (const double eta : loss) {
      double sum = eta;
      for (std::size_t s = 0; s < count; ++s) sum += p[s] * std::max(0.0, loss[s] - eta) / (1 - level);
      cvar = std::min(cvar, sum);
    }
    const std::vector<double> q = worst_weights(p, loss, level);
    double sum = 0, weights = 0;
    for (std::size_t s = 0; s < count; ++s) {
      EXPECT_GE(q[s], 0);
      EXPECT_LE(q[s], p[s] / (1 - level) + 1e-15);
      weights += q[s];
      sum += q[s] * loss[s];
    }
    EXPECT_NEAR(weights, 1, 1e-11);
    EXPECT_NEAR(sum, cvar, 1e-9);
  }
}

TEST(LimitKinds, RefuseWhatMakesNoSense) {
  const auto refusal = [](const std::string& rest, const std::string& before = "") {
    return error_of([&] { static_cast<void>(limits_from(before + "limits:\n- {name: a, " + rest + "}\n")); },
                    ExitCode::bad_usage);
  };
  EXPECT_EQ(
      refusal("measure: loss, basis: cvar, limit: 5"),
      "c.yaml:2:3: limit 'a' has basis cvar (there are no scenarios): add combine.scenarios, or use basis: expected");
  EXPECT_THAT(refusal("measure: loss, basis: cvar, limit: 5, sense: at_least", scenarios),
              testing::HasSubstr("limit 'a' with basis cvar is not at_most (cvar is the mean of the worst cases)"));
  EXPECT_THAT(refusal("measure: contacts, basis: worst_case, limit: 5", scenarios),
              testing::HasSubstr("contacts has no worst_case basis"));
  EXPECT_THAT(refusal("measure: loss, limit: 5", "scenarios: [{name: x, probability: 0.5}]\n"),
              testing::HasSubstr("the probabilities of the scenarios sum to 0.5 (one of them comes true)"));
  EXPECT_THAT(
      refusal("measure: loss, limit: 5", "scenarios: [{name: x, probability: 0.5}, {name: x, probability: 0.5}]\n"),
      testing::HasSubstr("two scenarios are called 'x'"));
  EXPECT_THAT(
      refusal("measure: loss, limit: 5", "scenarios: [{name: x, probability: 1, segments: {odl: {pd: 2}}}]\n"),
      testing::HasSubstr("scenario 'x' names the segment 'odl' (the scores have new or old): did you mean old?"));
  EXPECT_THAT(refusal("measure: exposure, limit: 5, share: true, product: card"),
              testing::HasSubstr("limit 'a' is on a share of 5 (a share is from 0 to 1): write 0.3 for 30 %"));
  EXPECT_THAT(refusal("measure: exposure, limit: 0.5, share: true"),
              testing::HasSubstr("limit 'a' is on a share of everything (it names no part)"));
  EXPECT_THAT(refusal("measure: exposure, limit: 5, opening: bok"),
              testing::HasSubstr("opening is bok (it is a number or `book`): write for example opening: 250000"));
  EXPECT_THAT(refusal("measure: loss, limit: 5, opening: book"),
              testing::HasSubstr("the book does not know the opening of loss (its accounts have an exposure only)"));
  EXPECT_THAT(refusal("measure: exposure, limit: 5, opening: book, product: card"),
              testing::HasSubstr("the book does not know the opening of limit 'a'"));
  EXPECT_THAT(refusal("measure: changed, limit: 5, product: card"),
              testing::HasSubstr("limit 'a' names offers (changed counts borrowers, whatever their offer)"));
  EXPECT_THAT(refusal("measure: impact_ratio, limit: 0.8, group: women"),
              testing::HasSubstr("limit 'a' compares groups by halves (impact_ratio, and nothing else, needs group and "
                                 "reference)"));
  EXPECT_THAT(
      refusal("measure: impact_ratio, limit: 0.8, group: wmen, reference: men, sense: at_least"),
      testing::EndsWith("limit 'a' names the group 'wmen' (the scores have women or men): did you mean women?"));
}

}  // namespace
}  // namespace proffer::combine
