// Points, trees and tables of a scorecard against its definition, on a small book.
#include "models/scorecard.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "foundation/error.hpp"
#include "models/code_tree.hpp"
#include "models/small_book.hpp"
#include "models/train.hpp"
#include "parallel/collectives.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::Scratch;
using test::silent;
using test::world;

constexpr std::uint64_t book_rows = 9000;

ModelSettings card_settings() {
  ModelSettings settings;
  settings.name = "response";
  settings.target = Target::responded;
  settings.kind = ModelKind::scorecard;
  settings.offer_terms = {Term::product, Term::limit, Term::apr};
  settings.monotone = {{"apr", Direction::decreasing}};
  settings.scorecard.min_iv = 0.001;
  return settings;
}

struct Made {
  ModelRows rows;
  FittedRows fitted;
  Scorecard card;
  boosting::Forest forest;
};

Made make(const parallel::Communicator& comm, const ModelSettings& settings, int threads) {
  const Scratch scratch;
  test::write_small_book(world(), scratch.path() / "book.h5", book_rows);
  const borrowers::BookReader book(scratch.path() / "book.h5");
  Log log = silent();
  TrainSettings train;
  train.max_bins = 64;
  Made made;
  made.rows = collect_model_rows(comm, book, train, settings, 3, log);
  made.fitted = fitted_rows(comm, settings, made.rows, threads);
  const auto features = bin_inputs(comm, settings, made.rows, book.schema(), made.fitted.counts);
  made.card = make_scorecard(comm, settings, features, made.fitted, threads);
  made.forest = forest_of(made.card, made.rows.rows.bins, made.fitted.counts);
  parallel::barrier(world());
  return made;
}

double points_of(const Scorecard& card, std::span<const std::uint8_t> codes) {
  double points = 0;
  for (const CardFeature& feature : card.features)
    points += feature.points[feature.woe.bin_of_code[codes[feature.input]]];
  return points;
}

TEST(Scorecard, PointsAddUpToTheMarginOfItsForest) {
  for (const bool rounded : {true, false}) {
    ModelSettings settings = card_settings();
    settings.scorecard.round_points = rounded;
    const Made made = make(world(), settings, 2);
    ASSERT_GE(made.card.features.size(), 3U);
    const std::size_t inputs = made.rows.inputs.size();
    for (std::size_t r = 0; r < made.rows.rows.rows(); ++r) {
      const auto codes = std::span(made.rows.rows.codes).subspan(r * inputs, inputs);
      const double points = points_of(made.card, codes);
      ASSERT_NEAR(made.card.scale.score(static_cast<double>(boosting::margin(made.forest, codes))), points, 1e-3);
      if (rounded) {
        ASSERT_EQ(points, std::round(points));
      }
    }
  }
}

TEST(Scorecard, WithoutRoundingIsItsRegression) {
  ModelSettings settings = card_settings();
  settings.scorecard.round_points = false;
  const Made made = make(world(), settings, 1);
  const std::size_t inputs = made.rows.inputs.size();
  double events = 0, chances = 0;
  for (std::size_t r = 0; r < made.fitted.rows.label.size(); ++r) {
    const auto codes = std::span(made.fitted.rows.codes).subspan(r * inputs, inputs);
    double margin = made.card.intercept;
    for (const CardFeature& feature : made.card.features)
      margin += feature.coefficient * feature.woe.bin_of(codes[feature.input]).woe;
    ASSERT_NEAR(static_cast<double>(boosting::margin(made.forest, codes)), margin, 1e-5);
    events += made.fitted.rows.label[r];
    chances += 1 / (1 + std::exp(-margin));
  }
  // Maximum likelihood with an intercept: the mean probability is the event rate.
  const double gap = std::fabs(events - chances);
  if (world().size() == 1) {
    EXPECT_LT(gap, 1e-6);
  }
}

TEST(Scorecard, HasTheScaleItNames) {
  const PointScale scale = point_scale({.base_score = 600, .base_odds = 50, .points_to_double = 20});
  EXPECT_NEAR(scale.score(-std::log(50.0)), 600, 1e-9);
  EXPECT_NEAR(scale.score(-std::log(100.0)), 620, 1e-9);
  EXPECT_NEAR(scale.margin(scale.score(-1.25)), -1.25, 1e-12);
}

TEST(Scorecard, KeepsTrendsSignsAndTables) {
  const Made made = make(world(), card_settings(), 1), alone = make(parallel::self(), card_settings(), 2);
  EXPECT_EQ(scorecard_csv(made.card), scorecard_csv(alone.card));
  EXPECT_EQ(scorecard_json(made.card), scorecard_json(alone.card));
  EXPECT_EQ(made.forest, alone.forest);
  for (const CardFeature& feature : made.card.features) {
    EXPECT_GT(feature.coefficient, 0);
    std::uint64_t rows = 0;
    for (const auto& bin : feature.woe.bins) rows += bin.count.rows;
    EXPECT_EQ(rows, parallel::sum_over_ranks(world(), std::uint64_t{made.fitted.rows.label.size()}));
    if (feature.woe.name == "offer.apr") {
      EXPECT_EQ(feature.woe.trend, features::Trend::down);
    }
    if (feature.woe.name == "offer.product") {
      EXPECT_TRUE(feature.woe.bins[0].label == "card" || feature.woe.bins[0].label == "loan");
    }
  }
}

TEST(Scorecard, LeavesOutWhatTellsLittleOrTheSame) {
  ModelSettings settings = card_settings();
  settings.scorecard.min_iv = 5;
  EXPECT_EQ(test::error_of([&] { static_cast<void>(make(parallel::self(), settings, 1)); }).substr(0, 34),
            "model response has no scorecard (n");
  settings = card_settings();
  settings.scorecard.max_features = 1;
  const Made made = make(world(), settings, 1);
  EXPECT_EQ(made.card.features.size(), 1U);
  EXPECT_EQ(made.card.left_out.back().why, "max_features is 1");
  EXPECT_EQ(made.card.left_out.size() + 1, made.rows.inputs.size());
}

TEST(Scorecard, RefusesBinningOfWhatItDoesNotLearnFrom) {
  ModelSettings settings = card_settings();
  settings.binning.features["incme"] = {.trend = {}, .breaks = {}, .special = {}, .where = "c.yaml:3:4"};
  EXPECT_EQ(test::error_of([&] { static_cast<void>(make(parallel::self(), settings, 1)); }),
            "c.yaml:3:4: binning names 'incme' (model response does not learn from it): did you mean income?");
}

TEST(CodeTree, GivesEveryCodeItsValue) {
  for (std::uint64_t round = 0; round < 30; ++round) {
    parallel::RandomStream draws(1, round, "models.code_tree");
    const std::size_t bins = round == 0 ? 1 : 1 + draws.below(255);
    const std::uint64_t values = 1 + draws.below(8);
    PerCode value{}, cover{};
    for (std::size_t code = 0; code < value.size(); ++code) {
      value[code] = static_cast<double>(draws.below(values)) / 3;
      cover[code] = static_cast<double>(draws.below(50));
    }
    const boosting::Tree tree = tree_of_codes(2, bins, value, cover);
    for (std::size_t code = 0; code < value.size(); ++code) {
      if (code >= bins && code != features::missing_code) continue;
      const std::array<std::uint8_t, 3> row = {0, 0, static_cast<std::uint8_t>(code)};
      ASSERT_EQ(boosting::leaf_of(tree, row.data()), static_cast<float>(value[code]));
    }
    for (const boosting::Node& node : tree.nodes)
      if (!node.is_leaf()) {
        EXPECT_EQ(node.right, node.left + 1) << "XGBoost looks for it there";
        EXPECT_NEAR(node.cover,
                    tree.nodes[static_cast<std::size_t>(node.left)].cover +
                        tree.nodes[static_cast<std::size_t>(node.right)].cover,
                    1e-2);
      }
  }
}

}  // namespace
}  // namespace proffer::models
