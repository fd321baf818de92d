// Uplift by share and the area under the uplift curve: by hand, planted, and the same on any number of ranks.
#include "evaluation/uplift.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "evaluation/samples.hpp"
#include "foundation/error.hpp"

namespace proffer::evaluation {
namespace {

using parallel::self;
using proffer::test::world;
using test::dealings;
using test::dealt;

TEST(UpliftByShare, ByHand) {
  const std::vector<double> score = {9, 8, 7, 6, 5, 4, 3, 2};
  const std::vector<std::uint8_t> treated = {1, 0, 1, 0, 1, 0, 1, 0}, outcome = {1, 0, 1, 1, 0, 0, 0, 1};
  const auto halves = uplift_by_share(self(), score, treated, outcome, std::array{0.5, 1.0});
  ASSERT_EQ(halves.size(), 2U);
  EXPECT_DOUBLE_EQ(halves[0].treated_rate, 1);
  EXPECT_DOUBLE_EQ(halves[0].control_rate, 0.5);
  EXPECT_DOUBLE_EQ(halves[0].uplift, 0.5);
  EXPECT_DOUBLE_EQ(halves[0].standard_error, std::sqrt(0.25 / 2));
  EXPECT_DOUBLE_EQ(halves[1].uplift, -0.5);
  // One tie: a share of it is as everything.
  const auto tied = uplift_by_share(self(), std::vector<double>(8, 1.0), treated, outcome, std::array{0.25});
  EXPECT_DOUBLE_EQ(tied[0].treated, 1);
  EXPECT_DOUBLE_EQ(tied[0].uplift, 0);
  // u after each score: 0, 2(1 − 0), 3(1 − 0), 4(1 − ½), 5(⅔ − ½), 6(⅔ − ⅓), 7(½ − ⅓), 8(½ − ½); trapezoids.
  const double area = (0 + 2 + 3 + 2 + 5.0 / 6 + 2 + 7.0 / 6 + 0.0 / 2) / 8;
  EXPECT_NEAR(qini(self(), score, treated, outcome)->auuc, area / 8, 1e-12);
}

TEST(UpliftByShare, FindsPlantedUpliftWithinItsIntervals) {
  std::vector<double> score;
  std::vector<std::uint8_t> treated, outcome;
  for (std::uint64_t i = 0; i < 100000; ++i) {
    parallel::RandomStream random(3, i, "test.uplift");
    score.push_back(random.uniform());
    treated.push_back(random.uniform() < 0.5);
    outcome.push_back(random.uniform() < 0.2 + (treated.back() == 1 ? 0.2 * score.back() : 0));
  }
  const auto bins = uplift_by_deciles(self(), score, treated, outcome);
  ASSERT_EQ(bins.size(), 10U);
  int covered = 0;
  for (std::size_t b = 0; b < 10; ++b) {
    const double truth = 0.2 * (0.95 - 0.1 * static_cast<double>(b));
    covered += bins[b].lower() <= truth && truth <= bins[b].upper();
    EXPECT_NEAR(bins[b].uplift, truth, 0.04);
  }
  EXPECT_GE(covered, 8);
  // ∫ x (0.2 − 0.1 x) dx = 1/15 against half of 0.1 for random scores.
  EXPECT_NEAR(qini(self(), score, treated, outcome)->auuc, 1.0 / 15, 0.004);
}

TEST(UpliftByShare, IsTheSameAtAnyNumberOfRanks) {
  for (const std::uint64_t levels : {0U, 20U, 1U}) {
    const auto all = test::sample(3000, levels, 8);
    const auto alone = uplift_by_deciles(self(), all.scores, all.treated, all.labels, all.weights);
    const auto area = qini(self(), all.scores, all.treated, all.labels, all.weights)->auuc;
    for (int dealing = 0; dealing < dealings; ++dealing) {
      const auto mine = dealt(all, dealing);
      const auto here = uplift_by_deciles(world(), mine.scores, mine.treated, mine.labels, mine.weights);
      ASSERT_EQ(here.size(), alone.size());
      for (std::size_t b = 0; b < here.size(); ++b) {
        EXPECT_EQ(here[b].uplift, alone[b].uplift);
        EXPECT_EQ(here[b].standard_error, alone[b].standard_error);
      }
      EXPECT_EQ(qini(world(), mine.scores, mine.treated, mine.labels, mine.weights)->auuc, area);
    }
  }
}

TEST(UpliftByShare, OfOneArmAloneIsNotKnown) {
  const std::vector<double> score = {1, 2};
  const std::vector<std::uint8_t> treated = {1, 1}, outcome = {0, 1};
  const auto bins = uplift_by_share(self(), score, treated, outcome, std::array{1.0});
  EXPECT_TRUE(std::isinf(bins[0].standard_error));
  EXPECT_EQ(bins[0].control_rate, 0);
  const std::vector<double> none = {1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW((void)uplift_by_share(self(), none, treated, outcome, std::array{1.0}), Error);
}

}  // namespace
}  // namespace proffer::evaluation
