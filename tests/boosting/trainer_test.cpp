#include "boosting/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <nlohmann/json.hpp>

#include "boosting/communicator/session.hpp"
#include "boosting/planted.hpp"
#include "boosting/strangers.hpp"
#include "foundation/error.hpp"
#include "support/world.hpp"

namespace proffer::boosting {
namespace {

constexpr std::uint64_t train_rows = 6000, all_rows = 9000;

/// One training on `comm` with rows dealt in a `way`; the model as text, so that "same" means the same bytes.
struct Experiment {
  TrainOptions options;
  bool with_missing = true;
  bool probit_link = false;
  bool weighted = false;

  [[nodiscard]] Trained on(const parallel::Communicator& comm, int way, const AfterRound& after_round = {},
                           const Progress* resume = nullptr) const {
    const CommunicatorSession session(comm, {.timeout_seconds = 60});
    const auto bins = test::planted_bins(with_missing);
    const auto mine = [&](std::uint64_t row) { return test::dealt_to(way, row, comm.rank(), comm.size()); };
    test::Rows rows = test::planted_rows(0, train_rows, with_missing, mine);
    test::Rows judged = test::planted_rows(train_rows, all_rows, with_missing, mine);
    test::encode(rows, bins);
    test::encode(judged, bins);
    for (std::size_t i = 0; i < rows.labels.size(); ++i)
      if (rows.units[i] % 50 == 0) rows.labels[i] = 255;
    std::vector<double> weights;
    if (weighted)
      for (const auto unit : rows.units) weights.push_back(1.0 / static_cast<double>(1 + unit % 7));
    const auto objective = probit_link ? probit(rows.labels) : logistic(rows.labels);
    const auto judge = probit_link ? probit(judged.labels) : logistic(judged.labels);
    const TrainingData data(session, rows.codes, test::bin_counts(bins), rows.units, options.threads);
    return train(data, {*objective, weights}, options, HeldOut{*judge, judged.codes}, after_round, resume);
  }
};

std::string bytes(const Trained& trained) {
  return nlohmann::json(Progress{trained.forest, trained.held_out_loss}).dump();
}

void expect_same_everywhere(const Experiment& run) {
  const std::string serial = bytes(run.on(parallel::self(), 0));
  for (int way = 0; way < 3; ++way) EXPECT_EQ(bytes(run.on(test::world(), way)), serial) << "dealt in way " << way;
  Experiment threaded = run;
  threaded.options.threads = 2;
  EXPECT_EQ(bytes(threaded.on(test::world(), 1)), serial) << "two threads";
}

TEST(Trainer, GivesTheSameModelForEveryPartition) {
  for (const bool with_missing : {false, true})
    expect_same_everywhere({.options = {.rounds = 8, .max_depth = 5, .eta = 0.3}, .with_missing = with_missing});
}

TEST(Trainer, GivesTheSameModelWithSampledWeightedRowsAndMonotoneFeatures) {
  expect_same_everywhere(
      {.options =
           {.rounds = 6, .max_depth = 4, .eta = 0.3, .row_fraction = 0.6, .monotone = {1, 0, 0, 0, 0, -1}, .seed = 5},
       .probit_link = true,
       .weighted = true});
}

TEST(Trainer, GivesTheSameModelWhileStrangersTalkToItsPorts) {
  const Experiment run{.options = {.rounds = 6, .max_depth = 4, .eta = 0.3}};
  const std::string serial = bytes(run.on(parallel::self(), 0));
  const auto ports_before = test::listening_ports();
  std::list<test::Stranger> strangers;
  const auto disturb = [&](const Progress&) {
    for (const std::uint16_t port : test::listening_ports())
      if (!ports_before.contains(port))
        for (const std::string& words : test::rude_words()) strangers.emplace_back(port, words);
    return true;
  };
  EXPECT_EQ(bytes(run.on(test::world(), 0, disturb)), serial);
}

TEST(Trainer, GivesTheSameRandomForestForEveryPartition) {
  const Experiment run{
      .options = {.ensemble = Ensemble::random_forest, .rounds = 12, .max_depth = 6, .row_fraction = 0.5}};
  expect_same_everywhere(run);
  const Trained trained = run.on(test::world(), 0);
  EXPECT_LT(trained.held_out_loss.back(), trained.held_out_loss.front());
  EXPECT_LT(trained.held_out_loss.back(), 0.55);  // the constant alone gives about 0.63
}

TEST(Trainer, GoesOnFromEveryCheckpointAsIfNothingHadHappened) {
  for (const auto ensemble : {Ensemble::boosting, Ensemble::random_forest}) {
    const Experiment run{
        .options = {.ensemble = ensemble, .rounds = 9, .max_depth = 4, .eta = 0.3, .row_fraction = 0.7}};
    const std::string whole = bytes(run.on(test::world(), 0));
    std::string kept;  // as it would stand in a file
    for (int part = 0; part < 3; ++part) {
      Progress from;
      if (part > 0) nlohmann::json::parse(kept).get_to(from);
      const auto stop = [&](const Progress& now) {
        kept = nlohmann::json(now).dump();
        return now.rounds() % 3 != 0 || now.rounds() == 9;
      };
      const Trained trained = run.on(test::world(), part, stop, part > 0 ? &from : nullptr);
      EXPECT_EQ(trained.complete, part == 2);
      if (part == 2) {
        EXPECT_EQ(bytes(trained), whole);
      }
    }
  }
}

TEST(Trainer, StopsEarlyAtTheBestRound) {
  const Experiment run{.options = {.rounds = 200, .max_depth = 6, .eta = 0.5, .early_stop_rounds = 5}};
  const Trained trained = run.on(test::world(), 0);
  const auto& losses = trained.held_out_loss;
  ASSERT_LT(losses.size(), 100U);
  const auto best = std::min_element(losses.begin(), losses.end()) - losses.begin();
  EXPECT_EQ(trained.forest.trees.size(), static_cast<std::size_t>(best) + 1);
  EXPECT_EQ(losses.size(), trained.forest.trees.size() + 5);
}

TEST(Trainer, KeepsMonotoneFeaturesMonotone) {
  const Experiment run{.options = {.rounds = 20, .max_depth = 6, .eta = 0.3, .monotone = {1, 1, 0, 0, 0, -1}}};
  const Trained trained = run.on(test::world(), 0);
  const auto bins = test::planted_bins(true);
  test::Rows rows = test::planted_rows(0, 200, false);
  test::encode(rows, bins);
  for (std::size_t row = 0; row < 200; ++row)
    for (const auto& [feature, sign] : {std::pair{0, 1.0F}, {1, 1.0F}, {5, -1.0F}}) {
      std::vector<std::uint8_t> codes(rows.codes.begin() + static_cast<std::ptrdiff_t>(row * 6),
                                      rows.codes.begin() + static_cast<std::ptrdiff_t>(row * 6 + 6));
      float before = -std::numeric_limits<float>::infinity();
      for (std::size_t code = 0; code < bins.bins(static_cast<std::size_t>(feature)); ++code) {
        codes[static_cast<std::size_t>(feature)] = static_cast<std::uint8_t>(code);
        const float now = sign * margin(trained.forest, codes);
        EXPECT_GE(now, before);
        before = now;
      }
    }
}

TEST(Trainer, StartsFromTheConstantThatFitsBest) {
  Experiment run{.options = {.rounds = 1, .max_depth = 1}};
  const auto serial = run.on(test::world(), 0);
  const test::Rows rows = test::planted_rows(0, train_rows, true);
  double ones = 0, known = 0;
  for (std::size_t i = 0; i < rows.labels.size(); ++i)
    if (rows.units[i] % 50 != 0) ones += rows.labels[i], known += 1;
  EXPECT_NEAR(static_cast<double>(serial.forest.base_margin), std::log(ones / (known - ones)), 1e-6);
  run.options.base_margin = -0.25;
  EXPECT_EQ(run.on(test::world(), 0).forest.base_margin, -0.25F);
}

TEST(Trainer, RefusesOptionsOutOfBounds) {
  EXPECT_THROW(check({.rounds = 0}, 3), UsageError);
  EXPECT_THROW(check({.max_depth = 0}, 3), UsageError);
  EXPECT_THROW(check({.eta = 0}, 3), UsageError);
  EXPECT_THROW(check({.row_fraction = 1.5}, 3), UsageError);
  EXPECT_THROW(check({.monotone = {1, 1}}, 3), UsageError);
  EXPECT_THROW(check({.monotone = {1, 2, 0}}, 3), UsageError);
  EXPECT_NO_THROW(check({.monotone = {1, -1, 0}}, 3));
}

TEST(Trainer, RefusesDataWithoutRowsAndCodesWithoutBins) {
  const CommunicatorSession session(test::world(), {.timeout_seconds = 60});
  const std::vector<std::size_t> bins{3, 4};
  EXPECT_THROW(TrainingData(session, {}, bins, {}, 1), DataError);
  const bool last = test::world().rank() == test::world().size() - 1;
  EXPECT_THROW(TrainingData(session, last ? std::vector<std::uint8_t>{0, 1, 3, 0} : std::vector<std::uint8_t>{0, 1},
                            bins, {}, 1),
               Error);
}

}  // namespace
}  // namespace proffer::boosting
