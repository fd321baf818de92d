// Rows, trials, second opinions and whole trainings on a small book of planted effects.
#include "models/train.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "models/second_opinion.hpp"
#include "models/small_book.hpp"
#include "models/training_rows.hpp"

namespace proffer::models {
namespace {

using test::Scratch;
using test::silent;
using test::small_rows;
using test::text_of;
using test::world;
using test::write_small_book;

constexpr std::uint64_t book_rows = 10000;  // three blocks: the fourth rank has none

ModelSettings response() {
  ModelSettings settings;
  settings.name = "response";
  settings.target = Target::responded;
  settings.offer_terms = {Term::product, Term::limit, Term::apr};
  settings.rounds = 12;
  settings.early_stopping = 3;
  settings.depth = 3;
  settings.eta = 0.3;
  return settings;
}

TrainingRows rows_of(const parallel::Communicator& comm, const borrowers::BookReader& book,
                     const ModelSettings& settings, const SplitSettings& split = {}, const RowSources& sources = {}) {
  Log log = silent();
  return collect_rows(comm, book, settings, choose_inputs(settings, book.schema(), true),
                      Splitter(split, book.schema(), 3), 64, 3, log, {}, sources);
}

template <class T>
std::vector<T> gathered(const std::vector<T>& mine) {
  return parallel::all_gather(world(), std::span<const T>(mine));
}

TEST(TrainingRows, AreTheSameAtAnyNumberOfRanks) {
  const Scratch scratch;
  write_small_book(world(), scratch.path() / "book.h5", book_rows);
  const borrowers::BookReader book(scratch.path() / "book.h5");
  const TrainingRows here = rows_of(world(), book, response()), alone = rows_of(parallel::self(), book, response());
  EXPECT_EQ(here.bins, alone.bins);
  EXPECT_EQ(gathered(here.codes), alone.codes);
  EXPECT_EQ(gathered(here.label), alone.label);
  EXPECT_EQ(gathered(here.part), alone.part);
  EXPECT_EQ(gathered(here.unit), alone.unit);
  // Exactly the contacted rows, in the order of the book.
  const borrowers::Batch all = small_rows(0, book_rows);
  std::vector<std::uint64_t> units;
  for (std::size_t i = 0; i < book_rows; ++i)
    if (all.offers->contacted[i] == 1) units.push_back(all.unit[i]);
  EXPECT_EQ(alone.unit, units);
}

TEST(TrainingRows, AreTheSameHoweverManyOfThemAreKept) {
  const Scratch scratch;
  constexpr std::uint64_t rows = 60'000;  // four batches where one rank has them
  write_small_book(world(), scratch.path() / "book.h5", rows);
  const borrowers::BookReader book(scratch.path() / "book.h5");
  const TrainingRows here = rows_of(world(), book, response());
  const auto neighbours = static_cast<std::size_t>(world().ranks_on_this_host());
  const std::size_t batch = here.rows() * 70 / 4;  // bytes, about
  for (const std::size_t kept : {std::size_t{0}, batch * neighbours, 2 * batch * neighbours + batch / 2}) {
    const TrainingRows same = rows_of(world(), book, response(), {}, {.most_kept_bytes = kept});
    EXPECT_EQ(same.bins, here.bins);
    EXPECT_EQ(same.codes, here.codes);
    EXPECT_EQ(same.label, here.label);
    EXPECT_EQ(same.part, here.part);
    EXPECT_EQ(same.unit, here.unit);
    EXPECT_EQ(same.as_of, here.as_of);
  }
}

TEST(TrainingRows, ArePartedByAColumnWhereTheSplitNamesOne) {
  const Scratch scratch;
  write_small_book(world(), scratch.path() / "book.h5", book_rows);
  const borrowers::BookReader book(scratch.path() / "book.h5");
  SplitSettings split;
  split.by_column = true;
  split.column = "split";
  const TrainingRows rows = rows_of(parallel::self(), book, response(), split);
  const borrowers::Batch all = small_rows(0, book_rows);
  std::vector<Part> parts;
  for (std::size_t i = 0; i < book_rows; ++i) {
    const float value = all.row(i)[2];
    if (all.offers->contacted[i] != 1 || !(value == 0 || value == 1 || value == 2)) continue;
    parts.push_back(value == 0 ? Part::train : value == 1 ? Part::test : Part::valid);
  }
  EXPECT_EQ(rows.part, parts);
  EXPECT_GT(std::ranges::count(parts, Part::test), 0);
}

TEST(TrainingRows, NameTheRowOfTheBookWhoseLimitNoFloatHolds) {
  const Scratch scratch;
  constexpr std::size_t row = 4321;
  write_small_book(world(), scratch.path() / "book.h5", book_rows, [&](borrowers::Batch& batch) {
    if (row < batch.first_row || row >= batch.first_row + batch.rows()) return;
    batch.offers->contacted[row - batch.first_row] = 1;
    batch.offers->limit[row - batch.first_row] = 1e39;
  });
  const borrowers::BookReader book(scratch.path() / "book.h5");
  try {
    (void)rows_of(world(), book, response());
    ADD_FAILURE() << "an infinite input was taken";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find(":4321"), std::string::npos) << error.what();
  }
}

TEST(BookReader, LeavesFeaturesOutWhereTheyAreNotAskedFor) {
  const Scratch scratch;
  write_small_book(world(), scratch.path() / "book.h5", 100);
  const borrowers::BookReader book(scratch.path() / "book.h5");
  const borrowers::Batch whole = book.read(10, 50, {.offers = true, .outcomes = true});
  const borrowers::Batch without = book.read(10, 50, {.offers = true, .outcomes = true, .features = false});
  EXPECT_TRUE(without.features.empty());
  EXPECT_EQ(without.id, whole.id);
  EXPECT_EQ(without.offers->limit, whole.offers->limit);
  EXPECT_EQ(without.outcomes->responded, whole.outcomes->responded);
  EXPECT_ANY_THROW((void)without.row(0));
}

/// What collecting rows says of a book whose responses are changed.
template <class Change>
std::string refusal(const Change& change) {
  const Scratch scratch;
  write_small_book(world(), scratch.path() / "book.h5", 100, [&](borrowers::Batch& batch) { change(batch); });
  const borrowers::BookReader book(scratch.path() / "book.h5");
  return test::error_of([&] { static_cast<void>(rows_of(world(), book, response())); });
}

TEST(TrainingRows, NeedBothClasses) {
  const char* suggestion = "check outcomes and split of the book, or remove the model from train.models";
  EXPECT_EQ(refusal([](borrowers::Batch& batch) {
              for (auto& code : batch.offers->contacted) code = 0;
            }),
            std::string("model response cannot be trained (no training row has a known responded): ") + suggestion);
  const std::string all_one = refusal([](borrowers::Batch& batch) {
    for (auto& code : batch.outcomes->responded) code = 1;
  });
  EXPECT_NE(all_one.find("training rows have responded = 1)"), std::string::npos) << all_one;
  const std::string all_none = refusal([](borrowers::Batch& batch) {
    for (auto& code : batch.outcomes->responded) code = 0;
  });
  EXPECT_NE(all_none.find("training rows have responded = 0)"), std::string::npos) << all_none;
}

TEST(Trials, CountContactedRowsOfAllRanks) {
  const Scratch scratch;
  write_small_book(world(), scratch.path() / "book.h5", book_rows);
  const auto trials = count_trials(world(), borrowers::BookReader(scratch.path() / "book.h5"));
  std::map<std::tuple<int, double, float, int>, std::uint64_t> expected;
  const borrowers::Batch all = small_rows(0, book_rows);
  for (std::size_t i = 0; i < book_rows; ++i)
    if (all.offers->contacted[i] == 1)
      ++expected[{all.offers->product[i], all.offers->limit[i], all.offers->apr[i], all.offers->term[i]}];
  std::map<std::tuple<int, double, float, int>, std::uint64_t> counted;
  for (const Trials& cell : trials) counted[{cell.product, cell.limit, cell.apr, cell.term}] = cell.count;
  EXPECT_EQ(counted, expected);
  EXPECT_EQ(trials.size(), expected.size());
}

boosting::TrainOptions few_rounds() {
  boosting::TrainOptions options;
  options.max_depth = 3;
  options.seed = 1;
  return options;
}

TEST(SecondOpinion, LearnsOnlyFromTheRowsKept) {
  const Scratch scratch;
  write_small_book(world(), scratch.path() / "book.h5", book_rows);
  const borrowers::BookReader book(scratch.path() / "book.h5");
  TrainingRows rows = rows_of(world(), book, response());
  std::vector<std::size_t> bins;
  for (std::size_t f = 0; f < rows.bins.features(); ++f) bins.push_back(rows.bins.bins(f));
  const boosting::CommunicatorSession session(world(), {});
  const auto opinion = [&] { return second_opinion(session, rows, Link::logistic, bins, few_rounds(), true, 4); };
  const auto first = opinion();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->forest.trees.size(), 12U) << "three times the trees of the model";
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (rows.part[i] == Part::train) rows.label[i] ^= 1U;
  const auto flipped = opinion();
  ASSERT_TRUE(flipped);
  EXPECT_EQ(flipped->forest, first->forest);
  EXPECT_NE(flipped->intercept, first->intercept) << "the level is that of the rows learnt from";
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (rows.part[i] != Part::train) rows.label[i] ^= 1U;
  EXPECT_NE(opinion()->forest, first->forest);
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (rows.part[i] != Part::train) rows.label[i] = 1;
  EXPECT_FALSE(opinion()) << "one class alone";
}

TrainSettings whole_training() {
  TrainSettings train;
  train.max_bins = 64;
  train.timeout_seconds = 60;
  ModelSettings defaults = response(), fraud = response();
  defaults.name = "default";
  defaults.target = Target::defaulted;
  defaults.link = Link::probit;
  fraud.name = "fraud";
  fraud.target = Target::fraud;  // not in the book: passed over
  train.models = {response(), defaults, fraud};
  train.models[0].monotone = {{"apr", Direction::decreasing}};
  train.split.out_of_time_from = 20240125;
  return train;
}

TEST(Training, GivesTheSameBytesAtAnyNumberOfRanksAndFindsThePlantedEffects) {
  const Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  write_small_book(world(), book, book_rows);
  Log log = silent();
  const auto run = [&](const parallel::Communicator& comm, const std::string& name, int threads) {
    return train_all(comm, book, whole_training(), 3, threads, scratch.path() / name, log);
  };
  const TrainOutcome together = run(world(), "all", 2);
  const std::string own = "one" + std::to_string(world().rank());
  const TrainOutcome alone = run(parallel::self(), own, 1);
  ASSERT_EQ(together.files.size(), 9U) << "two models in two formats, their cards, and the metrics";
  EXPECT_EQ(together.rows, book_rows);
  for (std::size_t f = 0; f < 9; ++f) EXPECT_EQ(together.files[f].sha256, alone.files[f].sha256);
  EXPECT_EQ(text_of(scratch.path() / "all/metrics.json"), text_of(scratch.path() / own / "metrics.json"));
  const Model defaults = read_model_file(scratch.path() / "all/models/default.json");
  EXPECT_EQ(defaults.link, Link::probit);
  EXPECT_EQ(defaults.horizon_months, 12);
  EXPECT_TRUE(defaults.second);
  const auto& response_metrics = together.metrics.at("response");
  for (const char* part : {"train", "valid", "test", "out_of_time"}) {
    EXPECT_GT(response_metrics.at(part).at("auc").get<double>(), 0.6) << part;
    EXPECT_LT(response_metrics.at(part).at("expected_calibration_error").get<double>(), 0.08) << part;
  }
  EXPECT_FALSE(together.metrics.contains("fraud"));
}

TEST(Training, CalibratesOnHeldOutRowsAndWatchesGroups) {
  const Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  write_small_book(world(), book, book_rows);
  Log log = silent();
  TrainSettings train = whole_training();
  train.models = {response()};
  train.models[0].second_opinion = false;
  const auto run = [&](const std::string& name) {
    static_cast<void>(train_all(world(), book, train, 3, 1, scratch.path() / name, log));
    return std::pair{read_model_file(scratch.path() / name / "models/response.json"),
                     nlohmann::json::parse(text_of(scratch.path() / name / "metrics.json"))["response"]};
  };
  const auto [plain, before] = run("plain");
  EXPECT_FALSE(plain.calibration);
  train.models[0].calibration = {CalibrationMethod::isotonic, 0.03};
  train.monitor.segments = {"region"};
  train.monitor.review_capacity = 100;
  const auto [model, after] = run("calibrated");
  ASSERT_TRUE(model.calibration);
  EXPECT_EQ(model.forest, plain.forest) << "margins stand";
  EXPECT_NEAR(after["valid"]["mean_predicted"].get<double>(), 0.03, 1e-9);
  const auto& test = after["test"];
  EXPECT_EQ(test["uncalibrated"]["log_loss"], before["test"]["log_loss"]);
  EXPECT_EQ(test["uncalibrated"]["hosmer_lemeshow"], before["test"]["hosmer_lemeshow"]);
  EXPECT_NEAR(test["auc"].get<double>(), before["test"]["auc"].get<double>(), 0.02);
  EXPECT_GT(test["recall_at_capacity"]["recall"].get<double>(), 0.05);
  // The values of the monitored column and the labels of the segment share out the rows of a part; missing is no group.
  std::uint64_t by_region = 0, by_split = 0;
  for (const auto& group : test["groups"]["region"]) by_region += group["rows"].get<std::uint64_t>();
  for (const auto& group : test["groups"]["split"]) by_split += group["rows"].get<std::uint64_t>();
  EXPECT_EQ(by_region, test["rows"].get<std::uint64_t>());
  EXPECT_EQ(test["groups"]["region"][1]["group"], "south");
  EXPECT_NEAR(static_cast<double>(by_split), 0.8 * test["rows"].get<double>(), 0.05 * test["rows"].get<double>());
  EXPECT_EQ(test["groups"]["split"][3]["group"], "3");
  EXPECT_FALSE(test["groups"].contains("later")) << "only monitor_only columns and segments";
}

TEST(Training, RefusesWhatItCannotDo) {
  const Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  write_small_book(world(), book, 500);
  Log log = silent();
  const auto refusal = [&](const TrainSettings& train) {
    // Alone: a session between ranks that an error ends cannot be begun again in the same process.
    return test::error_of(
        [&] { static_cast<void>(train_all(parallel::self(), book, train, 3, 1, scratch.path(), log)); });
  };
  TrainSettings train = whole_training();
  train.models.erase(train.models.begin(), train.models.begin() + 2);
  EXPECT_NE(refusal(train).find("no model can be trained"), std::string::npos);
  train = whole_training();
  train.models[0].where = "c.yaml:1:1";
  train.models[0].monotone = {{"incom", Direction::increasing}};
  EXPECT_EQ(refusal(train),
            "c.yaml:1:1: monotone names 'incom' (model response does not learn from it): did you mean income?");
}

}  // namespace
}  // namespace proffer::models
