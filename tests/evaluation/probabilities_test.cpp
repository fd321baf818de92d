// Losses, calibration and the summary: closed forms, naive sums, the same bits at any number of ranks.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "evaluation/binary_metrics.hpp"
#include "evaluation/samples.hpp"
#include "foundation/error.hpp"

namespace proffer::evaluation {
namespace {

using parallel::self;
using proffer::test::world;

TEST(Losses, ClosedForms) {
  const std::vector<double> p{0.25, 0.5, 1.0, 0.0};
  const std::vector<std::uint8_t> labels{0, 1, 1, 0};
  EXPECT_NEAR(log_loss(self(), p, labels).value(), (std::log(4.0 / 3) + std::log(2.0)) / 4, 1e-15);
  EXPECT_EQ(brier(self(), p, labels), (0.0625 + 0.25) / 4);
  EXPECT_EQ(brier(self(), p, labels, std::vector<double>{2, 0, 1, 1}), 0.125 / 4);
  EXPECT_NEAR(log_loss_of(0, true), 52 * std::log(2.0), 1e-12);
  EXPECT_EQ(log_loss(self(), std::vector<double>(), {}), std::nullopt);
  EXPECT_EQ(brier(self(), p, labels, std::vector<double>(4, 0.0)), std::nullopt);
}

TEST(Losses, RefuseWhatIsNoProbability) {
  const std::vector<std::uint8_t> labels{1};
  for (const double bad : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW((void)log_loss(world(), std::vector<double>{bad}, labels), Error);
  EXPECT_THROW((void)brier(world(), std::vector<double>{0.5}, std::vector<std::uint8_t>{254}), Error);
  EXPECT_THROW((void)exact_mean(world(), std::vector<double>{std::numeric_limits<double>::infinity()}), Error);
}

TEST(Losses, AreTheSameAtAnyNumberOfRanks) {
  const test::Sample data = test::sample(3001, 0, 3);
  for (int dealing = 0; dealing < test::dealings; ++dealing) {
    const test::Sample mine = test::dealt(data, dealing);
    EXPECT_EQ(log_loss(world(), mine.floats, mine.labels), log_loss(self(), data.floats, data.labels));
    EXPECT_EQ(log_loss(world(), mine.scores, mine.labels, mine.weights),
              log_loss(self(), data.scores, data.labels, data.weights));
    EXPECT_EQ(brier(world(), mine.scores, mine.labels, mine.weights),
              brier(self(), data.scores, data.labels, data.weights));
    EXPECT_EQ(grid_mean(world(), mine.weights), grid_mean(self(), data.weights));
    EXPECT_EQ(grid_log_loss(world(), mine.floats, mine.labels), grid_log_loss(self(), data.floats, data.labels));
    EXPECT_EQ(exact_mean(world(), mine.scores), exact_mean(self(), data.scores));
  }
}

TEST(Losses, GridAgreesWithTheExactMean) {
  const test::Sample data = test::sample(10000, 0, 4);
  EXPECT_NEAR(grid_log_loss(self(), data.floats, data.labels).value(),
              log_loss(self(), data.floats, data.labels).value(), 1e-12);
  std::vector<double> mixed{-1.5, 2.25, -0x1p-41, 1e6};
  EXPECT_EQ(grid_mean(self(), mixed), (-1.5 + 2.25 - 0x1p-40 + 1e6) / 4);
  EXPECT_EQ(grid_mean(self(), {}), std::nullopt);
  EXPECT_THROW((void)grid_mean(self(), std::vector<double>{5e6}), std::exception);
}

TEST(Calibration, BinsByHand) {
  const std::vector<double> p{0.1, 0.2, 0.3, 0.3, 0.6, 0.8, 0.9, 1.0};
  const std::vector<std::uint8_t> labels{0, 0, 1, 0, 1, 0, 1, 1};
  const Ranking ranking = binary_ranking(self(), p, labels);
  const auto quarters = calibration_by_quantiles(ranking, 4);
  ASSERT_EQ(quarters.size(), 4U);
  EXPECT_DOUBLE_EQ(quarters[0].mean_predicted, 0.15);
  EXPECT_EQ(quarters[1].observed_rate, 0.5);
  EXPECT_EQ(quarters[1].lowest, 0.3);
  EXPECT_EQ(quarters[3].highest, 1.0);
  EXPECT_EQ(quarters[3].rows, 2);
  EXPECT_NEAR(expected_calibration_error(quarters).value(), (0.15 + 0.2 + 0.2 + 0.05) / 4, 1e-15);
  const auto wide = calibration_by_width(ranking, 2);
  ASSERT_EQ(wide.size(), 2U);
  EXPECT_EQ(wide[0].rows, 4);
  EXPECT_DOUBLE_EQ(wide[1].mean_predicted, 0.825);
  EXPECT_EQ(calibration_by_width(ranking, 100).size(), 7U);
}

TEST(Calibration, KeepsTiesTogether) {
  std::vector<double> p(100, 0.3);
  p[0] = 0.1;
  std::vector<std::uint8_t> labels(100, 0);
  std::fill_n(labels.begin(), 30, 1);
  const auto deciles = calibration_by_quantiles(binary_ranking(self(), p, labels), 10);
  ASSERT_EQ(deciles.size(), 2U);
  EXPECT_EQ(deciles[0].rows, 1);
  EXPECT_EQ(deciles[1].rows, 99);
}

/// Expected probabilities 0.1 and 0.4 in 100 rows each, observed 15 and 38:
/// 25/(10·0.9) + 4/(40·0.6) = 2.9444…; P(χ²₂ > x) = e^(−x/2).
TEST(HosmerLemeshow, ByHand) {
  const std::vector<CalibrationBin> bins{{100, 0.1, 0.1, 0.1, 0.15}, {100, 0.4, 0.4, 0.4, 0.38}};
  const auto held_out = hosmer_lemeshow(bins, HosmerLemeshowSample::held_out);
  ASSERT_TRUE(held_out);
  const double expected = 25.0 / 9 + 4.0 / 24;
  EXPECT_NEAR(held_out->statistic, expected, 1e-12);
  EXPECT_EQ(held_out->degrees, 2);
  EXPECT_NEAR(held_out->p_value, std::exp(-expected / 2), 1e-12);
  EXPECT_NEAR(held_out->effect, std::sqrt(expected / 200), 1e-14);
  EXPECT_EQ(hosmer_lemeshow(bins, HosmerLemeshowSample::fitted), std::nullopt);
}

TEST(HosmerLemeshow, CertainBinsAreMetOrRefuted) {
  std::vector<CalibrationBin> bins{{10, 0, 0, 0, 0}, {10, 0.5, 0.5, 0.5, 0.5}};
  EXPECT_EQ(hosmer_lemeshow(bins, HosmerLemeshowSample::held_out)->statistic, 0);
  bins[0].observed_rate = 0.1;
  EXPECT_EQ(hosmer_lemeshow(bins, HosmerLemeshowSample::held_out)->p_value, 0);
}

bool operator==(const CalibrationBin& a, const CalibrationBin& b) {
  return a.rows == b.rows && a.lowest == b.lowest && a.highest == b.highest && a.mean_predicted == b.mean_predicted &&
         a.observed_rate == b.observed_rate;
}

TEST(BinaryMetrics, AreTheSameAtAnyNumberOfRanks) {
  const test::Sample data = test::sample(4001, 200, 7);
  for (int dealing = 0; dealing < test::dealings; ++dealing) {
    const test::Sample mine = test::dealt(data, dealing);
    for (const bool weighted : {false, true}) {
      const BinaryMetrics whole =
          binary_metrics(self(), data.scores, data.labels, weighted ? data.weights : std::vector<double>());
      const BinaryMetrics parts =
          binary_metrics(world(), mine.scores, mine.labels, weighted ? mine.weights : std::vector<double>());
      EXPECT_EQ(parts.rows, 4001U);
      EXPECT_EQ(parts.weight, whole.weight);
      EXPECT_EQ(parts.base_rate, whole.base_rate);
      EXPECT_EQ(parts.mean_predicted, whole.mean_predicted);
      EXPECT_EQ(parts.auc, whole.auc);
      EXPECT_EQ(parts.pr_auc, whole.pr_auc);
      EXPECT_EQ(parts.log_loss, whole.log_loss);
      EXPECT_EQ(parts.ece, whole.ece);
      ASSERT_EQ(parts.deciles.size(), whole.deciles.size());
      for (std::size_t i = 0; i < whole.deciles.size(); ++i) EXPECT_TRUE(parts.deciles[i] == whole.deciles[i]) << i;
    }
  }
}

TEST(BinaryMetrics, AddUp) {
  const test::Sample data = test::sample(2000, 0, 8);
  const BinaryMetrics metrics = binary_metrics(self(), data.scores, data.labels);
  const double positives = std::accumulate(data.labels.begin(), data.labels.end(), 0.0);
  EXPECT_EQ(metrics.positives, positives);
  EXPECT_EQ(metrics.base_rate, positives / 2000);
  const double mean = std::accumulate(data.scores.begin(), data.scores.end(), 0.0) / 2000;
  EXPECT_NEAR(metrics.mean_predicted.value(), mean, 1e-13);
  double rows = 0;
  for (const CalibrationBin& bin : metrics.deciles) {
    EXPECT_EQ(bin.rows, 200);
    rows += bin.rows;
  }
  EXPECT_EQ(rows, 2000);
  EXPECT_NEAR(metrics.gini.value(), 2 * metrics.auc.value() - 1, 1e-15);
}

TEST(BinaryMetrics, OfNoRowsOrOneClass) {
  const BinaryMetrics nothing = binary_metrics(world(), std::vector<float>(), {});
  EXPECT_EQ(nothing.rows, 0U);
  EXPECT_EQ(nothing.auc, std::nullopt);
  EXPECT_EQ(nothing.log_loss, std::nullopt);
  EXPECT_TRUE(nothing.deciles.empty());
  const BinaryMetrics all_good = binary_metrics(world(), std::vector<float>{0.1F}, std::vector<std::uint8_t>{0});
  EXPECT_EQ(all_good.base_rate, 0.0);
  EXPECT_EQ(all_good.auc, std::nullopt);
  EXPECT_TRUE(all_good.log_loss.has_value());
}

}  // namespace
}  // namespace proffer::evaluation
