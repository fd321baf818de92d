// Who is promoted, by rules and on planted candidates; whole contests on a small book.
#include "models/champion.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "models/small_book.hpp"
#include "models/train.hpp"
#include "parallel/collectives.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::uniform;
using test::world;

struct Planted {
  TrainingRows rows;
  std::vector<Candidate> candidates;
};

/// Test rows whose truth is one of the candidates; half as many out-of-time rows, on which another is best.
Planted planted(const parallel::Communicator& comm, std::uint64_t count) {
  Planted made;
  made.candidates = {{"champion", "scorecard", {}}, {"worse", "logistic", {}}, {"better", "boosted", {}}};
  for (std::uint64_t r = 0; r < count; ++r) {
    if (static_cast<int>(r % 3) % comm.size() != comm.rank()) continue;
    const bool later = r % 3 == 2;
    const double truth = uniform(r, "truth");
    made.rows.label.push_back(uniform(r, "label") < truth ? 1 : 0);
    made.rows.part.push_back(later ? Part::out_of_time : Part::test);
    made.rows.unit.push_back(r);
    const double noisy = 0.6 * truth + 0.4 * uniform(r, "noise"), noise = uniform(r, "other");
    made.candidates[0].probability.push_back(noisy);
    made.candidates[1].probability.push_back(later ? truth : noise);
    made.candidates[2].probability.push_back(later ? noise : truth);
  }
  return made;
}

Contest contest(const parallel::Communicator& comm, const PromotionSettings& rules, std::uint64_t count = 3000) {
  const Planted made = planted(comm, count);
  return compare(comm, rules, made.candidates, made.rows, 5);
}

TEST(Contest, PromotesTheBestByTheNamedCriterionAndPart) {
  for (const Criterion by : {Criterion::auc, Criterion::ks, Criterion::log_loss, Criterion::brier}) {
    EXPECT_EQ(contest(world(), {.by = by}).facts.at("promoted"), "better") << name_of(by);
    EXPECT_EQ(contest(world(), {.by = by, .out_of_time = true}).facts.at("promoted"), "worse") << name_of(by);
  }
  const Contest stays = contest(world(), {.margin = 0.9});
  EXPECT_EQ(stays.promoted, 0U);
  EXPECT_EQ(stays.reason.substr(0, 24), "the champion stays: auc ") << stays.reason;
  EXPECT_EQ(contest(world(), {.certain = true}).facts.at("promoted"), "better");
}

TEST(Contest, IsNotWonByChance) {
  // Thirty rows cannot tell: the difference may be there, but it is not certain.
  EXPECT_EQ(contest(world(), {.certain = true}, 30).promoted, 0U);
  EXPECT_EQ(contest(world(), {}, 0).reason, "the champion stays: the test rows cannot tell auc");
}

TEST(Contest, IsTheSameAtAnyNumberOfRanks) {
  EXPECT_EQ(contest(world(), {}).facts.dump(), contest(parallel::self(), {}).facts.dump());
}

TrainSettings four_kinds() {
  TrainSettings train;
  train.max_bins = 64;
  train.timeout_seconds = 60;
  ModelSettings response;
  response.name = "response";
  response.target = Target::responded;
  response.kind = ModelKind::scorecard;
  response.offer_terms = {Term::product, Term::limit, Term::apr};
  response.monotone = {{"apr", Direction::decreasing}};
  response.rounds = 20;
  response.depth = 3;
  response.scorecard.min_iv = 0.001;
  for (const ModelKind kind : {ModelKind::boosted, ModelKind::random_forest, ModelKind::logistic}) {
    ModelSettings challenger = response;
    challenger.challengers.clear();
    challenger.kind = kind;
    challenger.name = "response." + std::string(name_of(kind));
    challenger.row_share = kind == ModelKind::random_forest ? 0.5 : 1;
    response.challengers.push_back(challenger);
  }
  train.models = {response};
  train.split.out_of_time_from = 20240125;
  return train;
}

TEST(Contest, OfAllKindsGivesTheSameBytesAtAnyNumberOfRanks) {
  const test::Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  test::write_small_book(world(), book, 8000);
  Log log = test::silent();
  const auto run = [&](const parallel::Communicator& comm, const std::string& name, int threads) {
    return train_all(comm, book, four_kinds(), 3, threads, scratch.path() / name, log);
  };
  const TrainOutcome together = run(world(), "all", 2);
  const std::string own = "one" + std::to_string(world().rank());
  const TrainOutcome alone = run(parallel::self(), own, 1);
  ASSERT_EQ(together.files.size(), alone.files.size());
  for (std::size_t f = 0; f < together.files.size(); ++f) {
    EXPECT_EQ(together.files[f].path.filename(), alone.files[f].path.filename());
    EXPECT_EQ(together.files[f].sha256, alone.files[f].sha256) << together.files[f].path;
  }
  const auto& facts = together.metrics.at("response").at("comparison");
  const std::string promoted = facts.at("promoted");
  const Model model = read_model_file(scratch.path() / "all/models/response.json");
  EXPECT_EQ(model.training.at("comparison").at("promoted"), promoted);
  EXPECT_EQ(model.training.at("kind"), facts.at("candidates").at(promoted).at("kind"));
  EXPECT_TRUE(model.second) << "the promoted model has a second opinion";
  for (const char* name : {"champion", "boosted", "random_forest", "logistic"}) {
    EXPECT_GT(facts.at("candidates").at(name).at("test").at("auc").at("value").get<double>(), 0.6) << name;
    if (name == promoted) continue;
    const Model other = read_model_file(scratch.path() / "all/models" / ("response." + std::string(name) + ".json"));
    EXPECT_EQ(other.name, "response." + std::string(name));
    EXPECT_FALSE(other.second);
  }
}

}  // namespace
}  // namespace proffer::models
