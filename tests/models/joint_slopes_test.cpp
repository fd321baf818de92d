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
#include "models/joint_own_terms.hpp"
#include "models/small_book.hpp"
#include "parallel/collectives.hpp"
#include "statistics/normal.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::uniform;
using test::world;

constexpr std::size_t rows_in_all = 5000;
constexpr std::array rates{0.06, 0.12, 0.18, 0.24, 0.30};
constexpr std::array limits{1000.0, 2000.0, 5000.0};
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
  return rates[code];
}
double limit_of(std::size_t code) {
  return limits[code];
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

/// This rank's rows under a squared error: the margin misses `target` of a row. Rate and limit per row.
struct Missed {
  std::vector<float> margins, targets, values;
  std::vector<std::uint8_t> codes;
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
    rows.values.push_back(static_cast<float>(rate_of(rate_code(r))));
    rows.values.push_back(limit_code(r) == missing ? std::nanf("") : static_cast<float>(limit_of(limit_code(r))));
  }
  return rows;
}

constexpr SlopeTerm rate{4, 5, 0}, limit{6, 3, 0}, falling_rate{4, 5, -1};

/// Mean of a term over all rows that have it.
double mean_of(bool of_rate) {
  double sum = 0, count = 0;
  for (std::uint64_t r = 0; r < rows_in_all; ++r) {
    if (!of_rate && limit_code(r) == missing) continue;
    sum += of_rate ? rate_of(rate_code(r)) : limit_of(limit_code(r));
    ++count;
  }
  return sum / count;
}

/// The borrower tells nothing of the terms.
std::vector<OfferSlope> slopes_of(const Missed& rows, std::span<const SlopeTerm> terms) {
  std::vector<std::uint8_t> codes;
  std::vector<float> values, own;
  const std::array means{mean_of(true), mean_of(false)};
  for (std::size_t i = 0; i < rows.margins.size(); ++i)
    for (const SlopeTerm& term : terms) {
      const std::size_t which = term.input == rate.input ? 0 : 1, at = 2 * i + which;
      codes.push_back(rows.codes[at]);
      values.push_back(rows.values[at]);
      own.push_back(
          std::isnan(rows.values[at]) ? 0.0F : static_cast<float>(static_cast<double>(rows.values[at]) - means[which]));
    }
  const auto objective = squared_error(rows.targets);
  return offer_slopes(world(), {*objective, rows.margins, values, own, codes}, terms, 2);
}

/// Least squares of all rows on an intercept and these columns (rate, limit): coefficients and (XᵀX)⁻¹.
struct Regression {
  Eigen::VectorXd coefficient;
  Eigen::MatrixXd inverse;
};
Regression regression(bool with_rate, bool with_limit) {
  Regression fit;
  const double mean_rate = mean_of(true), mean_limit = mean_of(false);
  const Eigen::Index columns = 1 + (with_rate ? 1 : 0) + (with_limit ? 1 : 0);
  Eigen::MatrixXd x = Eigen::MatrixXd::Ones(rows_in_all, columns);
  Eigen::VectorXd y(rows_in_all);
  for (std::uint64_t r = 0; r < rows_in_all; ++r) {
    const auto i = static_cast<Eigen::Index>(r);
    y[i] = static_cast<double>(target_of(r)) - static_cast<double>(margin_of(r));
    if (with_rate) x(i, 1) = rate_of(rate_code(r)) - mean_rate;
    if (with_limit) x(i, columns - 1) = limit_code(r) == missing ? 0 : limit_of(limit_code(r)) - mean_limit;
  }
  fit.inverse = (x.transpose() * x).inverse();
  fit.coefficient = fit.inverse * x.transpose() * y;
  return fit;
}

void expect_slope(const OfferSlope& slope, double expected, double variance) {
  EXPECT_NEAR(slope.slope, expected, 1e-6 * std::fabs(expected));
  EXPECT_NEAR(slope.error, std::sqrt(variance), 1e-6 * std::sqrt(variance));
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
  for (std::size_t code = 0; code < rates.size(); ++code)
    EXPECT_NEAR(slopes[0].value[code], slopes[0].slope * (rates[code] - mean_of(true)), 1e-6);
  for (std::size_t code = 0; code < limits.size(); ++code)
    EXPECT_NEAR(slopes[1].value[code], slopes[1].slope * (limits[code] - mean_of(false)), 1e-6);
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
  rows.targets = rows.margins;
  EXPECT_TRUE(slopes_of(rows, terms).empty());
  EXPECT_TRUE(slopes_of({}, terms).empty());
  EXPECT_TRUE(slopes_of(missed(), {}).empty());
  rows = missed();
  for (std::size_t i = 0; i < rows.codes.size(); i += 2) {  // one rate, or none
    rows.codes[i] = i % 3 == 0 ? missing : 3;
    rows.values[i] = i % 3 == 0 ? std::nanf("") : 0.24F;
  }
  const std::vector<OfferSlope> slopes = slopes_of(rows, terms);
  ASSERT_EQ(slopes.size(), 1U);
  EXPECT_EQ(slopes[0].input, limit.input);
}

TEST(OfferSlopes, DoNotGoOnBeyondWhatWasTold) {
  Missed rows = missed();
  for (std::size_t i = 0; i < rows.codes.size(); i += 2) {
    const bool low = rows.codes[i] < 2;
    rows.codes[i] = low ? 1 : 3;
    rows.values[i] = low ? 0.12F : 0.24F;
  }
  const std::array terms{rate};
  const std::vector<OfferSlope> slopes = slopes_of(rows, terms);
  ASSERT_EQ(slopes.size(), 1U);
  EXPECT_NEAR(slopes[0].lowest, 0.12, 1e-7);
  EXPECT_NEAR(slopes[0].highest, 0.24, 1e-7);
  EXPECT_EQ(slopes[0].value[0], slopes[0].value[1]);
  EXPECT_EQ(slopes[0].value[2], slopes[0].value[1]);
  EXPECT_EQ(slopes[0].value[4], slopes[0].value[3]);
  EXPECT_NEAR(slopes[0].value[3] - slopes[0].value[1], 0.12 * slopes[0].slope, 1e-7);
}

TEST(OfferSlopes, BecomeTreesOfTheForest) {
  const std::array terms{rate, limit};
  const std::vector<OfferSlope> slopes = slopes_of(missed(), terms);
  boosting::Forest forest{{}, 0.25F, 7};
  add_slopes(slopes, forest);
  ASSERT_EQ(forest.trees.size(), 2U);
  std::array<std::uint8_t, 7> codes{};
  for (codes[4] = 0; codes[4] < rates.size(); ++codes[4])
    for (const std::uint8_t code : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}, missing}) {
      codes[6] = code;
      EXPECT_EQ(boosting::margin(forest, codes),
                0.25F + static_cast<float>(slopes[0].value[codes[4]]) + static_cast<float>(slopes[1].value[code]));
    }
  codes[4] = missing;
  codes[6] = missing;
  EXPECT_EQ(boosting::margin(forest, codes), 0.25F);
  const std::vector<std::string> names{"a", "b", "c", "d", "offer.apr", "e", "offer.limit"};
  const nlohmann::json json = slopes_json(slopes, names);
  EXPECT_EQ(json.at(1).at("input"), "offer.limit");
  EXPECT_EQ(json.at(0).at("per_unit"), slopes[0].slope);
  EXPECT_EQ(json.at(0).at("highest"), 0.3);
}

/// A limit that is drawn nine times in ten high where the borrower's column is high; the column moves the outcome, the
/// limit does not, and the margins know neither.
struct Confounded {
  std::vector<float> margins, targets, values;
  std::vector<std::uint8_t> codes, borrower, fold;
  std::vector<std::uint64_t> unit;
};
Confounded confounded() {
  Confounded rows;
  for (std::uint64_t r = 0; r < rows_in_all; ++r) {
    if (!is_mine(r)) continue;
    const auto income = static_cast<std::uint8_t>(8 * uniform(r, "income"));
    const bool high = uniform(r, "drawn") < (income > 3 ? 0.9 : 0.1);
    rows.margins.push_back(0);
    rows.targets.push_back(static_cast<float>(0.1 * income + uniform(r, "noise")));
    rows.values.push_back(high ? 5000 : 1000);
    rows.codes.push_back(high ? 2 : 0);
    rows.borrower.insert(rows.borrower.end(), {income, static_cast<std::uint8_t>(5 * uniform(r, "other"))});
    rows.fold.push_back(static_cast<std::uint8_t>(3 * uniform(r, "fold")));
    rows.unit.push_back(r);
  }
  return rows;
}

std::vector<float> own_of(const boosting::CommunicatorSession& session, const Confounded& rows) {
  static constexpr std::array<std::size_t, 2> bins{8, 5};
  return own_terms(session, {rows.borrower, bins, rows.unit, rows.fold, 3}, rows.values, 1, {.seed = 3, .threads = 2});
}

TEST(OfferSlopes, TakeUpNothingOfTheBorrower) {
  const boosting::CommunicatorSession session(world(), {.timeout_seconds = 60});
  const Confounded rows = confounded();
  const std::vector<float> own = own_of(session, rows);
  const std::array terms{limit};
  const auto objective = squared_error(rows.targets);
  const auto slope = [&](std::span<const float> of) {
    return offer_slopes(world(), {*objective, rows.margins, rows.values, of, rows.codes}, terms, 1).at(0);
  };
  std::vector<float> plain = rows.values;
  for (float& value : plain) value -= 3000;
  EXPECT_GT(slope(plain).slope, 10 * slope(plain).error) << "who was offered more";
  EXPECT_LT(std::fabs(slope(own).slope), 3 * slope(own).error);
}

TEST(OwnTerms, AreWhatTheBorrowerDoesNotTellOutOfFold) {
  const boosting::CommunicatorSession session(world(), {.timeout_seconds = 60});
  Confounded rows = confounded();
  const std::vector<float> own = own_of(session, rows);
  // The best any model can do leaves 0.9 · 0.1 of the range squared.
  double squares = 0;
  for (const float value : parallel::all_gather(world(), std::span<const float>(own)))
    squares += static_cast<double>(value) * static_cast<double>(value);
  EXPECT_NEAR(squares / rows_in_all, 0.09 * 16e6, 0.1 * 0.09 * 16e6);
  // A borrower who tells nothing takes off the mean, and hardly more.
  for (std::size_t i = 0; i < rows.borrower.size(); ++i)
    rows.borrower[i] = static_cast<std::uint8_t>(5 * uniform(rows.unit[i / 2], i % 2 == 0 ? "first" : "second"));
  double farthest = 0;
  const std::vector<float> all = own_of(session, rows);
  for (std::size_t i = 0; i < all.size(); ++i)
    farthest = std::max(farthest, std::fabs(static_cast<double>(rows.values[i]) - 3000 - static_cast<double>(all[i])));
  EXPECT_LT(parallel::max_over_ranks(world(), farthest), 0.1 * 4000);
  // Missing, or of too few: nothing.
  rows.values.assign(rows.values.size(), std::nanf(""));
  for (const float value : own_of(session, rows)) EXPECT_EQ(value, 0);
}

/// Takers whose g misses 2.5 per unit of the rate.
TEST(OfferSlopes, FindAPlantedSlopeUnderTheJointLikelihood) {
  constexpr double rho = 0.4, planted = 2.5;
  std::vector<float> f, g, values, own;
  std::vector<std::uint8_t> labels, codes;
  for (std::uint64_t r = 0; r < 20 * rows_in_all; ++r) {
    if (!is_mine(r)) continue;
    const double take = 2 * uniform(r, "f") - 2, margin = static_cast<double>(margin_of(r));
    const double p = default_of_takers(take, margin + planted * (rate_of(rate_code(r)) - 0.18), rho).p;
    f.push_back(static_cast<float>(take));
    g.push_back(static_cast<float>(margin));
    labels.push_back(uniform(r, "default") < p ? 1 : 0);
    codes.push_back(rate_code(r));
    values.push_back(static_cast<float>(rate_of(rate_code(r))));
    own.push_back(static_cast<float>(rate_of(rate_code(r)) - 0.18));
  }
  const auto objective = default_of_takers_objective(f, labels, rho);
  const std::array terms{rate};
  const std::vector<OfferSlope> slopes = offer_slopes(world(), {*objective, g, values, own, codes}, terms, 1);
  ASSERT_EQ(slopes.size(), 1U);
  EXPECT_NEAR(slopes[0].slope, planted, 3 * slopes[0].error);
  EXPECT_LT(slopes[0].error, 0.1);
  std::vector<float> stepped = g;
  for (std::size_t i = 0; i < g.size(); ++i) stepped[i] += static_cast<float>(slopes[0].value[codes[i]]);
  EXPECT_LT(boosting::mean_loss(world(), *objective, stepped, {}), boosting::mean_loss(world(), *objective, g, {}));
}

}  // namespace
}  // namespace proffer::models
