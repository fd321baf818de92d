#include "boosting/objective.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "statistics/normal.hpp"

namespace proffer::boosting {
namespace {

struct Both {
  std::vector<double> gradient, curvature;
};

Both derivatives(const Objective& objective, std::size_t first, const std::vector<float>& margins) {
  Both both{std::vector<double>(margins.size(), -1), std::vector<double>(margins.size(), -1)};
  objective.derivatives(first, margins, both.gradient, both.curvature);
  return both;
}

TEST(Probit, DerivativesAreThoseOfTheLogOfTheNormalDistribution) {
  constexpr std::size_t count = 4 * 977 + 3, first = 5;
  std::vector<std::uint8_t> labels(first + count);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % 7 == 3 ? 255 : static_cast<std::uint8_t>(i % 2);
  std::vector<float> margins(count);
  for (std::size_t i = 0; i < count; ++i) margins[i] = static_cast<float>(i) / 60.0F - 33.0F;  // beyond ±30 too
  const auto objective = probit(labels), portable = probit(labels, true);
  const Both got = derivatives(*objective, first, margins), same = derivatives(*portable, first, margins);
  EXPECT_EQ(got.gradient, same.gradient);
  EXPECT_EQ(got.curvature, same.curvature);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t label = labels[first + i];
    EXPECT_EQ(objective->takes_part(first + i), label <= 1);
    if (label > 1) {
      EXPECT_EQ(got.gradient[i], 0);
      EXPECT_EQ(got.curvature[i], 0);
      continue;
    }
    const double sign = label == 1 ? 1 : -1;
    const double w = std::clamp(sign * static_cast<double>(margins[i]), -30.0, 30.0);
    const double mills = statistics::inverse_mills_ratio(w);  // against 50 digits: normal_test.cpp
    EXPECT_NEAR(got.gradient[i], -sign * mills, 1e-10 * std::max(1.0, mills));
    EXPECT_NEAR(got.curvature[i], mills * (mills + w), (2 * mills + std::fabs(w)) * 1e-10 * std::max(1.0, mills));
    EXPECT_GE(got.curvature[i], 0);
  }
}

TEST(Probit, KeepsItsLabels) {
  std::vector<std::uint8_t> labels{0, 1};
  const auto objective = probit(labels);
  labels.assign(2, 255);
  EXPECT_TRUE(objective->takes_part(0));
  EXPECT_LT(derivatives(*objective, 0, {0, 0}).gradient[1], 0);
}

}  // namespace
}  // namespace proffer::boosting
