// Lists across elasticities of the rate, against whole lists and plain sums, at any number of ranks.
#include "combine/sensitivity.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "combine/small_scores.hpp"
#include "offers/file_scores.hpp"

namespace proffer::combine {
namespace {

using namespace test;
using offers::Prices;

constexpr std::uint64_t row_count = 9000;  // three blocks: the fourth rank has none

/// The scores of a file with take-up and value of dear offers as a world has them.
class ScoresOfWorld : public offers::ScoredBatches {
 public:
  ScoresOfWorld(const parallel::Communicator& comm, const std::filesystem::path& file, const Prices& world)
      : file_(comm, file), world_(world) {}
  static double factor(const Prices& world, std::size_t offer) {
    return std::pow(1.5 - 0.2 * static_cast<double>(offer), world.take_up) * std::exp(-world.defaults);
  }
  /// Policy refuses the last offer where default depends on the rate.
  static bool refuses(const Prices& world, std::size_t offer) { return world.defaults > 0 && offer + 1 == offer_count; }
  [[nodiscard]] const offers::ScoreSchema& schema() const override { return file_.schema(); }
  [[nodiscard]] std::uint64_t rows() const override { return file_.rows(); }
  [[nodiscard]] std::uint64_t first_row() const override { return file_.first_row(); }
  [[nodiscard]] std::uint64_t total_rows() const override { return file_.total_rows(); }
  [[nodiscard]] offers::SecondValues second() const override { return file_.second(); }
  void visit(const Take& take, const Wanted& wanted) const override {
    file_.visit(
        [&](const offers::ScoreRows& rows) {
          offers::ScoreRows here = rows;
          for (std::size_t pair = 0; pair < here.value.size(); ++pair) {
            if (refuses(world_, pair % offer_count)) here.reason[pair] |= 1U;
            const double by = factor(world_, pair % offer_count);
            here.p_take[pair] = static_cast<float>(static_cast<double>(here.p_take[pair]) * by);
            here.value[pair] = static_cast<float>(static_cast<double>(here.value[pair]) * by);
          }
          take(here);
        },
        wanted);
  }

 private:
  offers::FileScores file_;
  Prices world_;
};

const std::string limits = R"(gap_tolerance: 0.001
limits:
- {name: letters, measure: contacts, channel: mail, limit: 700}
- {name: volume, measure: amount, basis: expected, limit: 2000000}
)";

struct Sensitive : testing::Test {
  Scratch scratch;
  offers::ScoreRows rows = score_rows(0, row_count);
  offers::ScoreCatalog catalog = score_schema().catalog;
  Log log = silent();
  SensitivitySettings worlds{{{-1, 0}, {-2, 0}, {0, 0.5}}};

  void SetUp() override { write_scores(world(), scratch.path() / "scores.h5", row_count); }
  nlohmann::json across(const parallel::Communicator& comm, const std::string& yaml, const std::string& folder) {
    const ScoresIn scores_in = [&](const Prices& world) {
      return std::make_unique<ScoresOfWorld>(comm, scratch.path() / "scores.h5", world);
    };
    return sensitivity(comm, scores_in, settings_of(yaml), worlds, scratch.path() / folder, 1, log).certificate;
  }
  std::vector<std::int32_t> list(const Prices& of, const std::string& folder) {
    static_cast<void>(combine_scores(world(), ScoresOfWorld(world(), scratch.path() / "scores.h5", of),
                                     settings_of(limits), scratch.path() / folder, 1, log));
    return storage::TableReader(scratch.path() / folder / "offers.h5").read_all<std::int32_t>("/decision/offer");
  }
};

TEST_F(Sensitive, ListsAreWorthInOtherWorldsWhatTheirPairsAreWorthThere) {
  const nlohmann::json found = across(world(), limits, "all");
  std::vector<std::vector<std::int32_t>> lists;
  for (const Prices& one : worlds.worlds) lists.push_back(list(one, "list" + std::to_string(lists.size())));
  ASSERT_EQ(found.at("points").size(), 3U);
  EXPECT_EQ(found.at("borrowers"), row_count);
  for (std::size_t w = 0; w < 3; ++w) {
    const nlohmann::json& point = found.at("points")[w];
    EXPECT_EQ(point.at("take_up_elasticity"), worlds.worlds[w].take_up);
    std::uint64_t offered = 0, either = 0, same = 0;
    for (std::size_t i = 0; i < row_count; ++i) {
      offered += lists[w][i] >= 0 ? 1 : 0;
      either += lists[w][i] >= 0 || lists[0][i] >= 0 ? 1 : 0;
      same += lists[w][i] >= 0 && lists[w][i] == lists[0][i] ? 1 : 0;
    }
    EXPECT_EQ(point.at("offered"), offered);
    EXPECT_EQ(point.at("against_assumed").at("offered_in_either"), either);
    EXPECT_EQ(point.at("against_assumed").at("same_offer"), same);
    for (std::size_t l = 0; l < 3; ++l) {
      double value = 0, letters = 0, volume = 0;
      std::uint64_t refused = 0;
      for (std::size_t i = 0; i < row_count; ++i) {
        if (lists[l][i] < 0) continue;
        const auto j = static_cast<std::size_t>(lists[l][i]);
        const double by = ScoresOfWorld::factor(worlds.worlds[w], j);
        const std::size_t pair = i * offer_count + j;
        value += static_cast<double>(rows.value[pair]) * by;
        letters += catalog.channel[j] == 0 ? 1 : 0;
        refused += ScoresOfWorld::refuses(worlds.worlds[w], j) ? 1 : 0;
        volume += static_cast<double>(rows.p_take[pair]) * by * catalog.limit[j];
      }
      const nlohmann::json& there = point.at("lists")[l];
      EXPECT_NEAR(there.at("value").get<double>(), value, 1e-6 * std::fabs(value)) << w << ' ' << l;
      EXPECT_NEAR(there.at("regret").get<double>(), point.at("planned_value").get<double>() - value,
                  1e-6 * std::fabs(value));
      std::vector<std::string> breaks;
      if (letters > 700) breaks.emplace_back("letters");
      if (volume > 2000000) breaks.emplace_back("volume");
      EXPECT_EQ(there.at("breaks").get<std::vector<std::string>>(), breaks) << w << ' ' << l;
      EXPECT_EQ(there.at("ineligible"), refused);
      // What holds limits and policy is worth no more than the bound.
      if (breaks.empty() && refused == 0) {
        EXPECT_LE(there.at("value").get<double>(), point.at("bound").get<double>());
      }
    }
    EXPECT_EQ(point.at("lists")[w].at("regret"), 0.0) << "in its own world a list is the list";
  }
  EXPECT_GT(found.at("points")[2].at("lists")[0].at("ineligible"), 0) << "the test has something to find";
}

TEST_F(Sensitive, ListsHoldWhatWasExplored) {
  const nlohmann::json found = across(world(), limits + "cells: {control: 0.1, exploration: 0.05}\n", "all");
  for (std::size_t w = 0; w < 3; ++w) {
    const nlohmann::json& point = found.at("points")[w];
    EXPECT_NEAR(point.at("lists")[w].at("value").get<double>(), point.at("planned_value").get<double>(), 1e-6);
  }
}

TEST_F(Sensitive, LeastRegretIsThatOfAListThatBreaksFewestLimits) {
  const nlohmann::json found = across(world(), limits, "all");
  std::vector<std::pair<std::uint64_t, double>> of_lists;
  for (std::size_t l = 0; l < 3; ++l) {
    std::pair<std::uint64_t, double> own{0, 0};
    for (const auto& point : found.at("points")) {
      const auto& list = point.at("lists")[l];
      own.first += list.at("breaks").empty() && list.at("ineligible") == 0 ? 0 : 1;
      own.second = std::max(own.second, point.at("lists")[l].at("regret").get<double>());
    }
    of_lists.push_back(own);
  }
  const auto best = static_cast<std::size_t>(std::ranges::min_element(of_lists) - of_lists.begin());
  EXPECT_EQ(found.at("least_regret").at("list"), best);
  EXPECT_EQ(found.at("least_regret").at("refused_in"), of_lists[best].first);
  EXPECT_EQ(found.at("least_regret").at("regret"), of_lists[best].second);
}

TEST_F(Sensitive, AWorldWithoutAListIsNoError) {
  // The volume that a market of this elasticity takes is out of reach where the fewest accept.
  const std::string yaml =
      "gap_tolerance: 0.001\nlimits:\n- {name: volume, measure: amount, basis: expected, sense: at_least, limit: "
      "3e6}\n";
  worlds.worlds = {{0, 0}, {0, 6}};
  const nlohmann::json found = across(world(), yaml, "some");
  EXPECT_TRUE(found.at("points")[0].contains("planned_value"));
  EXPECT_EQ(found.at("points")[1].at("status"), "infeasible");
  EXPECT_EQ(found.at("points")[1].at("conflict"), nlohmann::json({"volume"}));
  EXPECT_TRUE(found.at("points")[0].at("lists")[1].is_null());
  EXPECT_EQ(found.at("points")[1].at("lists")[0].at("breaks"), nlohmann::json({"volume"}));
  EXPECT_FALSE(found.at("points")[1].at("lists")[0].contains("regret"));
}

TEST_F(Sensitive, HasTheSameBytesAtAnyNumberOfRanks) {
  const std::string with_cells = limits + "cells: {control: 0.1, exploration: 0.05}\n";
  static_cast<void>(across(world(), with_cells, "ranks"));
  if (!world().is_root()) return;
  static_cast<void>(across(parallel::self(), with_cells, "alone"));
  for (const char* file : {"sensitivity.json", "sensitivity.csv"})
    EXPECT_EQ(text_of(scratch.path() / "ranks" / file), text_of(scratch.path() / "alone" / file));
}

TEST(Sensitivity, ReadsItsSection) {
  const auto read = [](const std::string& yaml) {
    const settings::Config config = settings::Config::from_text(yaml, "s.yaml");
    return read_sensitivity(config.root(), {-0.5, 0.1}).worlds;
  };
  const auto worlds = read("{take_up_elasticity: [-1, -0.5], default_elasticity: [0, 0.1]}");
  ASSERT_EQ(worlds.size(), 4U) << "the assumed pair is there once, and first";
  EXPECT_EQ(worlds[0].take_up, -0.5);
  EXPECT_EQ(worlds[0].defaults, 0.1);
  EXPECT_EQ(read("{default_elasticity: 0.3}").at(1).take_up, -0.5);
  EXPECT_THAT(error_of([&] { static_cast<void>(read("{take_up_elasticity: -0.5}")); }, ExitCode::bad_usage),
              testing::HasSubstr("there is nothing to vary"));
}

}  // namespace
}  // namespace proffer::combine
