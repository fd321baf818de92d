// Tabulated probabilities against Boost's and the logistic function in long double.
#include "offers/probability_table.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <random>

#include "models/model.hpp"

namespace proffer::offers {
namespace {

std::vector<float> many_margins() {
  std::vector<float> margins;
  for (float margin = -20; margin <= 20; margin += 0.00037F) margins.push_back(margin);
  for (int i = -16 * 32; i <= 16 * 32; ++i) {  // the ends of the intervals and their neighbours
    const float end = static_cast<float>(i) / 32;
    margins.insert(margins.end(), {end, std::nextafter(end, -99.0F), std::nextafter(end, 99.0F)});
  }
  margins.insert(margins.end(), {0.0F, -0.0F, 1e-42F, -1e-42F, 80.0F, -80.0F});
  return margins;
}

/// Bit for bit the function's value, and at most `floats` floats away from the truth.
template <class Function, class True>
void expect_rounded_values(const ProbabilityTable& table, Function function, True truth, int floats) {
  const std::vector<float> margins = many_margins();
  std::vector<float> found = margins;
  table.apply(found);
  for (std::size_t i = 0; i < margins.size(); ++i) {
    ASSERT_EQ(found[i], static_cast<float>(function(margins[i]))) << "margin " << margins[i];
    const auto expected = static_cast<float>(truth(static_cast<long double>(margins[i])));
    const int apart = std::abs(std::bit_cast<std::int32_t>(found[i]) - std::bit_cast<std::int32_t>(expected));
    ASSERT_LE(apart, floats) << "margin " << margins[i] << ": " << found[i] << ", not " << expected;
  }
}

Probability logistic(float m) {
  return models::probability(models::Link::logistic, m);
}
Probability probit(float m) {
  return models::probability(models::Link::probit, m);
}

TEST(ProbabilityTable, IsTheLogisticFunction) {
  const ProbabilityTable table(logistic);
  EXPECT_EQ(table.tabulated(), 1024U);
  expect_rounded_values(
      table, logistic, [](long double m) { return 1.0L / (1.0L + std::exp(-m)); }, 1);
}

TEST(ProbabilityTable, IsTheNormalDistribution) {
  const ProbabilityTable table(probit);
  EXPECT_GT(table.tabulated(), 600U);  // the lower tail is asked
  expect_rounded_values(
      table, probit, [](long double m) { return 0.5L * boost::math::erfc(-m / std::sqrt(2.0L)); }, 1);
}

TEST(ProbabilityTable, KinksAndJumpsAreAsked) {
  const auto crooked = [](float m) {
    const auto x = static_cast<double>(m);
    return x < 0.3 ? 0.1 + 0.001 * std::max(x, -5.0) : 0.2 + 0.01 * std::min(x, 1.0);
  };
  const ProbabilityTable table(crooked);
  expect_rounded_values(
      table, crooked, [&](long double m) { return crooked(static_cast<float>(m)); }, 0);
}

TEST(ProbabilityTable, DoesNotDependOnTheNeighbours) {
  const ProbabilityTable table(probit);
  std::mt19937 random(1);
  std::vector<float> margins(3000);
  for (float& margin : margins) margin = std::normal_distribution<float>(0, 6)(random);
  std::vector<float> together = margins;
  table.apply(together);
  for (std::size_t i = 0; i < margins.size(); ++i) {
    std::vector<float> one{margins[i]};
    table.apply(one);
    ASSERT_EQ(std::bit_cast<std::uint32_t>(one[0]), std::bit_cast<std::uint32_t>(together[i]));
  }
}

}  // namespace
}  // namespace proffer::offers
