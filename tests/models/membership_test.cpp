// Cold start: weights against the ratio of densities that made the books, and training that continues a model.
#include "models/membership.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/small_book.hpp"
#include "models/train.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::error_of;
using test::Scratch;
using test::silent;
using test::world;
using test::write_small_book;

constexpr std::uint64_t book_rows = 20000;

/// Of the lender's own borrowers income has density 2x on (0, 1); of the external ones it is uniform.
void make_own(borrowers::Batch& batch) {
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    float& income = batch.features[i * batch.columns];
    income = std::sqrt(income);
  }
}

struct Books {
  Scratch scratch;
  std::filesystem::path external = scratch.path() / "external.h5", own = scratch.path() / "own.h5";
  Books() {
    write_small_book(world(), external, book_rows);
    write_small_book(world(), own, book_rows / 2, make_own);
  }
};

Membership learnt(const parallel::Communicator& comm, const Books& books) {
  const boosting::CommunicatorSession session(comm, {});
  Log log = silent();
  return learn_membership(session, borrowers::BookReader(books.external), {.book = books.own, .exclude = {}}, 3, 1,
                          log);
}

TEST(Membership, WeighsByTheRatioOfDensities) {
  const Books books;
  const Membership membership = learnt(world(), books);
  const borrowers::Batch all = borrowers::BookReader(books.external).read(0, book_rows);
  const std::vector<double> weights = membership.weights(all);
  double error = 0, sum = 0, of_income = 0, squares = 0;
  for (std::size_t i = 0; i < book_rows; ++i) {
    const double income = static_cast<double>(all.row(i)[0]);
    error += std::abs(weights[i] - 2 * income) / book_rows;
    sum += weights[i];
    squares += weights[i] * weights[i];
    of_income += weights[i] * income;
  }
  EXPECT_LT(error, 0.12);
  EXPECT_NEAR(sum, book_rows, 1e-6);
  EXPECT_NEAR(of_income / sum, 2.0 / 3, 0.01);  // the own mean; that of the external book is 1/2
  EXPECT_NEAR(membership.facts()["effective_rows"].get<double>(), sum * sum / squares, 1e-6);
  EXPECT_NEAR(membership.facts()["effective_rows"].get<double>() / book_rows, 0.75, 0.03);  // 1/∫(2x)²
  EXPECT_NEAR(membership.facts()["auc"].get<double>(), 2.0 / 3, 0.02);  // ∫ x · 2x: own above external
  EXPECT_EQ(weights, learnt(parallel::self(), books).weights(all));
}

TEST(Membership, RefusesBooksWithoutACommonFeature) {
  const Books books;
  const boosting::CommunicatorSession session(world(), {});
  Log log = silent();
  const LookAlikeSettings settings{.book = books.own, .exclude = {"income", "region"}};
  EXPECT_NE(error_of([&] {
              (void)learn_membership(session, borrowers::BookReader(books.external), settings, 3, 1, log);
            }).find("no feature in common"),
            std::string::npos);
}

ModelSettings default_model(std::int64_t rounds) {
  ModelSettings settings;
  settings.name = "default";
  settings.target = Target::defaulted;
  settings.rounds = rounds;
  settings.early_stopping = 0;
  settings.depth = 2;
  settings.eta = 0.3;
  settings.second_opinion = false;
  return settings;
}

TEST(Membership, MovesTheLevelOfAModelToTheOwnBorrowers) {
  const Books books;
  const Membership membership = learnt(world(), books);
  const boosting::CommunicatorSession session(world(), {});
  Log log = silent();
  const borrowers::BookReader book(books.external);
  const ModelSettings settings = default_model(1);
  const auto level = [&](const Membership* by) {
    const auto trained = train_model(session, book, {}, settings, 3, 1, log, nullptr, by);
    return probability(Link::logistic, trained.front().model.forest.base_margin);
  };
  const borrowers::Batch all = book.read(0, book_rows, {.outcomes = true});
  SplitSettings split;
  const Splitter splitter(split, book.schema(), 3);
  double bad = 0, rows = 0, bad_weighted = 0, weight = 0;
  for (std::size_t i = 0; i < book_rows; ++i) {
    const auto label = label_of(Target::defaulted, all, i);
    const Part part = splitter.part(all, i);
    if (!label || (part != Part::train && part != Part::valid)) continue;
    const double income = static_cast<double>(all.row(i)[0]);
    bad += *label;
    rows += 1;
    bad_weighted += 2 * income * *label;  // the true weights
    weight += 2 * income;
  }
  EXPECT_NEAR(level(nullptr), bad / rows, 1e-6);
  EXPECT_NEAR(level(&membership), bad_weighted / weight, 0.004);
  EXPECT_GT(bad / rows - bad_weighted / weight, 0.02);  // so that the difference is worth something
}

TEST(Continued, IsTheSameAsNeverHavingStopped) {
  const Books books;
  const boosting::CommunicatorSession session(world(), {});
  Log log = silent();
  const borrowers::BookReader book(books.external);
  const auto trained = [&](const borrowers::BookReader& on, const ModelSettings& settings) {
    return train_model(session, on, {}, settings, 3, 1, log).front();
  };
  const TrainedModel first = trained(book, default_model(5));
  const std::filesystem::path file = books.scratch.path() / "first.json";
  (void)storage::publish_text(world(), file, as_text(first.model));
  ModelSettings more = default_model(4);
  more.continues = file;
  const TrainedModel continued = trained(book, more), at_once = trained(book, default_model(9));
  EXPECT_EQ(continued.model.forest, at_once.model.forest);
  EXPECT_EQ(continued.metrics["continues"]["trees"], 5);
  // On another book the first trees are those of the first.
  const TrainedModel elsewhere = trained(borrowers::BookReader(books.own), more);
  ASSERT_EQ(elsewhere.model.forest.trees.size(), 9U);
  for (std::size_t t = 0; t < 5; ++t) EXPECT_EQ(elsewhere.model.forest.trees[t], first.model.forest.trees[t]);
  // With rows held out and nothing to gain, it is never worse than what it continues.
  more.early_stopping = 2;
  more.rounds = 30;
  const TrainedModel stopped = trained(book, more);
  EXPECT_GE(stopped.model.forest.trees.size(), 5U);
  more.target = Target::responded;
  EXPECT_NE(error_of([&] { (void)trained(book, more); }).find("its target and link differ"), std::string::npos);
  more = default_model(4);
  more.continues = file;
  more.exclude = {"region"};
  EXPECT_NE(error_of([&] { (void)trained(book, more); }).find("its inputs differ"), std::string::npos);
}

}  // namespace
}  // namespace proffer::models
