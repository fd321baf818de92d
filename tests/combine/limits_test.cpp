// What limits count, against sums written out by hand, and what their settings refuse.
#include <gmock/gmock.h>

#include <cmath>

#include "combine/list_uses.hpp"
#include "combine/small_scores.hpp"

namespace proffer::combine {
namespace {

using namespace test;
using allocation::Sense;

constexpr std::uint64_t row_count = 300;

/// Use of pair (i, j) by the definition of each measure.
double use_by_hand(const LimitSettings& limit, const offers::ScoreCatalog& catalog, const offers::ScoreRows& rows,
                   std::size_t i, std::size_t j) {
  const auto take = static_cast<double>(rows.p_take[i * offer_count + j]);
  const auto pd = static_cast<double>(rows.p_default[i * offer_count + j]);
  const auto fraud = static_cast<double>(rows.p_fraud[i]);
  const double accepts = limit.basis == Basis::committed ? 1 : take;
  switch (limit.measure) {
    case Measure::contacts:
      return 1;
    case Measure::contact_cost:
      return catalog.contact_cost[j];
    case Measure::takes:
      return take;
    case Measure::amount:
      return accepts * catalog.limit[j];
    case Measure::exposure:
      return accepts * catalog.exposure[j];
    case Measure::loss:
      return take * pd * catalog.lgd[j] * catalog.exposure[j];
    case Measure::fraud_loss:
      return take * fraud * catalog.fraud_loss[j] * catalog.limit[j];
    case Measure::average_pd:
      return take * (pd - limit.limit);
    default:
      return 0;  // limit_kinds_test.cpp
  }
  return 0;
}

/// Uses of every pair as the solver is given them: [limits] of rows × offers.
std::vector<std::vector<double>> uses_given(const ScoreSource& source, const allocation::Rules& rules) {
  std::vector<std::vector<double>> uses(rules.limits.size());
  source.visit([&](const allocation::PairBatch& batch) {
    for (std::size_t k = 0; k < rules.limits.size(); ++k)
      for (std::size_t p = 0; p < batch.rows * offer_count; ++p) {
        const allocation::Limit& limit = rules.limits[k];
        const bool counted = ((batch.counted_by[p / offer_count] >> k) & 1U) != 0;
        const double quantity = limit.quantity == allocation::unit_quantity ? 1 : batch.quantities[limit.quantity][p];
        uses[k].push_back(counted ? limit.weight[p % offer_count] * quantity : 0);
      }
  });
  return uses;
}

CombineSettings every_limit() {
  CombineSettings settings;
  for (int m = 0; m <= static_cast<int>(Measure::average_pd); ++m)
    for (const Basis basis : {Basis::committed, Basis::expected, Basis::quantile})
      for (const int filter : {0, 1, 2, 3}) {
        const auto measure = static_cast<Measure>(m);
        const bool certain = measure == Measure::contacts || measure == Measure::contact_cost;
        const bool both = measure == Measure::amount || measure == Measure::exposure;
        if (certain ? basis != Basis::committed : basis == Basis::committed && !both) continue;
        if (measure == Measure::average_pd && basis == Basis::quantile) continue;
        LimitSettings limit;
        limit.name = std::to_string(settings.limits.size());
        limit.measure = measure;
        limit.basis = basis;
        limit.sense = static_cast<Sense>(settings.limits.size() % 3);
        limit.limit = measure == Measure::average_pd ? 0.08 : 1000;
        if (filter == 1) limit.products = {"loan"};
        if (filter == 2) limit.channels = {"mail"};
        if (filter == 3) limit.segments = {"old"};
        settings.limits.push_back(limit);
      }
  return settings;
}

TEST(Limits, CountWhatTheirMeasureSays) {
  const CombineSettings settings = every_limit();
  ASSERT_EQ(settings.limits.size(), 60U);
  const offers::ScoreSchema schema = score_schema();
  const auto limits = resolve_limits(settings, schema);
  const MemoryScores scores(0, row_count, row_count);
  const Log log = silent();
  const ScoreSource source(scores, limits, log);
  const allocation::Rules rules = source.rules(std::vector<double>(60, 12.5));
  const auto uses = uses_given(source, rules);
  const offers::ScoreRows rows = score_rows(0, row_count);
  for (std::size_t k = 0; k < 60; ++k) {
    SCOPED_TRACE(testing::Message() << "limit " << k << ", " << name_of(settings.limits[k].measure));
    EXPECT_EQ(rules.limits[k].sense, settings.limits[k].sense);
    EXPECT_EQ(rules.limits[k].bound, 12.5);
    for (std::size_t i = 0; i < row_count; ++i)
      for (std::size_t j = 0; j < offer_count; ++j) {
        const LimitSettings& limit = settings.limits[k];
        const bool counted = (limit.products.empty() || schema.catalog.product[j] == 1) &&
                             (limit.channels.empty() || schema.catalog.channel[j] == 0) &&
                             (limit.segments.empty() || rows.segment[i] == 1);
        const double expected = counted ? use_by_hand(limit, schema.catalog, rows, i, j) : 0;
        ASSERT_NEAR(uses[k][i * offer_count + j], expected, 1e-12 * (1 + std::fabs(expected)));
      }
  }
}

TEST(Limits, NameLabelsThatAreThere) {
  const auto refusal = [](const std::string& filter) {
    const CombineSettings settings =
        settings_of("limits:\n- {name: budget, measure: contacts, limit: 5, " + filter + "}\n");
    return error_of([&] { static_cast<void>(resolve_limits(settings, score_schema())); }, ExitCode::bad_usage);
  };
  EXPECT_THAT(refusal("product: laon"), testing::HasSubstr("limit 'budget' names the product 'laon' (the scores have"));
  EXPECT_THAT(refusal("product: laon"), testing::EndsWith("did you mean loan?"));
  EXPECT_THAT(refusal("channel: mial"), testing::EndsWith("did you mean mail?"));
  EXPECT_THAT(refusal("segment: [new, odl]"), testing::EndsWith("did you mean old?"));
  EXPECT_EQ(refusal("segment: [new, old], product: loan"), "");
}

TEST(Limits, RefuseBasesThatMakeNoSense) {
  const auto refusal = [](const std::string& rest) {
    return error_of([&] { static_cast<void>(settings_of("limits:\n- {name: a, limit: 5, " + rest + "}\n")); },
                    ExitCode::bad_usage);
  };
  EXPECT_EQ(refusal("measure: contacts, basis: expected"),
            "c.yaml:2:42: contacts has no expected basis (contacts are certain once decided): use basis: committed, or "
            "leave it out");
  EXPECT_THAT(refusal("measure: contact_cost, basis: quantile"), testing::HasSubstr("has no quantile basis"));
  for (const std::string measure : {"takes", "loss", "fraud_loss", "average_pd"})
    EXPECT_THAT(
        refusal("measure: " + measure + ", basis: committed"),
        testing::HasSubstr(measure + " has no committed basis (it depends on who accepts): use basis: expected or "
                                     "quantile"));
  EXPECT_THAT(refusal("measure: average_pd, basis: quantile"),
              testing::HasSubstr("average_pd has no quantile basis (it is a ratio): use basis: expected"));
  EXPECT_THAT(refusal("measure: amount, sense: equal"),
              testing::HasSubstr("limit 'a' must be met exactly (sums of money hardly ever hit a number exactly)"));
  EXPECT_EQ(refusal("measure: contacts, sense: equal"), "");
  EXPECT_EQ(refusal("measure: amount, basis: committed"), "");
  EXPECT_THAT(error_of(
                  [] {
                    static_cast<void>(settings_of(
                        "limits:\n- {name: a, limit: 5, measure: takes}\n- {name: a, limit: 6, measure: takes}\n"));
                  },
                  ExitCode::bad_usage),
              testing::HasSubstr("two limits are called 'a'"));
}

TEST(RealisedUse, HasTheMomentsOfASimulation) {
  // One offered borrower per row, offers in turn; draws of who accepts, defaults and defrauds.
  const CombineSettings settings = every_limit();
  const auto limits = resolve_limits(settings, score_schema());
  const auto range = storage::rows_of_rank(world(), row_count);
  const offers::ScoreRows mine = score_rows(range.begin, range.size()), rows = score_rows(0, row_count);
  const ChosenPairs chosen = [&](const std::function<void(const PairFacts&)>& take) {
    for (std::size_t i = 0; i < mine.rows(); ++i) {
      const std::size_t j = (range.begin + i) % (offer_count + 1);
      if (j == 0) continue;
      const std::size_t pair = i * offer_count + j - 1;
      take({{mine.p_fraud[i], mine.segment[i], mine.group[i], no_offer},
            j - 1,
            mine.p_take[pair],
            mine.p_default[pair]});
    }
  };
  const auto uses = list_uses(world(), limits, chosen, 0.0);
  const auto shocked = list_uses(world(), limits, chosen, 0.1);
  constexpr std::size_t draws = 2000;
  const offers::ScoreCatalog catalog = score_schema().catalog;
  for (std::size_t k = 0; k < limits.size(); k += 7) {
    SCOPED_TRACE(testing::Message() << "limit " << k << ", " << name_of(settings.limits[k].measure));
    double sum = 0, squares = 0;
    offers::ScoreRows drawn;
    drawn.resize(1, offer_count);
    for (std::size_t d = 0; d < draws; ++d) {
      double use = 0;
      for (std::size_t i = 0; i < row_count; ++i) {
        if (i % (offer_count + 1) == 0 || !limits[k].counts(rows.segment[i])) continue;
        const std::size_t j = i % (offer_count + 1) - 1;
        const std::uint64_t draw = d * row_count + i;
        // A row that accepts defaults or defrauds, each drawn on its own: the formulas with 0 and 1 for probabilities.
        drawn.p_take[j] = uniform(draw, "t") < static_cast<double>(rows.p_take[i * offer_count + j]) ? 1 : 0;
        drawn.p_default[j] = uniform(draw, "d") < static_cast<double>(rows.p_default[i * offer_count + j]) ? 1 : 0;
        drawn.p_fraud[0] = uniform(draw, "f") < static_cast<double>(rows.p_fraud[i]) ? 1 : 0;
        if (limits[k].weight[j] != 0) use += use_by_hand(settings.limits[k], catalog, drawn, 0, j);
      }
      sum += use;
      squares += use * use;
    }
    const double mean = sum / draws, deviation = std::sqrt(std::max(0.0, squares / draws - mean * mean));
    EXPECT_NEAR(uses[k].scored.mean, mean, 5 * uses[k].scored.deviation / std::sqrt(draws) + 1e-9 * std::fabs(mean));
    EXPECT_NEAR(uses[k].scored.deviation, deviation, 0.1 * uses[k].scored.deviation + 1e-3);
    const double common = uses[k].scored.deviation > 0 ? 0.1 * uses[k].scored.mean : 0;
    EXPECT_NEAR(shocked[k].scored.deviation, std::hypot(uses[k].scored.deviation, common),
                1e-9 * (1 + shocked[k].scored.deviation));
  }
}

TEST(ProbabilityOfBreaking, IsTheNormalTail) {
  LimitSettings limit;
  limit.limit = 110;
  limit.opening = 10;
  EXPECT_NEAR(probability_of_breaking(limit, {90, 10}, 100), 0.15865525393145707, 1e-12);
  limit.tolerance = 5;
  EXPECT_NEAR(probability_of_breaking(limit, {95, 10}, 100), 0.15865525393145707, 1e-12);
  limit.sense = Sense::at_least;
  EXPECT_NEAR(probability_of_breaking(limit, {105, 10}, 100), 0.15865525393145707, 1e-12);
  limit.sense = Sense::equal;
  EXPECT_NEAR(probability_of_breaking(limit, {100, 5}, 100), 2 * 0.15865525393145707, 1e-12);
  for (const auto sense : {Sense::at_most, Sense::at_least, Sense::equal}) {
    limit.sense = sense;
    EXPECT_EQ(probability_of_breaking(limit, {100, 0}, 100), 0);
  }
  EXPECT_EQ(probability_of_breaking(limit, {106, 0}, 100), 1);
}

}  // namespace
}  // namespace proffer::combine
