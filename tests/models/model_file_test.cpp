// Links, the intercept of a second opinion, and the model file.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/model.hpp"
#include "models/second_opinion.hpp"
#include "models/small_book.hpp"

namespace proffer::models {
namespace {

using test::error_of;
using test::world;

TEST(Link, GivesProbabilitiesAndLogOdds) {
  for (const float margin : {-30.0F, -6.0F, -0.5F, 0.0F, 1.25F, 6.0F}) {
    const auto m = static_cast<double>(margin);
    const double normal = 0.5 * std::erfc(-m / std::sqrt(2.0)), other = 0.5 * std::erfc(m / std::sqrt(2.0));
    EXPECT_DOUBLE_EQ(probability(Link::logistic, margin), 1 / (1 + std::exp(-m)));
    EXPECT_NEAR(probability(Link::probit, margin), normal, 1e-12 * normal);
    EXPECT_DOUBLE_EQ(log_odds(Link::logistic, margin), m);
    EXPECT_NEAR(log_odds(Link::probit, margin), std::log(normal) - std::log(other), 1e-9 * std::fabs(m) + 1e-12);
    const SecondOpinion second{{}, 0.75};
    EXPECT_NEAR(probability(Link::logistic, second, margin), 1 / (1 + std::exp(-m - 0.75)), 1e-12);
    EXPECT_NEAR(probability(Link::probit, second, margin), normal / (normal + other * std::exp(-0.75)), 1e-12);
  }
}

/// This rank's share of the rows; the first rank gets none where there are several.
template <class T>
std::vector<T> mine(const std::vector<T>& all) {
  std::vector<T> part;
  const int sharing = std::max(1, world().size() - 1), place = world().size() == 1 ? 0 : world().rank() - 1;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (static_cast<int>(i) % sharing == place) part.push_back(all[i]);
  return part;
}

TEST(Intercept, IsTheClosedFormWhereThereIsOne) {
  // All log-odds equal a: the intercept is logit(mean) − a.
  const std::vector<double> odds(1000, -3.5);
  std::vector<std::uint8_t> labels(1000, 0);
  std::fill_n(labels.begin(), 20, std::uint8_t{1});
  EXPECT_NEAR(fit_intercept(world(), mine(odds), mine(labels)), std::log(0.02 / 0.98) + 3.5, 1e-9);
  EXPECT_EQ(fit_intercept(world(), mine(odds), mine(std::vector<std::uint8_t>(1000, 0))), 0)
      << "one class alone has no maximum";
}

TEST(Intercept, MakesTheMeanThatOfTheLabelsAtAnyNumberOfRanks) {
  std::vector<double> odds;
  std::vector<std::uint8_t> labels;
  double positives = 0;
  for (std::uint64_t r = 0; r < 3000; ++r) {
    odds.push_back(8 * test::uniform(r, "odds") - 6);
    labels.push_back(test::uniform(r, "label") < 0.3 ? 1 : 0);
    positives += labels.back();
  }
  const double intercept = fit_intercept(world(), mine(odds), mine(labels));
  double sum = 0;
  for (const double x : odds) sum += 1 / (1 + std::exp(-(x + intercept)));
  EXPECT_NEAR(sum, positives, 1e-6);
  EXPECT_EQ(intercept, fit_intercept(parallel::self(), odds, labels));
}

Model small_model() {
  Model model;
  model.name = "default";
  model.target = Target::defaulted;
  model.link = Link::probit;
  model.horizon_months = 12;
  model.features = {"income", "city, \"x\""};
  model.dictionaries = {{}, {"Köln", "Ulm"}};
  model.offer_terms = {Term::apr};
  model.products = {"card"};
  model.channels = {"mail", "web"};
  model.bins.names = {"income", "city, \"x\"", "offer.apr"};
  model.bins.cuts = {{0.1F, 1.0F / 3.0F}, {1}, {}};
  model.forest.features = 3;
  model.forest.base_margin = -1.1F;
  boosting::Tree tree;
  tree.nodes = {{1, 2, 0, 1, true, 0, 2.5F, 10}, {-1, -1, 0, 0, false, 0.1F, 0, 4}, {-1, -1, 0, 0, false, -0.3F, 0, 6}};
  model.forest.trees = {tree};
  model.second = SecondOpinion{model.forest, 0.1 + 0.2};
  model.second->forest.base_margin = 0.7F;
  model.trials = {{0, 5000, 0.129F, 36, 12345678901ULL}};
  model.training = {{"trees", 1}};
  return model;
}

TEST(ModelFile, ReadsBackWhatWasWritten) {
  const Model model = small_model();
  const Model read = model_from_text(as_text(model), "default.json");
  EXPECT_EQ(as_text(read), as_text(model));
  EXPECT_EQ(read.features, model.features);
  EXPECT_EQ(read.dictionaries, model.dictionaries);
  EXPECT_EQ(read.bins, model.bins);
  EXPECT_EQ(read.forest, model.forest);
  ASSERT_TRUE(read.second);
  EXPECT_EQ(read.second->forest, model.second->forest);
  EXPECT_EQ(read.second->intercept, model.second->intercept);
  EXPECT_EQ(read.link, Link::probit);
  EXPECT_EQ(read.target, Target::defaulted);
  EXPECT_EQ(read.offer_terms, model.offer_terms);
  EXPECT_EQ(read.trials.at(0).count, 12345678901ULL);
  Model without = small_model();
  without.second.reset();
  EXPECT_FALSE(model_from_text(as_text(without), "x").second);
}

/// What reading says of the model after `change`.
template <class Change>
std::string refusal(const Change& change) {
  nlohmann::json json = nlohmann::json::parse(as_text(small_model()));
  change(json);
  try {
    static_cast<void>(model_from_text(json.dump(), "m.json"));
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(ModelFile, RefusesOthersAndDamage) {
  EXPECT_EQ(refusal([](auto& json) { json["format_version"] = "2.0"; }),
            "m.json has format version 2.0 (this program reads 1.x): use the proffer version that wrote it");
  EXPECT_EQ(refusal([](auto& json) { json["format_version"] = "1.7"; }), "") << "minor versions only add";
  EXPECT_EQ(refusal([](auto& json) { json["format"] = "other"; }),
            "m.json is not a model (its format is not proffer-model): name a file that train wrote");
  for (const char* key : {"name", "target", "link", "features", "dictionaries", "offer_terms", "products", "channels",
                          "bins", "forest", "trials", "training", "horizon_months"})
    EXPECT_NE(refusal([&](auto& json) { json.erase(key); }), "") << key;
  EXPECT_NE(refusal([](auto& json) { json["target"] = "nothing"; }), "");
  EXPECT_NE(refusal([](auto& json) { json["features"].push_back("more"); }), "");
  EXPECT_NE(refusal([](auto& json) { json["forest"]["features"] = 4; }), "");
  EXPECT_NE(refusal([](auto& json) { json["second_opinion"]["forest"]["features"] = 4; }), "");
  const std::string text = as_text(small_model());
  EXPECT_THROW(static_cast<void>(model_from_text(text.substr(0, text.size() / 2), "m.json")), DataError);
  EXPECT_THROW(static_cast<void>(model_from_text("[]", "m.json")), DataError);
  EXPECT_EQ(error_of([] { static_cast<void>(read_model_file("no/such/model.json")); }).empty(), false);
}

}  // namespace
}  // namespace proffer::models
