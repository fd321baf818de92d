// Calibration maps against brute force, their first-order conditions and scikit-learn; the same on any number of ranks.
#include "models/calibration.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "evaluation/isotonic.hpp"
#include "evaluation/samples.hpp"
#include "models/small_book.hpp"
#include "statistics/logistic.hpp"

namespace proffer::models {
namespace {

using evaluation::test::dealings;
using evaluation::test::dealt;
using proffer::test::world;
using statistics::sigmoid;

struct Rows {
  std::vector<double> odds;
  std::vector<std::uint8_t> labels;
};

/// Log-odds of which `levels` are different, and labels by `truth`.
template <class Truth>
Rows draw(std::size_t rows, std::uint64_t levels, const Truth& truth) {
  Rows all;
  for (std::size_t i = 0; i < rows; ++i) {
    parallel::RandomStream random(11, i, "test.calibration");
    double z = 6 * random.uniform() - 4;
    if (levels > 0) z = std::round(z * static_cast<double>(levels)) / static_cast<double>(levels);
    all.odds.push_back(z);
    all.labels.push_back(random.uniform() < truth(z) ? 1 : 0);
  }
  return all;
}
double skewed(double z) {
  return sigmoid(0.6 * z - 0.8);
}

/// max over s ≤ i of min over t ≥ i of the mean of scores s … t (Barlow et al. 1972, equation 1.10).
std::vector<double> min_max(const std::map<double, std::array<double, 2>>& counts) {
  std::vector<std::array<double, 2>> at;
  for (const auto& [score, count] : counts) at.push_back(count);
  std::vector<double> fitted;
  for (std::size_t i = 0; i < at.size(); ++i) {
    double best = 0;
    for (std::size_t s = 0; s <= i; ++s) {
      double least = 1, rows = 0, positives = 0;
      for (std::size_t t = s; t < at.size(); ++t) {
        rows += at[t][0] + at[t][1];
        positives += at[t][1];
        if (t >= i) least = std::min(least, positives / rows);
      }
      best = std::max(best, least);
    }
    fitted.push_back(best);
  }
  return fitted;
}

TEST(Isotonic, IsTheMinMaxFormula) {
  for (const std::uint64_t levels : {0U, 20U, 2U}) {
    const Rows all = draw(400, levels, [](double z) { return 0.5 + 0.4 * std::sin(z); });
    std::map<double, std::array<double, 2>> counts;
    for (std::size_t i = 0; i < all.odds.size(); ++i) counts[all.odds[i] + 0.0][all.labels[i]] += 1;
    const std::vector<double> expected = min_max(counts);
    for (int dealing = 0; dealing < dealings; ++dealing) {
      const auto blocks = evaluation::isotonic(
          evaluation::binary_ranking(world(), dealt(all.odds, dealing), dealt(all.labels, dealing)));
      std::size_t block = 0, i = 0;
      for (const auto& [score, count] : counts) {
        while (score > blocks[block].highest) ++block;
        ASSERT_GE(score, blocks[block].lowest);
        EXPECT_DOUBLE_EQ(blocks[block].rate(), expected[i++]);
      }
      EXPECT_EQ(block + 1, blocks.size());
    }
  }
}

TEST(Calibration, IsTheSameAtAnyNumberOfRanks) {
  const Rows all = draw(3000, 50, skewed);
  for (const auto method :
       {CalibrationMethod::none, CalibrationMethod::isotonic, CalibrationMethod::platt, CalibrationMethod::beta}) {
    const auto alone = fit_calibration(parallel::self(), method, all.odds, all.labels);
    ASSERT_TRUE(alone);
    for (int dealing = 0; dealing < dealings; ++dealing) {
      const auto odds = dealt(all.odds, dealing);
      const auto here = fit_calibration(world(), method, odds, dealt(all.labels, dealing));
      EXPECT_EQ(*here, *alone) << name_of(method);
      EXPECT_EQ(anchor_shift(world(), *here, odds, 0.03), anchor_shift(parallel::self(), *alone, all.odds, 0.03));
    }
  }
}

TEST(Calibration, PlattAndBetaSolveTheirEquations) {
  const Rows all = draw(4000, 0, skewed);
  double positives = 0;
  for (const auto label : all.labels) positives += label;
  const double yes = (positives + 1) / (positives + 2), no = 1 / (4000 - positives + 2);
  for (const auto method : {CalibrationMethod::platt, CalibrationMethod::beta}) {
    const auto fitted = *fit_calibration(parallel::self(), method, all.odds, all.labels);
    double level = 0, first = 0, second = 0;
    for (std::size_t i = 0; i < all.odds.size(); ++i) {
      const double rest = (all.labels[i] == 1 ? yes : no) - fitted.apply(all.odds[i]);
      level += rest;
      first += rest * (method == CalibrationMethod::platt ? all.odds[i] : std::log(sigmoid(all.odds[i])));
      second += rest * std::log(sigmoid(-all.odds[i]));
    }
    EXPECT_NEAR(level, 0, 1e-7);
    EXPECT_NEAR(first, 0, 1e-7);
    if (method == CalibrationMethod::beta) {
      EXPECT_NEAR(second, 0, 1e-7);
    } else {
      EXPECT_NEAR(fitted.slope, 0.6, 0.06);
      EXPECT_NEAR(fitted.intercept, -0.8, 0.1);
    }
  }
}

TEST(Calibration, FindsTheLevelOfEveryPartOfTheScale) {
  const auto bent = [](double z) { return z < 0 ? 0.1 : 0.1 + 0.6 * sigmoid(3 * z - 3); };
  const Rows all = draw(60000, 0, bent);
  const auto fitted = *fit_calibration(parallel::self(), CalibrationMethod::isotonic, all.odds, all.labels);
  for (double z = -3.5; z < 2; z += 0.5) EXPECT_NEAR(fitted.apply(z), bent(z), 0.03) << z;
  EXPECT_GT(fitted.apply(-100), 0);
  EXPECT_LT(fitted.apply(100), 1);
}

TEST(Calibration, RefusesToTurnAnOrderRound) {
  const Rows all = draw(2000, 0, [](double z) { return sigmoid(-z); });
  for (const auto method : {CalibrationMethod::platt, CalibrationMethod::beta, CalibrationMethod::isotonic}) {
    const auto fitted = *fit_calibration(parallel::self(), method, all.odds, all.labels);
    double before = fitted.apply(-5);
    for (double z = -5; z < 5; z += 0.25) {
      EXPECT_GE(fitted.apply(z), before) << name_of(method);
      before = fitted.apply(z);
    }
  }
}

TEST(Calibration, AnchorsTheMean) {
  const Rows all = draw(2000, 0, skewed);
  for (const auto method : {CalibrationMethod::none, CalibrationMethod::isotonic, CalibrationMethod::beta}) {
    for (const double rate : {0.001, 0.03, 0.7}) {
      auto fitted = *fit_calibration(parallel::self(), method, all.odds, all.labels);
      fitted.shift = anchor_shift(parallel::self(), fitted, all.odds, rate);
      double mean = 0;
      for (const double z : all.odds) mean += fitted.apply(z) / 2000;
      EXPECT_NEAR(mean, rate, 1e-9 * std::max(1.0, 1 / rate)) << name_of(method);
    }
  }
}

TEST(Calibration, NeedsBothClassesAndStandsSeparation) {
  const std::vector<double> odds = {-2, -1, 1, 2};
  const std::vector<std::uint8_t> ones(4, 1), separated = {0, 0, 1, 1};
  EXPECT_FALSE(fit_calibration(parallel::self(), CalibrationMethod::platt, odds, ones));
  EXPECT_FALSE(
      fit_calibration(world(), CalibrationMethod::isotonic, std::vector<double>{}, std::vector<std::uint8_t>{}));
  for (const auto method : {CalibrationMethod::platt, CalibrationMethod::beta, CalibrationMethod::isotonic}) {
    const auto fitted = *fit_calibration(parallel::self(), method, odds, separated);
    EXPECT_LT(fitted.apply(-2), 0.3) << name_of(method);
    EXPECT_GT(fitted.apply(-2), 0) << name_of(method);
    EXPECT_GT(fitted.apply(2), 0.7) << name_of(method);
    EXPECT_LT(fitted.apply(2), 1) << name_of(method);
  }
}

TEST(Calibration, IsReadBackAsWritten) {
  const Rows all = draw(500, 0, skewed);
  for (const auto method :
       {CalibrationMethod::none, CalibrationMethod::isotonic, CalibrationMethod::platt, CalibrationMethod::beta}) {
    auto fitted = *fit_calibration(parallel::self(), method, all.odds, all.labels);
    fitted.shift = -0.25;
    const std::string text = nlohmann::json(fitted).dump();
    EXPECT_EQ(nlohmann::json::parse(text).get<Calibration>(), fitted);
  }
  const auto refusal = [](const char* text) {
    return proffer::test::error_of([&] { static_cast<void>(nlohmann::json::parse(text).get<Calibration>()); });
  };
  const std::string damaged = "a calibration is damaged (its map is missing or not rising): train the model again";
  EXPECT_EQ(refusal(R"({"method":"isotonic","shift":0,"knots":[[0,0.5],[1,0.4]]})"), damaged);
  EXPECT_EQ(refusal(R"({"method":"isotonic","shift":0,"knots":[]})"), damaged);
  EXPECT_EQ(refusal(R"({"method":"platt","shift":0,"slope":-1,"intercept":0})"), damaged);
}

// scikit-learn's IsotonicRegression, and its LogisticRegression on the same targets, to 1e-9.
TEST(Oracle, CalibrationAgreesTo1em9) {
  if (!std::getenv("PROFFER_ORACLE")) GTEST_SKIP() << "runs as its own test, models/oracle";
  const auto file = std::filesystem::temp_directory_path() / ("proffer_oracle_" + std::to_string(getpid()) + ".csv");
  for (const std::uint64_t levels : {0U, 10U}) {
    const Rows all = draw(4000, levels, [](double z) { return 0.05 + 0.9 * skewed(z); });
    std::vector<Calibration> fitted;
    for (const auto method : {CalibrationMethod::isotonic, CalibrationMethod::platt, CalibrationMethod::beta})
      fitted.push_back(*fit_calibration(parallel::self(), method, all.odds, all.labels));
    std::ofstream out(file);
    out.precision(17);
    for (std::size_t i = 0; i < all.odds.size(); ++i) {
      out << all.odds[i] << ',' << int{all.labels[i]};
      for (const Calibration& map : fitted) out << ',' << map.apply(all.odds[i]);
      out << '\n';
    }
    out.close();
    EXPECT_EQ(
        std::system(
            ("/usr/bin/python3 " PROFFER_SOURCE_DIR "/tests/models/oracle.py calibration " + file.string()).c_str()),
        0);
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace proffer::models
