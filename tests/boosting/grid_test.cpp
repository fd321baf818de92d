#include "boosting/grid.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "boosting/derivatives.hpp"
#include "boosting/objective.hpp"

namespace proffer::boosting {
namespace {

std::vector<double> numbers(std::size_t count, double width) {
  std::mt19937_64 draw(3);
  std::normal_distribution<double> normal(0, width);
  std::vector<double> values(count);
  for (double& value : values) value = normal(draw);
  return values;
}

TEST(Grid, HoldsEveryNumberInFloatAndEverySumInDouble) {
  for (const double largest : {1e-30, 0.3, 0.5, 1.0, 7.9})
    for (const std::uint64_t rows : {1ULL, 1ULL << 29, 1ULL << 40}) {
      const double grid = grid_for(largest, rows), most = largest / grid;
      EXPECT_LE(most, 0x1p24);
      EXPECT_LE(most * static_cast<double>(rows), 0x1p53);
      EXPECT_EQ(std::exp2(std::round(std::log2(grid))), grid);
      EXPECT_GT(2 * most, rows == 1 ? 0x1p23 : 1) << "no coarser than need be";
    }
  EXPECT_EQ(grid_for(0, 10), 1);
}

TEST(Grid, RoundsToTheNearestMultipleAndTellsTheRange) {
  for (const std::size_t count : {0U, 1U, 3U, 4U, 1023U})
    for (const double grid : {0x1p-20, 0x1p-3, 1.0}) {
      const std::vector<double> values = numbers(count, 3);
      std::vector<float> got(count), portable(count);
      const Range range = round_to_grid(values, grid, got.data());
      const Range same = round_to_grid(values, grid, portable.data(), true);
      EXPECT_EQ(got, portable);
      float least = 0, most = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<float>(values[i]);
        EXPECT_EQ(static_cast<double>(got[i]), std::nearbyint(static_cast<double>(value) / grid) * grid);
        least = std::min(least, value);
        most = std::max(most, value);
      }
      for (const Range& told : {range, same}) {
        EXPECT_EQ(told.least, least);
        EXPECT_EQ(told.most, most);
        EXPECT_TRUE(told.sound);
      }
    }
}

TEST(Grid, TellsWhereANumberIsNotFinite) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), -1e39})
    for (const std::size_t place : {0U, 5U, 8U}) {
      std::vector<double> values = numbers(9, 1);
      values[place] = bad;
      std::vector<float> got(9);
      EXPECT_FALSE(round_to_grid(values, 0x1p-20, got.data()).sound) << bad << ' ' << place;
      EXPECT_FALSE(round_to_grid(values, 0x1p-20, got.data(), true).sound) << bad << ' ' << place;
    }
}

TEST(Derivatives, AreTheSameOnWhateverGridTheyWereBefore) {
  const std::vector<std::uint8_t> labels{0, 1, 1, 0, 1};
  const std::vector<float> margins{-3, 0.1F, -7, 2, 0.3F};
  const auto objective = probit(labels);
  Derivatives fresh;
  const auto compute = [&](Derivatives& out) {
    compute_derivatives(parallel::self(), *objective, {}, margins, {}, 1000, 6, 1, out);
  };
  compute(fresh);
  EXPECT_EQ(fresh.grids[0], grid_for(std::fabs(static_cast<double>(fresh.gradient[2])), 1000));
  EXPECT_EQ(fresh.gradient[5], 0);
  Derivatives again = fresh, stale = fresh;
  stale.grids = {0x1p-60, 0x1p10};
  compute(again);
  compute(stale);
  for (const Derivatives& out : {again, stale}) {
    EXPECT_EQ(out.gradient, fresh.gradient);
    EXPECT_EQ(out.curvature, fresh.curvature);
    EXPECT_EQ(out.grids, fresh.grids);
  }
}

}  // namespace
}  // namespace proffer::boosting
