// The score stage on a small book: who is scored, with which numbers, and the same bytes however it is run.
#include "offers/score.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>

#include "offers/model_grid.hpp"
#include "offers/score_file.hpp"
#include "offers/small_models.hpp"
#include "offers/small_scoring.hpp"

namespace proffer::offers {
namespace {

using test::Scratch;
using test::world;

constexpr std::uint64_t row_count = 9000;  // three blocks: the fourth rank has none

storage::Published score_to(const parallel::Communicator& comm, const Scratch& scratch, const std::string& name,
                            int threads, std::uint64_t batch_rows) {
  Log log = test::silent();
  return score(comm, scratch.path() / "book.h5", test::small_score_models(), test::small_score_settings(500), 9,
               threads, batch_rows, scratch.path() / name, log)
      .file;
}

TEST(Score, IsTheLatestRowOfEachUnitByEveryModel) {
  const Scratch scratch;
  test::write_small_book(world(), scratch.path() / "book.h5", row_count);
  static_cast<void>(score_to(world(), scratch, "scores.h5", 1, 1000));
  const ScoreReader reader(scratch.path() / "scores.h5");
  const ScoreRows scores = reader.read(0, reader.rows());
  const borrowers::Batch all = test::small_rows(0, row_count);
  std::map<std::uint64_t, std::size_t> best;  // ids ascend, so the first of equal dates stays
  for (std::size_t i = 0; i < row_count; ++i) {
    const auto [at, is_new] = best.emplace(all.unit[i], i);
    if (!is_new && all.as_of[i] > all.as_of[at->second]) at->second = i;
  }
  ASSERT_EQ(scores.rows(), best.size());
  const ScoreModels models = test::small_score_models();
  const Catalog catalog = test::small_catalog();
  const std::size_t offers = catalog.offers.size();
  const auto probabilities = [&](const models::Model& model) {
    const ModelGrid grid(model, test::small_schema(), catalog);
    std::vector<std::uint8_t> codes;
    grid.encode(all.features, codes);
    std::vector<float> p(row_count * offers);
    grid.probabilities(Opinion::first, codes, p);
    return p;
  };
  const auto response = probabilities(models.response), booking = probabilities(*models.booking),
             defaults = probabilities(models.defaults), fraud = probabilities(*models.fraud);
  std::size_t s = 0;
  for (const auto& [unit, i] : best) {
    ASSERT_EQ(scores.id[s], all.id[i]);
    EXPECT_EQ(scores.unit[s], unit);
    EXPECT_EQ(static_cast<float>(scores.segment[s]), all.row(i)[1]);
    ASSERT_EQ(scores.p_fraud[s], fraud[i * offers]);
    for (std::size_t j = 0; j < offers; ++j) {
      ASSERT_EQ(scores.p_take[s * offers + j], response[i * offers + j] * booking[i * offers + j]);
      ASSERT_EQ(scores.p_default[s * offers + j], defaults[i * offers + j]);
      const bool too_risky = static_cast<double>(defaults[i * offers + j]) > 0.3;
      ASSERT_EQ(scores.reason[s * offers + j], too_risky ? bit(reason::pd_above_maximum) : 0U);
    }
    ++s;
  }
  // About 500 of 4500 borrowers have second values (five standard deviations), each of a scored borrower, in order.
  EXPECT_NEAR(static_cast<double>(reader.second_rows()), 500, 110);
  const auto second = reader.read_second(0, reader.second_rows());
  EXPECT_TRUE(std::ranges::is_sorted(second.id));
  EXPECT_TRUE(std::ranges::includes(scores.id, second.id));
}

TEST(Score, HasTheSameBytesHoweverItIsRun) {
  const Scratch scratch;
  test::write_small_book(world(), scratch.path() / "book.h5", row_count);
  const std::string own = std::to_string(world().rank());
  const auto alone = score_to(parallel::self(), scratch, "alone" + own + ".h5", 1, 4096);
  EXPECT_EQ(score_to(world(), scratch, "a.h5", 2, 4096).sha256, alone.sha256);
  EXPECT_EQ(score_to(world(), scratch, "b.h5", 1, 1).sha256, alone.sha256);
  EXPECT_EQ(score_to(world(), scratch, "c.h5", 1, 777).sha256, alone.sha256);
  EXPECT_EQ(score_to(world(), scratch, "d.h5", 1, 1000000).sha256, alone.sha256);
}

/// Constant elasticities: the models' word at the reference rate, times (rate / reference)^elasticity.
TEST(Score, TakesWhatRatesChangeFromTheSettingsWhereTheySayIt) {
  const Scratch scratch;
  test::write_small_book(world(), scratch.path() / "book.h5", row_count);
  ScoreSettings settings = test::small_score_settings(500);
  settings.policy.maximum_pd = 1;
  Catalog& catalog = settings.catalog;
  for (Product& product : catalog.products) product.reference_apr = 0.11;
  const auto scored = [&](const ScoreSettings& by, const std::string& name) {
    Log log = test::silent();
    static_cast<void>(score(world(), scratch.path() / "book.h5", test::small_score_models(), by, 9, 1, 1000,
                            scratch.path() / name, log));
    const ScoreReader reader(scratch.path() / name);
    return reader.read(0, reader.rows());
  };
  ScoreSettings at_reference = settings;
  for (Offer& offer : at_reference.catalog.offers) offer.apr = 0.11;
  const ScoreRows asked = scored(at_reference, "asked.h5");
  settings.economics.prices = {.take_up = -1.5, .defaults = 0.25};
  const ScoreRows told = scored(settings, "told.h5");
  ASSERT_EQ(told.rows(), asked.rows());
  const std::size_t offers = catalog.offers.size();
  bool any_other = false;
  for (std::size_t pair = 0; pair < told.p_take.size(); ++pair) {
    const double ratio = catalog.offers[pair % offers].apr / 0.11;
    any_other |= ratio != 1;
    const double take = static_cast<double>(asked.p_take[pair]) * std::pow(ratio, -1.5);
    ASSERT_NEAR(static_cast<double>(told.p_take[pair]), std::min(1.0, take), 3e-7);
    const double pd = static_cast<double>(asked.p_default[pair]) * std::pow(ratio, 0.25);
    ASSERT_NEAR(static_cast<double>(told.p_default[pair]), std::min(1.0, pd), 3e-7);
  }
  EXPECT_TRUE(any_other);
  catalog.products.back().reference_apr.reset();
  EXPECT_NE(test::error_of([&] { static_cast<void>(scored(settings, "none.h5")); }).find("has no reference_apr"),
            std::string::npos);
}

TEST(ScoreModels, FraudIsScoredOncePerBorrower) {
  const Scratch scratch;
  const auto write = [&](const std::string& name, const models::Model& model) {
    parallel::barrier(world());  // the others have read what was there
    if (world().is_root()) std::ofstream(scratch.path() / (name + ".json")) << models::as_text(model);
    parallel::barrier(world());
  };
  const auto refusal = [&] { return test::error_of([&] { static_cast<void>(read_score_models(scratch.path())); }); };
  EXPECT_NE(refusal(), "") << "no response model";
  write("response", test::small_model("response", 1));
  EXPECT_NE(refusal(), "") << "no default model";
  write("default", test::small_model("default", 1));
  EXPECT_EQ(refusal(), "");
  write("fraud", test::small_model("fraud", 1));
  EXPECT_NE(refusal().find("the fraud model has offer terms (fraud is scored once per borrower)"), std::string::npos);
}

}  // namespace
}  // namespace proffer::offers
