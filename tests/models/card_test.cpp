// Model cards against counting the rows of a small book by hand; the same bytes on any number of ranks.
#include "models/card.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/card_inputs.hpp"
#include "models/small_book.hpp"
#include "models/train.hpp"
#include "storage/publish.hpp"

namespace proffer::models {
namespace {

using test::Scratch;
using test::silent;
using test::small_rows;
using test::world;
using test::write_small_book;

constexpr std::uint64_t book_rows = 9000;

TEST(InformationValue, IsItsFormula) {
  const std::vector<GroupCount> groups = {{60, 10}, {30, 30}, {10, 60}, {0, 0}};
  // Shares 0.6/0.1, 0.3/0.3, 0.1/0.6: 2 · 0.5 · ln 6.
  EXPECT_NEAR(information_value(groups), std::log(6.0), 1e-12);
  const std::vector<GroupCount> gap = {{1, 0}, {1, 1}};
  // Half a row more everywhere: 1.5/3 and 0.5/2; 1.5/3 and 1.5/2.
  EXPECT_NEAR(information_value(gap), 0.25 * std::log(2.0) + 0.25 * std::log(1.5), 1e-12);
  EXPECT_EQ(information_value(std::vector<GroupCount>{{5, 0}, {7, 0}}), 0);
  EXPECT_EQ(information_value({}), 0);
}

TrainSettings settings() {
  TrainSettings train;
  train.max_bins = 64;
  train.timeout_seconds = 60;
  ModelSettings model;
  model.name = "default";
  model.target = Target::defaulted;
  model.offer_terms = {Term::apr};
  model.rounds = 6;
  model.early_stopping = 3;
  model.depth = 2;
  model.second_opinion = false;
  model.calibration.method = CalibrationMethod::platt;
  model.monotone = {{"apr", Direction::increasing}};
  train.models = {model};
  train.split.out_of_time_from = 20240125;
  return train;
}

nlohmann::json card_of(const parallel::Communicator& comm, const std::filesystem::path& book,
                       const std::filesystem::path& run) {
  Log log = silent();
  static_cast<void>(train_all(comm, book, settings(), 3, 1, run, log, {"proffer 1", "abc", {}}));
  return nlohmann::json::parse(storage::read_text_file(run / "models/default.card.json"));
}

TEST(ModelCard, SaysWhatIsInTheRows) {
  const Scratch scratch;
  const auto book = scratch.path() / "book.h5";
  write_small_book(world(), book, book_rows);
  const nlohmann::json card = card_of(world(), book, scratch.path() / "all");
  const std::string own = "one" + std::to_string(world().rank());
  EXPECT_EQ(card_of(parallel::self(), book, scratch.path() / own), card);
  EXPECT_EQ(storage::read_text_file(scratch.path() / own / "models/default.card.md"),
            storage::read_text_file(scratch.path() / "all/models/default.card.md"));

  const borrowers::Batch all = small_rows(0, book_rows);
  const Splitter splitter(settings().split, test::small_schema(), 3);
  std::map<int, std::uint64_t> codes;
  std::map<std::string, std::uint64_t> parts;
  std::vector<GroupCount> by_region(3);
  for (std::size_t i = 0; i < all.rows(); ++i) {
    const std::uint8_t code = all.outcomes->defaulted[i];
    ++codes[code];
    if (code > 1) continue;
    const Part part = splitter.part(all, i);
    ++parts[std::string(name_of(part))];
    if (part == Part::train) ++by_region[static_cast<std::size_t>(all.row(i)[1])][code];
  }
  const auto& data = card["data"];
  EXPECT_EQ(data["outcomes"]["no"], codes[0]);
  EXPECT_EQ(data["outcomes"]["yes"], codes[1]);
  EXPECT_EQ(data["outcomes"]["excluded"], codes[253]);
  EXPECT_EQ(data["outcomes"]["indeterminate"], codes[254]);
  EXPECT_EQ(data["outcomes"]["immature_or_unknown"], codes[255]);
  for (const auto& [part, rows] : parts) EXPECT_EQ(data["parts"][part]["rows"], rows) << part;
  EXPECT_EQ(data["parts"]["out_of_time"]["first"], 20240125);
  EXPECT_EQ(data["parts"]["out_of_time"]["last"], 20240128);
  EXPECT_EQ(data["vintages"][0]["month"], 202401);
  EXPECT_EQ(data["vintages"][0]["rows"], codes[0] + codes[1]);
  EXPECT_EQ(card["origin"]["software"], "proffer 1");
  EXPECT_EQ(card["origin"]["book_sha256"], storage::file_digest(parallel::self(), book));

  const auto& inputs = card["inputs"];
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_EQ(inputs[0]["name"], "income");
  EXPECT_GT(inputs[0]["information_value"].get<double>(), 0.1);
  EXPECT_GT(inputs[0]["splits"], 0);
  EXPECT_LT(inputs[0]["trend"].get<double>(), -0.1) << "default falls with income";
  EXPECT_TRUE(inputs[1]["trend"].is_null());
  EXPECT_NEAR(inputs[1]["information_value"].get<double>(), information_value(by_region), 1e-12);
  EXPECT_EQ(inputs[2]["constraint"], "increasing");
  const auto& test = card["performance"]["test"];
  EXPECT_LT(test["auc_interval"][0], test["auc"]);
  EXPECT_GT(test["auc_interval"][1], test["auc"]);
  EXPECT_EQ(card["stability"]["shift"], "stable");
  EXPECT_EQ(card["calibration"]["method"], "platt");
  EXPECT_NE(std::ranges::find(card["assumptions"], "split is watched and was not learnt from"),
            card["assumptions"].end());
}

}  // namespace
}  // namespace proffer::models
