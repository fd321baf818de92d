// Uplift models on a book whose effects are planted: found by each learner, and the same at any number of ranks.
#include <gtest/gtest.h>

#include <array>

#include "boosting/communicator/session.hpp"
#include "models/small_book.hpp"
#include "models/train.hpp"
#include "models/uplift_fit.hpp"
#include "models/uplift_metrics.hpp"
#include "models/uplift_rows.hpp"
#include "models/uplift_train.hpp"
#include "parallel/exact_sum.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::uniform;
using test::world;

/// What a product changes in the response, by income.
double planted_effect(std::size_t product, double income) {
  if (product == 0) return income > 0.5 ? 0.3 : 0;
  return income > 0.5 ? -0.1 : 0.15;
}

/// Half of the rows are controls, and who responds does so without contact too.
void draw_trial(borrowers::Batch& batch) {
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const std::uint64_t r = batch.first_row + i;
    const double arm = uniform(r, "trial.arm"), income = uniform(r, "income");
    batch.offers->contacted[i] = arm < 0.5 ? 0 : 1;
    batch.offers->product[i] = arm < 0.5 ? borrowers::no_code : arm < 0.75 ? 0 : 1;
    double p = 0.2 + 0.1 * static_cast<double>(r % 3);
    if (arm >= 0.5) p += planted_effect(batch.offers->product[i], income);
    batch.outcomes->responded[i] = uniform(r, "trial.outcome") < p ? 1 : 0;
    // For treatments in a column, and an outcome in one.
    batch.features[i * batch.columns + 2] = arm < 0.5 ? 7 : arm < 0.75 ? 3 : 4;
    batch.features[i * batch.columns + 3] = static_cast<float>(batch.outcomes->responded[i]);
  }
}

TrainSettings train_settings() {
  TrainSettings train;
  train.max_bins = 32;
  train.timeout_seconds = 60;
  return train;
}

UpliftSettings uplift_settings(Learner learner, const std::string& treatment = "product") {
  UpliftSettings settings;
  settings.trees.name = "trial_" + std::string(name_of(learner));
  settings.trees.where = "config:1:1";
  settings.trees.rounds = 30;
  settings.trees.depth = 3;
  settings.trees.early_stopping = 10;
  settings.treatment = treatment;
  settings.learner = learner;
  settings.replicates = 40;
  return settings;
}

class Uplift : public ::testing::Test {
 protected:
  void write(std::uint64_t rows) { test::write_small_book(world(), book(), rows, draw_trial); }
  [[nodiscard]] std::filesystem::path book() const { return scratch_.path() / "book.h5"; }
  test::Scratch scratch_;
  Log log_ = test::silent();
};

TEST_F(Uplift, IsFoundByEveryLearner) {
  write(30000);
  const borrowers::BookReader reader(book());
  const boosting::CommunicatorSession session(world(), {.network_interface = "", .timeout_seconds = 60});
  for (const Learner learner : {Learner::s, Learner::t, Learner::x}) {
    UpliftSettings settings = uplift_settings(learner);
    if (learner == Learner::s) {  // one forest finds the arms late
      settings.trees.rounds = 150;
      settings.trees.depth = 5;
    }
    const UpliftRows rows = collect_uplift_rows(world(), reader, train_settings(), settings, 3, log_);
    ASSERT_EQ(rows.arms, (std::vector<std::string>{"not contacted", "card", "loan"}));
    EXPECT_NEAR(rows.arm_shares[0], 0.5, 0.02);
    const UpliftModel model = fit_uplift(session, settings, rows, reader.schema(), 3, 1, log_);
    // The bin of income at 0.5: rows of either side.
    std::vector<std::vector<double>> all;
    for (std::size_t arm = 1; arm <= 2; ++arm) all.push_back(effects(model, arm, rows.all.rows.codes, 1));
    for (std::size_t product = 0; product < 2; ++product) {
      std::array<parallel::ExactSum, 4> sums;
      for (std::size_t i = 0; i < rows.rows(); ++i) {
        const float at_half = 16;  // of 32 bins of equal counts
        const float code = static_cast<float>(rows.all.rows.codes[i * rows.all.inputs.size()]);
        if (code >= at_half - 1 && code <= at_half) continue;
        const std::size_t side = code > at_half ? 2 : 0;
        sums[side].add(all[product][i]);
        sums[side + 1].add(1);
      }
      parallel::all_reduce(world(), std::span<parallel::ExactSum>(sums));
      EXPECT_NEAR(sums[0].rounded() / sums[1].rounded(), planted_effect(product, 0.2), 0.03) << name_of(learner);
      EXPECT_NEAR(sums[2].rounded() / sums[3].rounded(), planted_effect(product, 0.8), 0.03) << name_of(learner);
    }
    const nlohmann::json metrics = uplift_metrics(world(), settings, rows, all, 3);
    const nlohmann::json& test = metrics.at("test");
    // Card for the richer half, loan for the others.
    const nlohmann::json& policy = test.at("policy");
    EXPECT_LT(policy.at("recommended")[0].at("share").get<double>(), 0.05);
    EXPECT_NEAR(policy.at("recommended")[1].at("share").get<double>(), 0.5, 0.06);
    EXPECT_EQ(policy.at("best_for_all").at("arm"), "card");
    EXPECT_NEAR(policy.at("rate").at("value").get<double>(), 0.3 + 0.5 * 0.3 + 0.5 * 0.15, 0.035);
    EXPECT_GT(policy.at("gain").at("lower").get<double>(), 0);
    const nlohmann::json& card = test.at("treatments")[0];
    EXPECT_NEAR(card.at("effect").at("value").get<double>(), 0.15, 0.04);
    EXPECT_NEAR(card.at("top").at("uplift").at("value").get<double>(), 0.3, 0.06);
    EXPECT_GT(card.at("qini").at("area").at("lower").get<double>(), 0);
    EXPECT_FALSE(metrics.at("train").contains("policy"));
  }
}

TEST_F(Uplift, GivesTheSameBytesAtAnyNumberOfRanks) {
  write(6000);
  TrainSettings train = train_settings();
  for (const Learner learner : {Learner::s, Learner::t, Learner::x}) train.uplift.push_back(uplift_settings(learner));
  UpliftSettings by_column = uplift_settings(Learner::t, "split");
  by_column.trees.name = "by_column";
  by_column.control = "7";
  by_column.outcome_column = "later";
  by_column.trees.exclude = {"region"};
  train.uplift.push_back(by_column);
  const auto run = [&](const parallel::Communicator& comm, const std::string& name, int threads) {
    return train_all(comm, book(), train, 3, threads, scratch_.path() / name, log_);
  };
  const TrainOutcome together = run(world(), "all", 2);
  const TrainOutcome alone = run(parallel::self(), "one" + std::to_string(world().rank()), 1);
  ASSERT_EQ(together.files.size(), alone.files.size());
  for (std::size_t f = 0; f < together.files.size(); ++f) {
    EXPECT_EQ(together.files[f].path.filename(), alone.files[f].path.filename());
    EXPECT_EQ(together.files[f].sha256, alone.files[f].sha256) << together.files[f].path;
  }
  const nlohmann::json& uplift = together.metrics.at("uplift");
  EXPECT_EQ(uplift.at("by_column").at("outcome"), "later");
  // The same arms and outcomes, named in another way.
  EXPECT_EQ(uplift.at("by_column").at("test").at("treatments")[1].at("treated_rate"),
            uplift.at("trial_t").at("test").at("treatments")[1].at("treated_rate"));
  EXPECT_FALSE(uplift.at("trial_t").at("test").at("treatments")[0].contains("deciles"));
  const Model control = read_model_file(scratch_.path() / "all/models/trial_t.control.json");
  EXPECT_EQ(control.target, Target::responded);
  EXPECT_TRUE(control.second);
  EXPECT_EQ(control.features, (std::vector<std::string>{"income", "region"}));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "all/models/by_column.control.json"));
}

TEST_F(Uplift, OfAKnownArmIsReadOffTheForestThatKnowsArms) {
  write(4000);
  const borrowers::BookReader reader(book());
  const boosting::CommunicatorSession session(world(), {.network_interface = "", .timeout_seconds = 60});
  const UpliftSettings settings = uplift_settings(Learner::s);
  const UpliftRows rows = collect_uplift_rows(world(), reader, train_settings(), settings, 3, log_);
  const ModelRows wide = rows_with_arms(rows);
  const ModelFit fit = fit_model(session, settings.trees, wide, reader.schema(), 3, 1, log_);
  const std::size_t inputs = rows.all.inputs.size();
  for (const std::vector<std::uint8_t>& arm : {std::vector<std::uint8_t>{0, 0}, {1, 0}, {0, 1}}) {
    const boosting::Forest kept = with_known(fit.forest, inputs, arm);
    for (std::size_t i = 0; i < std::min<std::size_t>(rows.rows(), 300); ++i) {
      std::vector<std::uint8_t> codes(rows.all.rows.codes.begin() + static_cast<std::ptrdiff_t>(i * inputs),
                                      rows.all.rows.codes.begin() + static_cast<std::ptrdiff_t>((i + 1) * inputs));
      const float told = boosting::margin(kept, codes);
      codes.insert(codes.end(), arm.begin(), arm.end());
      ASSERT_EQ(told, boosting::margin(fit.forest, codes));
    }
    for (const boosting::Tree& tree : kept.trees)
      for (const boosting::Node& node : tree.nodes) {
        if (node.is_leaf()) continue;
        EXPECT_LT(node.feature, inputs);
        EXPECT_EQ(node.right, node.left + 1);
      }
  }
}

TEST_F(Uplift, WeighsArmsByPropensity) {
  // Rich rows are treated nine times in ten, others once: unweighted, who is treated is who responds anyway.
  test::write_small_book(world(), book(), 20000, [](borrowers::Batch& batch) {
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      const std::uint64_t r = batch.first_row + i;
      const double income = uniform(r, "income"), p = income > 0.5 ? 0.9 : 0.1;
      const bool treated = uniform(r, "trial.arm") < p;
      batch.offers->contacted[i] = treated ? 1 : 0;
      batch.outcomes->responded[i] =
          uniform(r, "trial.outcome") < (income > 0.5 ? 0.6 : 0.2) + (treated ? 0.1 : 0) ? 1 : 0;
      batch.features[i * batch.columns + 3] = static_cast<float>(treated ? p : 1 - p);
    }
  });
  const borrowers::BookReader reader(book());
  UpliftSettings settings = uplift_settings(Learner::t, "contacted");
  settings.propensity = "later";
  const boosting::CommunicatorSession session(world(), {.network_interface = "", .timeout_seconds = 60});
  const TrainedUplift trained = train_uplift(session, reader, train_settings(), settings, 3, 1, {}, log_);
  const nlohmann::json& treatment = trained.metrics.at("test").at("treatments")[0];
  EXPECT_GT(treatment.at("treated_rate").get<double>() - treatment.at("control_rate").get<double>(), 0.3);
  EXPECT_NEAR(treatment.at("effect").at("value").get<double>(), 0.1, 0.05);
  EXPECT_NEAR(treatment.at("mean_predicted").get<double>(), 0.1, 0.05);
  const auto card =
      nlohmann::json::parse(std::ranges::find(trained.files, std::string("card.json"), &ModelTable::suffix)->text);
  EXPECT_EQ(card.at("balance").at("above_threshold"), 1) << "income differs between arms, region does not";
}

TEST_F(Uplift, SaysWhatIsMissing) {
  write(400);
  const borrowers::BookReader reader(book());
  const auto error = [&](const UpliftSettings& settings) {
    return test::error_of([&] { (void)collect_uplift_rows(world(), reader, train_settings(), settings, 3, log_); });
  };
  UpliftSettings settings = uplift_settings(Learner::t, "region");
  settings.control = "nort";
  EXPECT_EQ(error(settings), "config:1:1: control is 'nort' (region has no such label): did you mean north?");
  settings.treatment = "split";
  EXPECT_EQ(error(settings), "config:1:1: control is 'nort' (split has no such whole number): name one of its values");
  settings.control = "9";
  EXPECT_EQ(error(settings),
            "uplift trial_t cannot be trained (no training row is of arm '9'): check treatment, "
            "control, target and split");
  settings.treatment = "spilt";
  EXPECT_NE(error(settings).find("did you mean"), std::string::npos);
  settings = uplift_settings(Learner::t);
  settings.propensity = "income";
  EXPECT_EQ(error(settings), "");
  settings.propensity = "split";
  EXPECT_NE(error(settings).find("a propensity is above 0 and at most 1"), std::string::npos) << error(settings);
}

}  // namespace
}  // namespace proffer::models
