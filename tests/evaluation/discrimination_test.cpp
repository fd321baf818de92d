// Order-based measures against brute force over all pairs and closed forms, the same bits at any number of ranks.
#include "evaluation/discrimination.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "evaluation/samples.hpp"
#include "foundation/error.hpp"

namespace proffer::evaluation {
namespace {

using parallel::self;
using proffer::test::world;

double auc_by_pairs(const test::Sample& data, bool weighted) {
  long double won = 0;
  long double pairs = 0;
  for (std::size_t i = 0; i < data.scores.size(); ++i)
    for (std::size_t j = 0; j < data.scores.size(); ++j) {
      if (data.labels[i] != 1 || data.labels[j] != 0) continue;
      const long double weight = weighted ? static_cast<long double>(data.weights[i]) * data.weights[j] : 1;
      pairs += weight;
      if (data.scores[i] > data.scores[j]) won += weight;
      if (data.scores[i] == data.scores[j]) won += weight / 2;
    }
  return static_cast<double>(won / pairs);
}

/// Σ over the rows with scores of at least `threshold`: positives, negatives.
std::array<double, 2> taken_from(const test::Sample& data, double threshold) {
  std::array<double, 2> taken{};
  for (std::size_t i = 0; i < data.scores.size(); ++i)
    if (data.scores[i] >= threshold) taken[data.labels[i] == 1 ? 0 : 1] += 1;
  return taken;
}

double ks_by_thresholds(const test::Sample& data) {
  const auto all = taken_from(data, -std::numeric_limits<double>::infinity());
  double largest = 0;
  for (const double threshold : data.scores) {
    const auto taken = taken_from(data, threshold);
    largest = std::max(largest, std::abs(taken[0] / all[0] - taken[1] / all[1]));
  }
  return largest;
}

double average_precision_by_thresholds(const test::Sample& data) {
  std::vector<double> thresholds = data.scores;
  std::ranges::sort(thresholds, std::greater());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  double sum = 0;
  double before = 0;
  for (const double threshold : thresholds) {
    const auto taken = taken_from(data, threshold);
    sum += (taken[0] - before) * taken[0] / (taken[0] + taken[1]);
    before = taken[0];
  }
  return sum / before;
}

class Discrimination : public ::testing::TestWithParam<std::uint64_t> {};  // levels: how heavy ties are

TEST_P(Discrimination, AgreesWithBruteForce) {
  const test::Sample data = test::sample(700, GetParam(), 11);
  const Ranking ranking = binary_ranking(self(), data.scores, data.labels);
  EXPECT_NEAR(auc(ranking).value(), auc_by_pairs(data, false), 1e-14);
  EXPECT_NEAR(gini(ranking).value(), 2 * auc_by_pairs(data, false) - 1, 1e-14);
  EXPECT_NEAR(ks(ranking).value(), ks_by_thresholds(data), 1e-14);
  EXPECT_NEAR(average_precision(ranking).value(), average_precision_by_thresholds(data), 1e-13);
  EXPECT_NEAR(auc(self(), data.scores, data.labels, data.weights).value(), auc_by_pairs(data, true), 1e-12);
  EXPECT_EQ(auc(self(), data.floats, data.labels), auc(ranking));
}

TEST_P(Discrimination, IsTheSameAtAnyNumberOfRanks) {
  const test::Sample data = test::sample(5003, GetParam(), 12);
  for (int dealing = 0; dealing < test::dealings; ++dealing) {
    const test::Sample mine = test::dealt(data, dealing);
    for (const bool weighted : {false, true}) {
      const std::span<const double> no_weights;
      const Ranking whole = binary_ranking(self(), data.scores, data.labels,
                                           weighted ? std::span<const double>(data.weights) : no_weights);
      const Ranking parts = binary_ranking(world(), mine.scores, mine.labels,
                                           weighted ? std::span<const double>(mine.weights) : no_weights);
      EXPECT_EQ(parts.total(), whole.total());
      EXPECT_EQ(parts.unit(), whole.unit());
      EXPECT_EQ(parts.rows(), data.scores.size());
      EXPECT_EQ(auc(parts), auc(whole));
      EXPECT_EQ(gini(parts), gini(whole));
      EXPECT_EQ(ks(parts), ks(whole));
      EXPECT_EQ(average_precision(parts), average_precision(whole));
      for (const double capacity : {0.0, 1.0, 100.5, 2500.0, 1e9})
        EXPECT_EQ(recall_at(parts, capacity), recall_at(whole, capacity));
      const std::vector<GainsRow> table = gains(whole);
      const std::vector<GainsRow> same = gains(parts);
      ASSERT_EQ(same.size(), table.size());
      for (std::size_t i = 0; i < table.size(); ++i) {
        EXPECT_EQ(same[i].share, table[i].share);
        EXPECT_EQ(same[i].captured, table[i].captured);
        EXPECT_EQ(same[i].lift, table[i].lift);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ties, Discrimination, ::testing::Values(0, 1000, 20, 1));

TEST(Auc, ClosedForms) {
  const std::vector<double> scores{-3, -1, -0.0, 0, 2, std::numeric_limits<double>::infinity()};
  EXPECT_EQ(auc(self(), scores, std::vector<std::uint8_t>{0, 0, 0, 1, 1, 1}), 8.5 / 9);  // −0 ties with 0
  EXPECT_EQ(auc(self(), scores, std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0}), 0.5 / 9);
  const std::vector<double> same(6, 0.3);
  EXPECT_EQ(auc(self(), same, std::vector<std::uint8_t>{0, 1, 0, 1, 1, 1}), 0.5);
  EXPECT_EQ(gini(self(), same, std::vector<std::uint8_t>{0, 1, 0, 1, 1, 1}), 0.0);
  EXPECT_EQ(ks(self(), same, std::vector<std::uint8_t>{0, 1, 0, 1, 1, 1}), 0.0);
}

TEST(Auc, IntegerWeightsAreRepeatedRows) {
  const test::Sample data = test::sample(300, 30, 5);
  std::vector<double> repeated_scores;
  std::vector<std::uint8_t> repeated_labels;
  std::vector<double> weights;
  for (std::size_t i = 0; i < data.scores.size(); ++i) {
    weights.push_back(static_cast<double>(i % 4));
    repeated_scores.insert(repeated_scores.end(), i % 4, data.scores[i]);
    repeated_labels.insert(repeated_labels.end(), i % 4, data.labels[i]);
  }
  EXPECT_EQ(auc(self(), data.scores, data.labels, weights), auc(self(), repeated_scores, repeated_labels));
  EXPECT_EQ(ks(self(), data.scores, data.labels, weights), ks(self(), repeated_scores, repeated_labels));
}

TEST(Auc, HasNoValueWithoutBothClasses) {
  const auto& comm = world();
  const std::vector<double> scores{0.1, 0.2};
  for (const std::uint8_t only : std::vector<std::uint8_t>{0, 1}) {
    const Ranking ranking = binary_ranking(comm, scores, std::vector<std::uint8_t>(2, only));
    EXPECT_EQ(auc(ranking), std::nullopt);
    EXPECT_EQ(gini(ranking), std::nullopt);
    EXPECT_EQ(ks(ranking), std::nullopt);
    EXPECT_EQ(average_precision(ranking).has_value(), only == 1);
    EXPECT_EQ(recall_at(ranking, 1).has_value(), only == 1);
    EXPECT_EQ(gains(ranking).empty(), only == 0);
  }
  const Ranking nothing = binary_ranking(comm, std::vector<double>(), {});
  EXPECT_EQ(auc(nothing), std::nullopt);
  EXPECT_EQ(average_precision(nothing), std::nullopt);
  EXPECT_TRUE(gains(nothing).empty());
}

TEST(Ranking, RefusesNaNAndUnknownLabelsOnEveryRank) {
  const bool bad_here = world().rank() == world().size() - 1;
  const std::vector<double> scores{0.5, bad_here ? std::numeric_limits<double>::quiet_NaN() : 0.5};
  const std::vector<std::uint8_t> labels{0, 1};
  const std::string last_row = std::to_string(2 * world().size() - 1);
  try {
    (void)auc(world(), scores, labels);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_data);
    EXPECT_EQ(error.message().problem, "the score of row " + last_row + " is NaN");
  }
  const std::vector<double> fine{0.5, 0.5};
  EXPECT_THROW((void)auc(world(), fine, std::vector<std::uint8_t>{0, 255}), Error);
  EXPECT_THROW((void)auc(world(), fine, labels, std::vector<double>{1, -1}), Error);
}

TEST(Ranking, KeysKeepTheOrderOfScores) {
  const std::vector<double> ascending{
      -std::numeric_limits<double>::infinity(), -1e300, -1, -5e-324, 0, 5e-324, 1, 1e300,
      std::numeric_limits<double>::infinity()};
  for (const double score : ascending) EXPECT_EQ(Ranking::score_of(Ranking::key_of(score)), score);
  for (std::size_t i = 1; i < ascending.size(); ++i)
    EXPECT_LT(Ranking::key_of(ascending[i]), Ranking::key_of(ascending[i - 1]));
}

TEST(Recall, SplitsTiesByExpectation) {
  const std::vector<double> scores{0.9, 0.5, 0.5, 0.5, 0.5, 0.1};
  const std::vector<std::uint8_t> labels{1, 1, 1, 0, 0, 1};
  const Ranking ranking = binary_ranking(self(), scores, labels);
  EXPECT_EQ(recall_at(ranking, 0), 0.0);
  EXPECT_EQ(recall_at(ranking, 1), 0.25);
  EXPECT_EQ(recall_at(ranking, 3), 0.5);  // 1 + 2 · 2/4 of 4
  EXPECT_EQ(recall_at(ranking, 5), 0.75);
  EXPECT_EQ(recall_at(ranking, 100), 1.0);
}

TEST(Gains, OfAPerfectScore) {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 100; ++i) {
    scores.push_back(i);
    labels.push_back(i >= 80);
  }
  const std::vector<GainsRow> table = gains(binary_ranking(self(), scores, labels));
  ASSERT_EQ(table.size(), 10U);
  EXPECT_DOUBLE_EQ(table[0].lift, 5);
  EXPECT_DOUBLE_EQ(table[1].captured, 1);
  EXPECT_DOUBLE_EQ(table[9].lift, 1);
  EXPECT_DOUBLE_EQ(table[3].share, 0.4);
}

}  // namespace
}  // namespace proffer::evaluation
