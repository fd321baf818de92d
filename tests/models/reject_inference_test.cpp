// What default models learn from declined applicants, on books where the outcome of everyone is planted.
#include <gtest/gtest.h>

#include "models/small_book.hpp"
#include "models/train.hpp"
#include "settings/section.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::uniform;
using test::world;

/// Everyone applies. `pd` and `booked` say who defaults and who is booked; the outcome of all is in the column later.
template <class Pd, class Booked>
auto applicants(const Pd& pd, const Booked& booked) {
  return [pd, booked](borrowers::Batch& batch) {
    using namespace borrowers::outcome;
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      const std::uint64_t r = batch.first_row + i;
      const double income = uniform(r, "income");
      const bool is_booked = uniform(r, "reject.booked") < booked(income);
      const std::uint8_t bad = uniform(r, "reject.bad") < pd(income, is_booked) ? yes : no;
      batch.outcomes->responded[i] = yes;
      batch.outcomes->booked[i] = is_booked ? yes : no;
      batch.outcomes->defaulted[i] = is_booked ? bad : unknown;
      batch.features[i * batch.columns + 3] = static_cast<float>(bad);
    }
  };
}

/// Whom the lender declines is told by income alone.
const auto by_income = applicants([](double income, bool) { return 0.1 + 0.5 * (1 - income); },
                                  [](double income) { return income > 0.5 ? 0.9 : 0.3; });
/// The lender sees more than the book: the declined default half as often again.
const auto by_more =
    applicants([](double income, bool booked) { return (0.1 + 0.3 * (1 - income)) * (booked ? 1 : 1.5); },
               [](double) { return 0.5; });

ModelSettings default_model(RejectMethod method) {
  ModelSettings model;
  model.name = std::string(name_of(method));
  model.target = Target::defaulted;
  model.rounds = 30;
  model.depth = 2;
  model.second_opinion = false;
  model.rejects.method = method;
  model.rejects.outcome = "later";
  return model;
}

class Rejects : public ::testing::Test {
 protected:
  template <class Change>
  void write(std::uint64_t rows, const Change& change) {
    test::write_small_book(world(), book(), rows, change);
  }
  [[nodiscard]] std::filesystem::path book() const { return scratch_.path() / "book.h5"; }
  [[nodiscard]] TrainOutcome trained(const std::vector<ModelSettings>& models, const parallel::Communicator& comm,
                                     const std::string& name, int threads = 1) {
    TrainSettings train;
    train.max_bins = 32;
    train.timeout_seconds = 60;
    train.models = models;
    return train_all(comm, book(), train, 3, threads, scratch_.path() / name, log_);
  }
  /// The comparison by method.
  [[nodiscard]] std::map<std::string, nlohmann::json> compared(ModelSettings model) {
    model.rejects.compare = {RejectMethod::ignore, RejectMethod::reweighting, RejectMethod::parcelling,
                             RejectMethod::fuzzy};
    const TrainOutcome outcome = trained({model}, world(), "run");
    std::map<std::string, nlohmann::json> found;
    for (const nlohmann::json& entry : outcome.metrics.at(model.name).at("rejects").at("comparison"))
      found[entry.at("method")] = entry;
    return found;
  }
  test::Scratch scratch_;
  Log log_ = test::silent();
};

double mean_pd(const nlohmann::json& entry, const char* whose) {
  return entry.at(whose).at("mean_pd").get<double>();
}

TEST_F(Rejects, ExtrapolatedByInputsAreAsTheyWouldHaveBeen) {
  write(16000, by_income);
  const auto found = compared(default_model(RejectMethod::fuzzy));
  ASSERT_EQ(found.size(), 4U);
  for (const auto& [method, entry] : found) {
    const nlohmann::json& declined = entry.at("declined");
    EXPECT_EQ(declined.at("known"), declined.at("rows"));
    EXPECT_NEAR(mean_pd(entry, "declined"), declined.at("observed_rate").get<double>(), 0.035) << method;
    EXPECT_GT(declined.at("auc").get<double>(), 0.55) << method;
    EXPECT_NEAR(mean_pd(entry, "booked"), entry.at("booked").at("observed_rate").get<double>(), 0.035) << method;
  }
}

TEST_F(Rejects, AreStoodForByTheBookedWhereTheModelIsTooPlainToExtrapolate) {
  // One split that hardly moves the margin: a model says the mean of what it learnt from.
  write(16000, by_income);
  ModelSettings plain = default_model(RejectMethod::reweighting);
  plain.rounds = plain.depth = 1;
  plain.eta = 0.01;
  plain.rejects.bands = 2;
  const auto found = compared(plain);
  EXPECT_NEAR(mean_pd(found.at("ignore"), "declined"), 0.2875, 0.015);
  EXPECT_NEAR(mean_pd(found.at("reweighting"), "declined"), 0.35, 0.02);
  EXPECT_LT(found.at("reweighting").at("declined").at("log_loss").get<double>(),
            found.at("ignore").at("declined").at("log_loss").get<double>());
}

TEST_F(Rejects, AreWorseByTheDeclaredIncrease) {
  write(16000, by_more);
  ModelSettings model = default_model(RejectMethod::parcelling);
  model.rejects.increase = 1.5;
  const auto found = compared(model);
  EXPECT_NEAR(mean_pd(found.at("ignore"), "declined"), 0.25, 0.02);
  // Half of the applicants were declined: a quarter more on the whole.
  for (const char* method : {"parcelling", "fuzzy"}) {
    EXPECT_NEAR(mean_pd(found.at(method), "declined"), 1.25 * 0.25, 0.025) << method;
    EXPECT_NEAR(found.at(method).at("declined").at("observed_rate").get<double>(), 1.5 * 0.25, 0.035);
  }
}

TEST_F(Rejects, GiveTheSameBytesAtAnyNumberOfRanks) {
  write(5000, by_income);
  std::vector<ModelSettings> models;
  for (const RejectMethod method : {RejectMethod::reweighting, RejectMethod::parcelling, RejectMethod::fuzzy})
    models.push_back(default_model(method));
  models.push_back(default_model(RejectMethod::parcelling));
  models.back().name = "regression";
  models.back().kind = ModelKind::logistic;
  const TrainOutcome together = trained(models, world(), "all", 2);
  const TrainOutcome alone = trained(models, parallel::self(), "one" + std::to_string(world().rank()));
  ASSERT_EQ(together.files.size(), alone.files.size());
  for (std::size_t f = 0; f < together.files.size(); ++f)
    EXPECT_EQ(together.files[f].sha256, alone.files[f].sha256) << together.files[f].path;
  const Model model = read_model_file(scratch_.path() / "all/models/fuzzy.json");
  EXPECT_EQ(model.training.at("rejects").at("method"), "fuzzy");
  EXPECT_NE(test::text_of(scratch_.path() / "all/models/fuzzy.card.md").find("declined applicants take part by fuzzy"),
            std::string::npos);
  EXPECT_GT(model.training.at("rejects").at("declined").at("train").get<int>(), 500);
}

TEST_F(Rejects, MustBeThere) {
  write(500, applicants([](double, bool) { return 0.4; }, [](double) { return 1.0; }));
  // By each rank alone: ranks that fail together leave training's network for good.
  const std::string own = "run" + std::to_string(world().rank());
  EXPECT_EQ(test::error_of([&] { (void)trained({default_model(RejectMethod::fuzzy)}, parallel::self(), own); }),
            "model fuzzy cannot learn from declined applicants (no training row accepted, was not booked and has no "
            "known default): remove rejects, or check responded and booked in the book");
}

std::string reading_error(const std::string& model) {
  const auto config = settings::Config::from_text("models:\n  m: " + model + "\n", "c.yaml");
  return test::error_of([&] { (void)read_train(config.root()); });
}

TEST(RejectSettings, SayWhatDoesNotFit) {
  EXPECT_EQ(reading_error("{target: default, rejects: {method: fuzzy, compare: [ignore, parcelling]}}"), "");
  EXPECT_EQ(reading_error("{target: responded, rejects: {method: fuzzy}}"),
            "c.yaml:2:26: model m has rejects (its target is responded, not default): remove rejects");
  EXPECT_EQ(reading_error("{target: default, kind: logistic, rejects: {method: fuzzy}}"),
            "c.yaml:2:40: rejects of model m names fuzzy (it weighs rows, which a logistic does not): use parcelling, "
            "or kind: boosted");
  EXPECT_NE(reading_error("{target: default, rejects: {method: joint}}").find("the model is not joint"),
            std::string::npos);
  EXPECT_NE(reading_error("{target: default, joint: {excluded: [channel]}, rejects: {method: fuzzy}}")
                .find("the joint model has declined applicants as accepted"),
            std::string::npos);
}

}  // namespace
}  // namespace proffer::models
