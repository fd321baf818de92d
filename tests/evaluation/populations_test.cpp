// Stability, uplift and bootstrap: closed forms, planted truth, the same bits at any number of ranks.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "evaluation/bootstrap.hpp"
#include "evaluation/discrimination.hpp"
#include "evaluation/samples.hpp"
#include "evaluation/stability.hpp"
#include "evaluation/uplift.hpp"
#include "foundation/error.hpp"

namespace proffer::evaluation {
namespace {

using parallel::self;
using proffer::test::world;

TEST(Stability, ByHand) {
  const std::vector<std::uint64_t> expected{100, 300, 600, 0};
  const std::vector<std::uint64_t> actual{200, 400, 400, 0};
  const Stability result = stability(expected, actual);
  EXPECT_NEAR(result.psi, 0.1 * std::log(2.0) + 0.1 * std::log(4.0 / 3) - 0.2 * std::log(2.0 / 3), 1e-14);
  EXPECT_EQ(result.bins, 3);
  EXPECT_FALSE(result.smoothed);
  EXPECT_NEAR(result.expected, 2 * 0.002, 1e-15);
  EXPECT_NEAR(result.threshold, 5.991464547107979 * 0.002, 1e-9);  // χ²_{2, 0.95}, any table
  EXPECT_EQ(result.shift, Shift::moderate);
  EXPECT_EQ(name_of(result.shift), "moderate");
}

TEST(Stability, OfTheSameHistogramIsZeroAndEmptyBinsAreSmoothed) {
  const std::vector<std::uint64_t> one{10, 20};
  EXPECT_EQ(stability(one, one).psi, 0);
  const std::vector<std::uint64_t> other{0, 30};
  const Stability result = stability(one, other);
  EXPECT_TRUE(result.smoothed);
  const double e = 10.5 / 31;
  const double a = 0.5 / 31;
  EXPECT_NEAR(result.psi, (a - e) * std::log(a / e) + (e - a) * std::log((1 - a) / (1 - e)), 1e-14);
  EXPECT_THROW((void)stability(one, std::vector<std::uint64_t>{0, 0}), DataError);
}

/// Without any shift the mean of the index over many samples is (B − 1)(1/n + 1/m), and 5 % exceed the threshold.
TEST(Stability, HasItsExpectationUnderNoShift) {
  constexpr int samples = 2000;
  constexpr std::size_t bins = 10;
  double mean = 0;
  int exceeded = 0;
  double expected = 0;
  for (int s = 0; s < samples; ++s) {
    parallel::RandomStream random(9, static_cast<std::uint64_t>(s), "test.psi");
    std::vector<std::uint64_t> first(bins);
    std::vector<std::uint64_t> second(bins);
    for (int i = 0; i < 2000; ++i) ++first[random.below(bins)];
    for (int i = 0; i < 1000; ++i) ++second[random.below(bins)];
    const Stability result = stability(first, second);
    mean += result.psi / samples;
    exceeded += result.psi > result.threshold;
    expected = result.expected;
  }
  EXPECT_NEAR(mean / expected, 1, 0.05);
  EXPECT_NEAR(exceeded / static_cast<double>(samples), 0.05, 0.015);  // three standard errors
}

TEST(Stability, OfScoresIsTheSameAtAnyNumberOfRanks) {
  test::Sample expected = test::sample(3000, 0, 21);
  test::Sample actual = test::sample(2000, 50, 22);
  expected.scores[7] = std::numeric_limits<double>::quiet_NaN();
  actual.scores[9] = std::numeric_limits<double>::quiet_NaN();
  const Stability whole = stability_of_scores(self(), expected.scores, actual.scores);
  EXPECT_EQ(whole.bins, 11);  // deciles and NaN
  for (int dealing = 0; dealing < test::dealings; ++dealing) {
    const Stability parts =
        stability_of_scores(world(), test::dealt(expected.scores, dealing), test::dealt(actual.scores, dealing));
    EXPECT_EQ(parts.psi, whole.psi);
    EXPECT_EQ(parts.bins, whole.bins);
  }
}

TEST(Stability, EdgesHoldEqualWeight) {
  std::vector<double> scores(1000);
  std::iota(scores.begin(), scores.end(), 0.0);
  const Ranking ranking(self(), scores, std::vector<std::uint8_t>(1000, 0), 1);
  const std::vector<double> edges = quantile_edges(ranking, 4);
  EXPECT_EQ(edges, (std::vector<double>{250, 500, 750}));
  EXPECT_EQ(histogram(self(), scores, edges), (std::vector<std::uint64_t>{250, 250, 250, 250, 0}));
}

/// The curve by the formula, from thresholds, and its area by trapezoids.
double qini_area_by_thresholds(const test::Sample& data, std::span<const double> weights) {
  std::vector<double> thresholds = data.scores;
  std::ranges::sort(thresholds, std::greater());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  double area = 0;
  double before = 0;
  double share_before = 0;
  for (const double threshold : thresholds) {
    std::array<double, 2> outcomes{};
    std::array<double, 2> rows{};
    for (std::size_t i = 0; i < data.scores.size(); ++i)
      if (data.scores[i] >= threshold) {
        rows[data.treated[i]] += weights[i];
        outcomes[data.treated[i]] += weights[i] * data.labels[i];
      }
    const double q = outcomes[1] - (rows[0] > 0 ? outcomes[0] * rows[1] / rows[0] : 0);
    const double share = (rows[0] + rows[1]) / all;
    area += (q + before) / 2 * (share - share_before);
    before = q;
    share_before = share;
  }
  return area - before / 2;
}

TEST(Qini, AgreesWithTheFormula) {
  for (const std::uint64_t levels : {std::uint64_t{0}, std::uint64_t{15}}) {
    const test::Sample data = test::sample(600, levels, 31);
    const std::vector<double> ones(600, 1.0);
    const auto plain = qini(self(), data.scores, data.treated, data.labels);
    const auto weighted = qini(self(), data.scores, data.treated, data.labels, data.weights);
    ASSERT_TRUE(plain && weighted);
    EXPECT_NEAR(plain->area, qini_area_by_thresholds(data, ones), 1e-10);
    EXPECT_NEAR(weighted->area, qini_area_by_thresholds(data, data.weights), 1e-9);
    const double treated = std::accumulate(data.treated.begin(), data.treated.end(), 0.0);
    EXPECT_NEAR(plain->coefficient, plain->area / treated, 1e-15);
    EXPECT_EQ(plain->curve.front().incremental, 0);
    EXPECT_EQ(plain->curve.back().incremental, plain->incremental);
  }
}

TEST(Qini, FindsPlantedUplift) {
  // The treated respond if their score is positive, controls never: everything incremental is in the upper half.
  std::vector<double> scores;
  std::vector<std::uint8_t> treated;
  std::vector<std::uint8_t> outcome;
  for (int i = 0; i < 400; ++i) {
    scores.push_back(i - 199.5);
    treated.push_back(i % 2 == 0);
    outcome.push_back(i % 2 == 0 && i >= 200);
  }
  const auto result = qini(self(), scores, treated, outcome, {}, 4);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->incremental, 100);
  EXPECT_EQ(result->curve[2].incremental, 100);
  EXPECT_EQ(result->curve[1].incremental, 50);
  // Below the curve: 100 pairs of a flat step (the control) and a rise (the treated), Σ (2j + ½) = 9950, then 100 ·
  // 200; below random targeting: 100 · 400 / 2.
  EXPECT_NEAR(result->area, (9950 + 20000 - 20000) / 400.0, 1e-12);
  EXPECT_EQ(qini(self(), scores, std::vector<std::uint8_t>(400, 1), outcome), std::nullopt);
}

TEST(Qini, IsTheSameAtAnyNumberOfRanks) {
  const test::Sample data = test::sample(3000, 100, 33);
  const auto whole = qini(self(), data.scores, data.treated, data.labels, data.weights);
  for (int dealing = 0; dealing < test::dealings; ++dealing) {
    const test::Sample mine = test::dealt(data, dealing);
    const auto parts = qini(world(), mine.scores, mine.treated, mine.labels, mine.weights);
    ASSERT_TRUE(parts && whole);
    EXPECT_EQ(parts->area, whole->area);
    EXPECT_EQ(parts->coefficient, whole->coefficient);
    ASSERT_EQ(parts->curve.size(), whole->curve.size());
    for (std::size_t i = 0; i < whole->curve.size(); ++i)
      EXPECT_EQ(parts->curve[i].incremental, whole->curve[i].incremental) << i;
  }
  const std::vector<std::uint8_t> no_arm{2};
  EXPECT_THROW((void)qini(world(), std::vector<double>{0.5}, no_arm, std::vector<std::uint8_t>{0}), Error);
}

TEST(Bootstrap, IsTheSameAtAnyNumberOfRanks) {
  const test::Sample data = test::sample(1500, 40, 41);
  const Bootstrap options{.seed = 5, .replicates = 30, .level = 0.9};
  const auto whole = auc_interval(self(), data.scores, data.labels, data.ids, options);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->estimate, auc(self(), data.scores, data.labels));
  EXPECT_EQ(whole->replicates, 30);
  for (int dealing = 0; dealing < test::dealings; ++dealing) {
    const test::Sample mine = test::dealt(data, dealing);
    const auto parts = auc_interval(world(), mine.scores, mine.labels, mine.ids, options);
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->estimate, whole->estimate);
    EXPECT_EQ(parts->lower, whole->lower);
    EXPECT_EQ(parts->upper, whole->upper);
    EXPECT_EQ(parts->standard_error, whole->standard_error);
  }
}

/// The standard error of Hanley & McNeil (1982) for scores of two exponential distributions:
/// A = AUC, Q1 = A/(2 − A), Q2 = 2A²/(1 + A), SE² = (A(1−A) + (P−1)(Q1−A²) + (N−1)(Q2−A²)) / (P N).
TEST(Bootstrap, HasTheKnownStandardError) {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  std::vector<std::uint64_t> ids;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    parallel::RandomStream random(6, i, "test.bootstrap");
    labels.push_back(i % 4 == 0);
    scores.push_back(-std::log(random.uniform()) * (labels.back() == 1 ? 3 : 1));
    ids.push_back(i);
  }
  const auto interval = auc_interval(self(), scores, labels, ids, {.seed = 1, .replicates = 400});
  ASSERT_TRUE(interval);
  const double a = 0.75;  // λ_negative/(λ_negative + λ_positive) = 3/(3 + 1)
  const double q1 = a / (2 - a);
  const double q2 = 2 * a * a / (1 + a);
  const double known = std::sqrt((a * (1 - a) + 499 * (q1 - a * a) + 1499 * (q2 - a * a)) / (500.0 * 1500.0));
  EXPECT_NEAR(interval->estimate, a, 3 * known);
  EXPECT_NEAR(interval->standard_error / known, 1, 0.12);
  EXPECT_NEAR((interval->upper - interval->lower) / (2 * 1.96 * known), 1, 0.15);
}

TEST(Bootstrap, HasNoIntervalForOneClass) {
  EXPECT_EQ(auc_interval(world(), std::vector<double>{1, 2}, std::vector<std::uint8_t>{1, 1},
                         std::vector<std::uint64_t>{1, 2}),
            std::nullopt);
}

}  // namespace
}  // namespace proffer::evaluation
