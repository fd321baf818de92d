// Whole lists: both files against each other, the scores and the limits, at any number of ranks.
#include "combine/combine.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "combine/small_scores.hpp"
#include "offers/file_scores.hpp"

namespace proffer::combine {
namespace {

using namespace test;

constexpr std::uint64_t row_count = 9000;  // three blocks: the fourth rank has none

/// Scores in a scratch folder, and lists from them.
struct Lists {
  Scratch scratch;
  offers::ScoreRows rows = score_rows(0, row_count);
  offers::ScoreCatalog catalog = score_schema().catalog;
  Lists() { write_scores(world(), scratch.path() / "scores.h5", row_count); }

  Outcome make(const parallel::Communicator& comm, const std::string& yaml, const std::string& folder,
               int threads = 1) {
    Log log = silent();
    return combine_scores(comm, offers::FileScores(comm, scratch.path() / "scores.h5"), settings_of(yaml),
                          scratch.path() / folder, threads, log);
  }
  [[nodiscard]] std::vector<std::int32_t> choice(const std::string& folder) const {
    return storage::TableReader(scratch.path() / folder / "offers.h5").read_all<std::int32_t>("/decision/offer");
  }
  /// Σ over those offered of a function of (row, offer).
  template <class Use>
  [[nodiscard]] double sum(const std::string& folder, const Use& use) const {
    double total = 0;
    const auto chosen = choice(folder);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      if (chosen[i] >= 0) total += use(i, static_cast<std::size_t>(chosen[i]));
    return total;
  }
  [[nodiscard]] double take(std::size_t i, std::size_t j) const {
    return static_cast<double>(rows.p_take[i * offer_count + j]);
  }
  [[nodiscard]] double pd(std::size_t i, std::size_t j) const {
    return static_cast<double>(rows.p_default[i * offer_count + j]);
  }
};

const char* several = R"(gap_tolerance: 0.01
limits:
- {name: letters, measure: contacts, channel: mail, limit: 700}
- {name: volume, measure: amount, basis: expected, limit: 2000000}
- {name: risk, measure: average_pd, limit: 0.09}
- {name: old, measure: takes, segment: old, sense: at_least, limit: 50}
)";

TEST(List, HoldsTheLimitsAndOffersOnlyWhatIsAllowed) {
  Lists lists;
  const Outcome outcome = lists.make(world(), several, "all");
  EXPECT_LE(lists.sum("all", [&](auto, auto j) { return lists.catalog.channel[j] == 0; }), 700);
  EXPECT_LE(lists.sum("all", [&](auto i, auto j) { return lists.take(i, j) * lists.catalog.limit[j]; }), 2e6 + 1e-6);
  EXPECT_LE(lists.sum("all", [&](auto i, auto j) { return lists.take(i, j) * (lists.pd(i, j) - 0.09); }), 1e-9);
  EXPECT_GE(lists.sum("all", [&](auto i, auto j) { return lists.rows.segment[i] == 1 ? lists.take(i, j) : 0; }), 50);
  EXPECT_EQ(lists.sum("all", [&](auto i, auto j) { return lists.rows.reason[i * offer_count + j] != 0; }), 0);
  const double value =
      lists.sum("all", [&](auto i, auto j) { return static_cast<double>(lists.rows.value[i * offer_count + j]); });
  EXPECT_NEAR(outcome.certificate.at("value").get<double>(), value, 1e-6);
  EXPECT_GE(outcome.certificate.at("bound").get<double>(), value - 1e-6);
  EXPECT_EQ(outcome.certificate.at("offered").get<double>(), lists.sum("all", [](auto, auto) { return 1; }));
  std::uint64_t decided = 0;
  for (const auto& [name, count] : outcome.certificate.at("decisions").items()) decided += count.get<std::uint64_t>();
  EXPECT_EQ(decided, row_count);
}

/// The cells of a CSV line without quotes inside quotes.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t c = 0; c < line.size(); ++c) {
    if (line[c] == '"' && quoted && c + 1 < line.size() && line[c + 1] == '"')
      cells.back() += line[c++];
    else if (line[c] == '"')
      quoted = !quoted;
    else if (line[c] == ',' && !quoted)
      cells.emplace_back();
    else
      cells.back() += line[c];
  }
  return cells;
}

TEST(List, SaysTheSameInBothFilesAndInTheScores) {
  Lists lists;
  static_cast<void>(lists.make(world(), several, "all"));
  const storage::TableReader table(lists.scratch.path() / "all/offers.h5");
  const auto id = table.read_all<std::uint64_t>("/borrower/id");
  EXPECT_EQ(id, lists.rows.id);
  const auto chosen = lists.choice("all");
  const auto take = table.read_all<float>("/decision/p_take"), pd = table.read_all<float>("/decision/p_default");
  const auto limit = table.read_all<double>("/decision/limit"), value = table.read_all<double>("/decision/value");
  const auto code = table.read_all<std::uint8_t>("/decision/code");
  std::istringstream csv(text_of(lists.scratch.path() / "all/offers.csv"));
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line, "id,decision,offer,product,limit,apr,term,channel,p_take,p_default,p_fraud,value,reduced_value");
  for (std::size_t i = 0; i < row_count; ++i) {
    EXPECT_EQ(code[i] == 0, chosen[i] >= 0);
    if (chosen[i] < 0) {
      EXPECT_TRUE(std::isnan(take[i]) && limit[i] == 0);
      continue;
    }
    const auto j = static_cast<std::size_t>(chosen[i]);
    ASSERT_EQ(take[i], lists.rows.p_take[i * offer_count + j]);
    ASSERT_EQ(pd[i], lists.rows.p_default[i * offer_count + j]);
    ASSERT_EQ(value[i], static_cast<double>(lists.rows.value[i * offer_count + j]));
    ASSERT_EQ(limit[i], lists.catalog.limit[j]);
    ASSERT_TRUE(std::getline(csv, line));
    const auto cells = cells_of(line);
    ASSERT_EQ(cells.size(), 13U) << line;
    EXPECT_EQ(cells[0], std::to_string(id[i]));
    EXPECT_EQ(cells[1], "offered");
    EXPECT_EQ(cells[2], lists.catalog.name[j]);
    EXPECT_EQ(cells[3], lists.catalog.products[lists.catalog.product[j]]);
    EXPECT_EQ(std::stod(cells[4]), limit[i]);
    EXPECT_EQ(cells[7], lists.catalog.channels[lists.catalog.channel[j]]);
    EXPECT_EQ(std::stof(cells[8]), take[i]);
    EXPECT_EQ(std::stof(cells[9]), pd[i]);
    EXPECT_EQ(std::stof(cells[10]), lists.rows.p_fraud[i]);
    EXPECT_EQ(std::stof(cells[11]), lists.rows.value[i * offer_count + j]);
  }
  EXPECT_FALSE(std::getline(csv, line));
}

TEST(List, HasTheSameBytesAtAnyNumberOfRanksAndThreads) {
  Lists lists;
  const Outcome together = lists.make(world(), several, "all", 2);
  const std::string own = "one" + std::to_string(world().rank());
  const Outcome alone = lists.make(parallel::self(), several, own);
  ASSERT_EQ(together.files.size(), 3U);
  for (std::size_t f = 0; f < 3; ++f) EXPECT_EQ(together.files[f].sha256, alone.files[f].sha256) << f;
  EXPECT_EQ(together.certificate, alone.certificate);
}

TEST(List, CountsTheOpeningBalance) {
  Lists lists;
  const Outcome outcome =
      lists.make(world(), "limits:\n- {name: letters, measure: contacts, limit: 100, opening: 40}\n", "all");
  EXPECT_EQ(outcome.certificate.at("offered"), 60);
  EXPECT_EQ(outcome.certificate.at("limits").at(0).at("declared_limit"), 100);
}

TEST(List, KeepsQuantileLimitsWithTheirProbability) {
  Lists lists;
  const Outcome outcome = lists.make(world(), R"(gap_tolerance: 0.01
common_shock: 0.2
limits:
- {name: volume, measure: amount, basis: quantile, quantile: 0.9, limit: 1000000}
- {name: losses, measure: loss, basis: quantile, quantile: 0.99, limit: 40000, opening: 10000}
- {name: takes, measure: takes, basis: quantile, quantile: 0.8, sense: at_least, limit: 20}
)",
                                     "all");
  const auto& limits = outcome.certificate.at("limits");
  const double z[] = {1.2815515655446004, 2.3263478740408408, 0.8416212335729143}, bound[] = {1e6, 30000, 20};
  for (std::size_t k = 0; k < 3; ++k) {
    const double use = limits.at(k).at("use"), margin = z[k] * limits.at(k).at("standard_deviation").get<double>();
    if (k < 2)
      EXPECT_LE(use + margin, bound[k] * (1 + 1e-12)) << k;
    else
      EXPECT_GE(use - margin, bound[k] * (1 - 1e-12)) << k;
    EXPECT_LE(limits.at(k).at("probability_of_exceeding").get<double>(), (k == 0 ? 0.1 : k == 1 ? 0.01 : 0.2) + 1e-12);
  }
  // The first limit binds: hardly anything is given away.
  const double use = lists.sum("all", [&](auto i, auto j) { return lists.take(i, j) * lists.catalog.limit[j]; });
  EXPECT_NEAR(limits.at(0).at("use").get<double>(), use, 1e-6);
}

TEST(List, IsNotMadeWhereLimitsContradict) {
  Lists lists;
  const std::string message = error_of(
      [&] {
        static_cast<void>(lists.make(world(), R"(limits:
- {name: few, measure: contacts, limit: 10}
- {name: many, measure: contacts, sense: at_least, limit: 11}
- {name: harmless, measure: contact_cost, limit: 1000000}
)",
                                     "none"));
      },
      ExitCode::infeasible);
  EXPECT_THAT(message, testing::HasSubstr("the limits 'few', 'many' cannot hold together (proved"));
  parallel::barrier(world());
  const auto folder = lists.scratch.path() / "none";
  EXPECT_FALSE(std::filesystem::exists(folder / "offers.h5") || std::filesystem::exists(folder / "offers.csv"));
  const auto certificate = nlohmann::json::parse(text_of(folder / "certificate.json"));
  EXPECT_EQ(certificate.at("status"), "infeasible");
  EXPECT_EQ(certificate.at("conflict"), (nlohmann::json{"few", "many"}));
}

}  // namespace
}  // namespace proffer::combine
