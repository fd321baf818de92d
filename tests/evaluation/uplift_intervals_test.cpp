// Intervals of uplift measures: standard errors against closed forms and repeated draws, the same at any number of
// ranks.
#include "evaluation/uplift_intervals.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "evaluation/samples.hpp"

namespace proffer::evaluation {
namespace {

using parallel::self;
using proffer::test::world;
using test::dealings;
using test::dealt;

struct Campaign {
  std::vector<double> score;
  std::vector<std::uint8_t> treated, outcome;
  std::vector<std::uint64_t> id;
};

Campaign campaign(std::uint64_t rows, std::uint64_t seed) {
  Campaign made;
  for (std::uint64_t i = 0; i < rows; ++i) {
    parallel::RandomStream random(seed, i, "test.campaign");
    made.score.push_back(random.uniform());
    made.treated.push_back(random.uniform() < 0.5);
    made.outcome.push_back(random.uniform() < 0.2 + (made.treated.back() == 1 ? 0.3 * made.score.back() : 0));
    made.id.push_back(i);
  }
  return made;
}

UpliftIntervals intervals_of(const Campaign& made, const Bootstrap& bootstrap) {
  return uplift_intervals(self(), made.score, made.treated, made.outcome, made.id, {}, 0.3, bootstrap);
}

TEST(UpliftIntervals, EstimatesAreTheExactOnes) {
  const Campaign made = campaign(3000, 1);
  const UpliftIntervals found = intervals_of(made, {.replicates = 20});
  const auto exact = qini(self(), made.score, made.treated, made.outcome);
  EXPECT_EQ(found.area->estimate, exact->area / 3000);
  EXPECT_EQ(found.coefficient->estimate, exact->coefficient);
  EXPECT_EQ(found.auuc->estimate, exact->auuc);
  const auto bins = uplift_by_deciles(self(), made.score, made.treated, made.outcome);
  double mean = 0;
  for (std::size_t d = 0; d < 10; ++d) {
    EXPECT_EQ(found.deciles[d].uplift->estimate, bins[d].uplift);
    mean += found.deciles[d].mean_score / 10;
    EXPECT_NEAR(found.deciles[d].mean_score, 0.95 - 0.1 * static_cast<double>(d), 0.02);
  }
  EXPECT_NEAR(mean, 0.5, 0.02);
  EXPECT_EQ(found.top->estimate,
            uplift_by_share(self(), made.score, made.treated, made.outcome, std::array{0.3})[0].uplift);
}

TEST(UpliftIntervals, StandardErrorsAreThoseOfRates) {
  const Campaign made = campaign(20000, 2);
  const UpliftIntervals found = intervals_of(made, {.replicates = 400});
  const auto all = uplift_by_share(self(), made.score, made.treated, made.outcome, std::array{0.3, 1.0});
  EXPECT_NEAR(found.top->standard_error / all[0].standard_error, 1, 0.12);
  EXPECT_LT(found.effect->lower, 0.15);
  EXPECT_GT(found.effect->upper, 0.15);
  for (const UpliftDecile& decile : found.deciles)
    EXPECT_NEAR(decile.uplift->standard_error / decile.bin.standard_error, 1, 0.15);
}

TEST(UpliftIntervals, SpreadIsThatOfRepeatedDraws) {
  constexpr int draws = 150;
  double sum = 0, squares = 0, told = 0;
  int covered = 0;
  // E[area] per row: half of ∫ (0.3 (x − x²/2) − 0.15 x) dx = 0.025.
  constexpr double truth = 0.3 / 12 / 2;
  for (int draw = 0; draw < draws; ++draw) {
    const auto area = intervals_of(campaign(1500, 100 + static_cast<std::uint64_t>(draw)), {.replicates = 60}).area;
    sum += area->estimate / draws;
    squares += area->estimate * area->estimate / draws;
    told += area->standard_error / draws;
    covered += area->lower <= truth && truth <= area->upper ? 1 : 0;
  }
  const double spread = std::sqrt(squares - sum * sum);
  EXPECT_NEAR(sum, truth, 0.0015);
  EXPECT_NEAR(told / spread, 1, 0.2);
  EXPECT_GE(covered, 130);
}

TEST(UpliftIntervals, AreTheSameAtAnyNumberOfRanks) {
  for (const std::uint64_t levels : {0U, 7U}) {
    const auto all = test::sample(2500, levels, 4);
    const Bootstrap bootstrap{.seed = 9, .replicates = 30};
    const auto told = [&](const parallel::Communicator& comm, const test::Sample& s) {
      return uplift_intervals(comm, s.scores, s.treated, s.labels, s.ids, s.weights, 0.2, bootstrap);
    };
    const UpliftIntervals alone = told(self(), all);
    for (int dealing = 0; dealing < dealings; ++dealing) {
      const UpliftIntervals here = told(world(), dealt(all, dealing));
      const auto expect_same = [](const std::optional<Interval>& a, const std::optional<Interval>& b) {
        EXPECT_EQ(a->estimate, b->estimate);
        EXPECT_EQ(a->lower, b->lower);
        EXPECT_EQ(a->upper, b->upper);
        EXPECT_EQ(a->standard_error, b->standard_error);
      };
      expect_same(here.effect, alone.effect);
      expect_same(here.area, alone.area);
      expect_same(here.auuc, alone.auuc);
      expect_same(here.top, alone.top);
      for (std::size_t d = 0; d < 10; ++d) {
        expect_same(here.deciles[d].uplift, alone.deciles[d].uplift);
        EXPECT_EQ(here.deciles[d].mean_score, alone.deciles[d].mean_score);
      }
    }
  }
}

TEST(UpliftIntervals, OfOneArmOrNoRowsAreNotKnown) {
  const std::vector<double> score = {3, 2, 1};
  const std::vector<std::uint8_t> treated = {1, 1, 1}, outcome = {0, 1, 1};
  const std::vector<std::uint64_t> id = {1, 2, 3};
  EXPECT_FALSE(uplift_intervals(self(), score, treated, outcome, id).effect);
  const Campaign none;
  EXPECT_FALSE(intervals_of(none, {}).area);
}

TEST(CellReplicates, CountPoissonWeightsOfIds) {
  std::vector<std::uint32_t> cells;
  std::vector<double> weights;
  std::vector<std::uint64_t> ids;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    cells.push_back(static_cast<std::uint32_t>(i % 3));
    weights.push_back(0.1 + static_cast<double>(i % 7));
    ids.push_back(i);
  }
  const CellReplicates found = cell_replicates(self(), cells, 3, weights, ids, {.replicates = 100});
  ASSERT_EQ(found.size(), 101U);
  double sample = 0, mean = 0;
  for (std::uint64_t i = 0; i < 4000; i += 3) sample += weights[i];
  EXPECT_NEAR(found[0][0], sample, 1e-9);
  for (std::size_t b = 1; b < found.size(); ++b) mean += found[b][0] / 100;
  EXPECT_NEAR(mean / sample, 1, 0.01);
}

}  // namespace
}  // namespace proffer::evaluation
