// Whole joint trainings on a small book: the same bytes at any number of ranks, and what is refused.
#include <gtest/gtest.h>

#include <cmath>

#include "models/small_book.hpp"
#include "models/train.hpp"
#include "settings/section.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

using test::Scratch;
using test::silent;
using test::text_of;
using test::world;

constexpr std::uint64_t book_rows = 10000;

/// Drawn at random too.
bool has_large_limit(std::uint64_t r) {
  return test::uniform(r, "joint.limit") < 1.0 / 3;
}

/// Take-up by income and rate, default by income and limit, their hidden causes correlated by 0.6. Rates are
/// drawn at random with a propensity of one half unless `drawn` says otherwise.
void plant(borrowers::Batch& batch, bool drawn) {
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const std::uint64_t r = batch.first_row + i;
    const auto normal = [r](std::string_view what) { return statistics::normal_quantile(test::uniform(r, what)); };
    const bool cheap = test::uniform(r, "joint.rate") < 0.5;
    batch.offers->apr[i] = cheap ? 0.1F : 0.2F;
    batch.offers->propensity[i] = drawn ? 0.5F : std::numeric_limits<float>::quiet_NaN();
    const double income = test::uniform(r, "income"), u = normal("joint.u"), v = 0.6 * u + 0.8 * normal("joint.v");
    const bool large = has_large_limit(r);
    batch.offers->limit[i] = large ? 5000 : 1000;
    const bool takes = batch.offers->contacted[i] == 1 && -0.6 + income + (cheap ? 0.5 : -0.5) + u > 0;
    batch.outcomes->responded[i] = takes ? 1 : 0;
    batch.outcomes->booked[i] = takes ? 1 : 0;
    batch.outcomes->defaulted[i] = !takes ? 255 : -0.2 - income + (large ? 0.4 : 0.0) + v > 0 ? 1 : 0;
  }
}

std::string config(const std::string& response, const std::string& joint, const std::string& defaults = "") {
  const std::string trees = "    rounds: 30\n    depth: 2\n    eta: 0.3\n    early_stopping: 5\n";
  return "models:\n  response:\n    target: responded\n    offer_terms: [limit, apr]\n    second_opinion: false\n" +
         trees + response + "  default:\n    target: default\n    link: probit\n" + trees +
         (defaults.empty() ? "    offer_terms: [limit]\n" : defaults) + "    joint: " + joint + "\n";
}
const char* const probit_response = "    link: probit\n";

TrainSettings settings_of(const std::string& text) {
  const auto parsed = settings::Config::from_text(text, "joint.yaml");
  return read_train(parsed.root());
}

TEST(Joint, GivesTheSameBytesAtAnyNumberOfRanksAndFindsThePlantedCorrelation) {
  const Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  test::write_small_book(world(), book, book_rows, [](borrowers::Batch& batch) { plant(batch, true); });
  Log log = silent();
  const TrainSettings train = settings_of(config(probit_response, "{excluded: [apr], folds: 2, bootstrap: 5}"));
  const auto run = [&](const parallel::Communicator& comm, const std::string& name, int threads) {
    return train_all(comm, book, train, 3, threads, scratch.path() / name, log);
  };
  const TrainOutcome together = run(world(), "all", 2);
  if (world().is_root()) {
    const TrainOutcome alone = run(parallel::self(), "alone", 1);
    for (std::size_t f = 0; f < together.files.size(); ++f)
      EXPECT_EQ(together.files[f].sha256, alone.files[f].sha256) << together.files[f].path;
  }
  const Model model = read_model_file(scratch.path() / "all/models/default.json");
  ASSERT_TRUE(model.joint);
  EXPECT_EQ(model.joint->response, "response");
  EXPECT_TRUE(model.joint->identified);
  EXPECT_EQ(as_text(model), text_of(scratch.path() / "all/models/default.json"));
  EXPECT_TRUE(model.second);
  const auto& report = together.metrics.at("default").at("joint");
  EXPECT_EQ(report.at("rho"), model.joint->rho);
  EXPECT_EQ(report.at("identified_by"), "propensity");
  ASSERT_EQ(report.at("offer_slopes").size(), 1U);
  EXPECT_EQ(report.at("offer_slopes").at(0).at("input"), "offer.limit");
  EXPECT_EQ(report.at("offer_slopes").at(0).at("lowest"), 1000);
  EXPECT_EQ(report.at("offer_slopes").at(0).at("highest"), 5000);
  const boosting::Tree& line = model.forest.trees.back();
  EXPECT_EQ(line.nodes.at(0).split_code, features::missing_code) << "the last tree is that of the limit alone";
  std::array<std::uint8_t, 8> codes{};
  const float low = boosting::leaf_of(line, codes.data());
  codes[line.nodes[0].feature] = 1;
  EXPECT_NEAR(boosting::leaf_of(line, codes.data()) - low,
              4000 * report.at("offer_slopes").at(0).at("per_unit").get<double>(), 1e-6);
  const std::string card = text_of(scratch.path() / "all/models/default.card.md");
  EXPECT_NE(card.find("whichever offer: learnt together with the model response"), std::string::npos);
  EXPECT_NE(card.find("what moves take-up and not default: offer.apr"), std::string::npos);
  EXPECT_NE(card.find("from offer.limit 1000 to 5000 the margin was given"), std::string::npos);
  EXPECT_EQ(card.find("as long as selection by offer stays as it was"), std::string::npos);
  const auto interval = report.at("interval_95").get<std::vector<double>>();
  EXPECT_LT(interval[0], 0.6);
  EXPECT_GT(interval[1], 0.6);
  EXPECT_GT(model.joint->rho, 0.2);
  // Of those who did not take, the joint model says what is planted; the independent one that they are as the takers.
  double planted = 0, others = 0;
  for (std::uint64_t r = 0; r < book_rows; ++r) {
    const double income = test::uniform(r, "income");
    planted += statistics::normal_cdf(-0.2 - income + (has_large_limit(r) ? 0.4 : 0.0));
    others += 1;
  }
  const auto& test = report.at("comparison").at("test");
  const double all = planted / others, joint = test.at("joint").at("mean_pd_of_non_takers"),
               independent = test.at("independent_without_excluded").at("mean_pd_of_non_takers");
  EXPECT_LT(std::fabs(joint - all), std::fabs(independent - all));
}

TEST(Joint, SaysWhereNothingWasDrawnAtRandomAndTakesAFixedCorrelation) {
  const Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  test::write_small_book(world(), book, book_rows, [](borrowers::Batch& batch) { plant(batch, false); });
  Log log = silent();
  const TrainOutcome outcome =
      train_all(world(), book, settings_of(config(probit_response, "{excluded: [apr], rho: 0.25}")), 3, 1,
                scratch.path() / "run", log);
  const auto& report = outcome.metrics.at("default").at("joint");
  EXPECT_EQ(report.at("rho"), 0.25);
  EXPECT_FALSE(report.at("estimated").get<bool>());
  EXPECT_EQ(report.at("identified_by"), "nothing");
  EXPECT_NE(report.at("warnings").at(0).get<std::string>().find("not identified"), std::string::npos);
  EXPECT_FALSE(read_model_file(scratch.path() / "run/models/default.json").joint->identified);
  const std::string card = text_of(scratch.path() / "run/models/default.card.md");
  EXPECT_NE(card.find("with correlation 0.25, set and not estimated"), std::string::npos);
  EXPECT_NE(card.find("- rho and the effects of prices are not identified"), std::string::npos) << "a limit of use";
  EXPECT_TRUE(report.at("offer_slopes").empty()) << "who was offered a limit and what it does are mixed";
}

TEST(Joint, RefusesNonsense) {
  const auto setting = [](const std::string& joint) {
    return test::error_of([&] { static_cast<void>(settings_of(config(probit_response, joint))); });
  };
  EXPECT_NE(setting("{response: response}").find("joint excludes nothing"), std::string::npos);
  EXPECT_EQ(
      setting("{excluded: [apr], rho: 1.5}"),
      "joint.yaml:19:30: rho is 1.5 (it is neither estimate nor a number between -0.95 and 0.95): write estimate");
  const Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  test::write_small_book(world(), book, 2000, [](borrowers::Batch& batch) { plant(batch, true); });
  Log log = silent();
  const auto refusal = [&](const std::string& text) {
    // Alone: a session between ranks that an error ends cannot be begun again in the same process.
    return test::error_of([&] {
      static_cast<void>(train_all(parallel::self(), book, settings_of(text), 3, 1,
                                  scratch.path() / std::to_string(world().rank()), log));
    });
  };
  EXPECT_NE(refusal(config("", "{excluded: [apr]}")).find("must be probit"), std::string::npos);
  EXPECT_NE(refusal(config(probit_response, "{response: respons, excluded: [apr]}")).find("names 'respons'"),
            std::string::npos);
  EXPECT_NE(refusal(config(probit_response, "{excluded: [incom]}")).find("did you mean income?"), std::string::npos);
  EXPECT_NE(refusal(config(probit_response, "{excluded: [income]}")).find("the default model learns from it"),
            std::string::npos);
  EXPECT_NE(refusal(config(probit_response, "{excluded: [apr], drawn_within: [split]}")).find("both models must learn"),
            std::string::npos);
}

}  // namespace
}  // namespace proffer::models
