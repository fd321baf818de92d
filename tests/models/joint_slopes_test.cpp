// The last step along the terms of the offer, against least squares and planted slopes, at any number of ranks.
#include "models/joint_slopes.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "boosting/trainer.hpp"
#include "models/joint_likelihood.hpp"
#include "models/small_book.hpp"
#include "statistics/normal.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::uniform;
using test::world;

constexpr std::size_t rows_in_all = 5000;
constexpr std::array<float, 4> rate_cuts{0.12F, 0.18F, 0.24F, 0.30F};
constexpr std::array<float, 2> limit_cuts{2000, 5000};
constexpr std::uint8_t missing = features::missing_code;

std::uint8_t rate_code(std::uint64_t r) {
  return static_cast<std::uint8_t>(5 * uniform(r, "rate"));
}
/// With the rate, and missing in a tenth of the rows.
std::uint8_t limit_code(std::uint64_t r) {
  if (r % 10 == 3) return missing;
  return static_cast<std::uint8_t>(std::min(2.0, 2 * uniform(r, "limit") + 0.3 * rate_code(r)));
}
double rate_of(std::size_t code) {
  return code == 0 ? 2 * static_cast<double>(rate_cuts[0]) - static_cast<double>(rate_cuts[1])
                   : static_cast<double>(rate_cuts[code - 1]);
}
double limit_of(std::size_t code) {
  return code == 0 ? -1000 : static_cast<double>(limit_cuts[code - 1]);
}
float margin_of(std::uint64_t r) {
  return static_cast<float>(uniform(r, "margin") - 0.8);
}

/// Uneven, none on rank 1.
bool is_mine(std::uint64_t r) {
  int owner = static_cast<int>(r * r % 7) % world().size();
  if (owner == 1) owner = 0;
  return owner == world().rank();
}

/// This rank's rows under a squared error: the margin misses `target` of a row.
struct Missed {
  std::vector<float> margins, targets;
  std::vector<std::uint8_t> codes;  // of rate and limit
};
float target_of(std::uint64_t r) {
  const double limit = limit_code(r) == missing ? 0 : limit_of(limit_code(r));
  return margin_of(r) +
         static_cast<float>(0.1 + 1.5 * rate_of(rate_code(r)) - 2e-5 * limit + 0.3 * (uniform(r, "noise") - 0.5));
}
Missed missed() {
  Missed rows;
  for (std::uint64_t r = 0; r < rows_in_all; ++r) {
    if (!is_mine(r)) continue;
    rows.margins.push_back(margin_of(r));
    rows.targets.push_back(target_of(r));
    rows.codes.insert(rows.codes.end(), {rate_code(r), limit_code(r)});
  }
  return rows;
}

constexpr SlopeTerm rate{4, rate_cuts, 0}, limit{6, limit_cuts, 0};
constexpr SlopeTerm falling_rate{4, rate_cuts, -1};

std::vector<OfferSlope> slopes_of(const Missed& rows, std::span<const SlopeTerm> terms) {
  std::vector<std::uint8_t> codes;
  for (std::size_t i = 0; i < rows.margins.size(); ++i)
    for (const SlopeTerm& term : terms) codes.push_back(rows.codes[2 * i + (term.input == rate.input ? 0U : 1U)]);
  const auto objective = squared_error(rows.targets);
  return offer_slopes(world(), {*objective, rows.margins, codes}, terms, 2);
}

/// Least squares of all rows on an intercept and these columns (rate, limit): coefficients and (XᵀX)⁻¹.
struct Regression {
  Eigen::VectorXd coefficient;
  Eigen::MatrixXd inverse;
  std::array<double, 2> mean{};
};
Regression regression(bool with_rate, bool with_limit) {
  Regression fit;
  double limits = 0;
  for (std::uint64_t r = 0; r < rows_in_all; ++r) {
    fit.mean[0] += rate_of(rate_code(r)) / rows_in_all;
    if (limit_code(r) == missing) continue;
    fit.mean[1] += limit_of(limit_code(r));
    ++limits;
  }
  fit.mean[1] /= limits;
  const Eigen::Index columns = 1 + (with_rate ? 1 : 0) + (with_limit ? 1 : 0);
  Eigen::MatrixXd x = Eigen::MatrixXd::Ones(rows_in_all, columns);
  Eigen::VectorXd y(rows_in_all);
  for (std::uint64_t r = 0; r < rows_in_all; ++r) {
    const auto i = static_cast<Eigen::Index>(r);
    y[i] = static_cast<double>(target_of(r)) - static_cast<double>(margin_of(r));
    if (with_rate) x(i, 1) = rate_of(rate_code(r)) - fit.mean[0];
    if (with_limit) x(i, columns - 1) = limit_code(r) == missing ? 0 : limit_of(limit_code(r)) - fit.mean[1];
  }
  fit.inverse = (x.transpose() * x).inverse();
  fit.coefficient = fit.inverse * x.transpose() * y;
  return fit;
}

void expect_slope(const OfferSlope& slope, double expected, double variance) {
  EXPECT_NEAR(slope.slope, expected, 1e-8 * std::fabs(expected));
  EXPECT_NEAR(slope.error, std::sqrt(variance), 1e-8 * std::sqrt(variance));
}

TEST(OfferSlopes, AreLeastSquaresOfWhatIsMissed) {
  const std::array terms{rate, limit};
  const std::vector<OfferSlope> slopes = slopes_of(missed(), terms);
  const Regression fit = regression(true, true);
  ASSERT_EQ(slopes.size(), 2U);
  EXPECT_EQ(slopes[0].input, rate.input);
  EXPECT_EQ(slopes[1].input, limit.input);
  expect_slope(slopes[0], fit.coefficient[1], fit.inverse(1, 1));
  expect_slope(slopes[1], fit.coefficient[2], fit.inverse(2, 2));
  for (std::size_t code = 0; code <= rate_cuts.size(); ++code)
    EXPECT_NEAR(slopes[0].value[code], slopes[0].slope * (rate_of(code) - fit.mean[0]), 1e-9);
  for (std::size_t code = 0; code <= limit_cuts.size(); ++code)
    EXPECT_NEAR(slopes[1].value[code], slopes[1].slope * (limit_of(code) - fit.mean[1]), 1e-9);
  EXPECT_EQ(slopes[1].value[missing], 0);
}

TEST(OfferSlopes, NeverGoAgainstADirectionThatIsGiven) {
  const std::array terms{falling_rate, limit};
  const std::vector<OfferSlope> slopes = slopes_of(missed(), terms);
  const Regression fit = regression(false, true);
  ASSERT_EQ(slopes.size(), 1U);
  EXPECT_EQ(slopes[0].input, limit.input);
  expect_slope(slopes[0], fit.coefficient[1], fit.inverse(1, 1));
}

TEST(OfferSlopes, OfATermThatFollowsFromAnotherIsTheOthers) {
  const std::array terms{rate, rate};
  const std::vector<OfferSlope> slopes = slopes_of(missed(), terms);
  const Regression fit = regression(true, false);
  ASSERT_EQ(slopes.size(), 1U);
  expect_slope(slopes[0], fit.coefficient[1], fit.inverse(1, 1));
}

TEST(OfferSlopes, AreNoneWhereNothingIsMissedOrNothingIsTold) {
  Missed rows = missed();
  const std::array terms{rate, limit};
  for (std::size_t i = 0; i < rows.targets.size(); ++i) rows.targets[i] = rows.margins[i];
  EXPECT_TRUE(slopes_of(rows, terms).empty());
  EXPECT_TRUE(slopes_of({}, terms).empty());
  EXPECT_TRUE(slopes_of(missed(), {}).empty());
  rows = missed();
  for (std::size_t i = 0; i < rows.codes.size(); i += 2) rows.codes[i] = 3;  // one rate alone
  EXPECT_EQ(slopes_of(rows, terms).size(), 1U);
}

TEST(OfferSlopes, BecomeTreesOfTheForest) {
  const std::array terms{rate, limit};
  const std::vector<OfferSlope> slopes = slopes_of(missed(), terms);
  boosting::Forest forest{{}, 0.25F, 7};
  add_slopes(slopes, terms, forest);
  ASSERT_EQ(forest.trees.size(), 2U);
  std::array<std::uint8_t, 7> codes{};
  for (codes[4] = 0; codes[4] <= rate_cuts.size(); ++codes[4])
    for (const std::uint8_t code : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}, missing}) {
      codes[6] = code;
      EXPECT_EQ(boosting::margin(forest, codes),
                0.25F + static_cast<float>(slopes[0].value[codes[4]]) + static_cast<float>(slopes[1].value[code]));
    }
  codes[4] = missing;
  codes[6] = missing;
  EXPECT_EQ(boosting::margin(forest, codes), 0.25F);
  const std::vector<std::string> names{"a", "b", "c", "d", "offer.apr", "e", "offer.limit"};
  const nlohmann::json json = slopes_json(slopes, terms, names);
  EXPECT_EQ(json.at(1).at("input"), "offer.limit");
  EXPECT_NEAR(json.at(0).at("from_lowest_to_highest").get<double>(), slopes[0].value[4] - slopes[0].value[0], 1e-12);
  EXPECT_NEAR(json.at(0).at("standard_error").get<double>(), 0.24 * slopes[0].error, 1e-7 * slopes[0].error);
}

/// Takers whose g misses 2.5 per unit of the rate.
TEST(OfferSlopes, FindAPlantedSlopeUnderTheJointLikelihood) {
  constexpr double rho = 0.4, planted = 2.5;
  std::vector<float> f, g;
  std::vector<std::uint8_t> labels, codes;
  for (std::uint64_t r = 0; r < 20 * rows_in_all; ++r) {
    if (!is_mine(r)) continue;
    const double take = 2 * uniform(r, "f") - 2, margin = static_cast<double>(margin_of(r));
    const double p = default_of_takers(take, margin + planted * (rate_of(rate_code(r)) - 0.18), rho).p;
    f.push_back(static_cast<float>(take));
    g.push_back(static_cast<float>(margin));
    labels.push_back(uniform(r, "default") < p ? 1 : 0);
    codes.push_back(rate_code(r));
  }
  const auto objective = default_of_takers_objective(f, labels, rho);
  const std::array terms{rate};
  const std::vector<OfferSlope> slopes = offer_slopes(world(), {*objective, g, codes}, terms, 1);
  ASSERT_EQ(slopes.size(), 1U);
  EXPECT_NEAR(slopes[0].slope, planted, 3 * slopes[0].error);
  EXPECT_LT(slopes[0].error, 0.1);
  std::vector<float> stepped = g;
  for (std::size_t i = 0; i < g.size(); ++i) stepped[i] += static_cast<float>(slopes[0].value[codes[i]]);
  EXPECT_LT(boosting::mean_loss(world(), *objective, stepped, {}), boosting::mean_loss(world(), *objective, g, {}));
}

}  // namespace
}  // namespace proffer::models
