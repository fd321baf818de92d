// Whole lists with cells of an experiment, an earlier list, scenarios, and frontiers, at any number of ranks.
#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "combine/decision.hpp"
#include "combine/frontier.hpp"
#include "combine/small_scores.hpp"
#include "offers/file_scores.hpp"

namespace proffer::combine {
namespace {

using namespace test;

constexpr std::uint64_t row_count = 9000;  // three blocks: the fourth rank has none

struct Made {
  Scratch scratch;
  offers::ScoreRows rows = score_rows(0, row_count);
  offers::ScoreCatalog catalog = score_schema().catalog;
  Log log = silent();
  Made() { write_scores(world(), scratch.path() / "scores.h5", row_count); }

  nlohmann::json list(const parallel::Communicator& comm, const std::string& yaml, const std::string& folder) {
    return combine_scores(comm, offers::FileScores(comm, scratch.path() / "scores.h5"), settings_of(yaml),
                          scratch.path() / folder, 1, log)
        .certificate;
  }
  [[nodiscard]] storage::TableReader table(const std::string& folder) const {
    return storage::TableReader(scratch.path() / folder / "offers.h5");
  }
  [[nodiscard]] std::vector<std::int32_t> choice(const std::string& folder) const {
    return table(folder).read_all<std::int32_t>("/decision/offer");
  }
};

const std::string cells = R"(gap_tolerance: 0.001
cells: {control: 0.1, exploration: 0.05}
limits:
- {name: letters, measure: contacts, channel: mail, limit: 700}
- {name: volume, measure: amount, basis: expected, limit: 2000000}
- {name: old, measure: takes, segment: old, sense: at_least, limit: 50}
)";

TEST(Cells, AreReservedWithinTheLimits) {
  Made made;
  const auto certificate = made.list(world(), cells, "all");
  const auto table = made.table("all");
  const auto code = table.read_all<std::uint8_t>("/decision/code");
  const auto propensity = table.read_all<float>("/decision/propensity");
  const auto value = table.read_all<double>("/decision/value");
  const auto reasons = table.read_all<std::uint16_t>("/decision/reasons");
  const auto choice = made.choice("all");
  std::uint64_t control = 0, explored = 0;
  double letters = 0, volume = 0, old = 0, total = 0, explored_value = 0;
  std::map<int, std::array<int, 2>> first_of;  // by number of allowed offers: draws, and draws of the first allowed
  for (std::size_t i = 0; i < row_count; ++i) {
    if (code[i] == static_cast<std::uint8_t>(Decision::control)) {
      ++control;
      EXPECT_EQ(choice[i], -1);
      EXPECT_EQ(reasons[4 * i], offers::reason::control);
    }
    if (choice[i] < 0) continue;
    const auto j = static_cast<std::size_t>(choice[i]);
    const auto pair = i * offer_count + j;
    ASSERT_EQ(made.rows.reason[pair], 0U) << "only what is allowed is offered, drawn or chosen";
    letters += made.catalog.channel[j] == 0;
    volume += static_cast<double>(made.rows.p_take[pair]) * made.catalog.limit[j];
    old += made.rows.segment[i] == 1 ? static_cast<double>(made.rows.p_take[pair]) : 0;
    total += value[i];
    if (std::isnan(propensity[i])) continue;
    ++explored;
    explored_value += value[i];
    int allowed = 0;
    bool first = false;
    for (std::size_t o = 0; o < offer_count; ++o)
      if (made.rows.reason[i * offer_count + o] == 0 && allowed++ == 0) first = o == j;
    EXPECT_EQ(propensity[i], static_cast<float>(1.0 / allowed));
    ++first_of[allowed][0];
    first_of[allowed][1] += first;
  }
  EXPECT_LE(letters, 700);
  EXPECT_LE(volume, 2e6 + 1e-6);
  EXPECT_GE(old, 50);
  EXPECT_NEAR(static_cast<double>(control), 900, 5 * std::sqrt(810.0));
  EXPECT_EQ(certificate.at("cells").at("control").at("borrowers"), control);
  EXPECT_EQ(certificate.at("cells").at("exploration").at("offered"), explored);
  EXPECT_NEAR(certificate.at("cells").at("exploration").at("value").get<double>(), explored_value, 1e-6);
  EXPECT_NEAR(certificate.at("value").get<double>(), total, 1e-6);
  EXPECT_GE(certificate.at("bound").get<double>(), total - 1e-6);
  EXPECT_NEAR(certificate.at("limits")[0].at("use").get<double>(), letters, 1e-9);
  EXPECT_NEAR(certificate.at("limits")[1].at("use").get<double>(), volume, 1e-6);
  EXPECT_EQ(certificate.at("limits")[0].at("limit"), 700);
  for (const auto& [allowed, counts] : first_of)  // every allowed offer is as likely
    EXPECT_NEAR(counts[1], counts[0] / static_cast<double>(allowed), 4 * std::sqrt(counts[0] + 1.0));
}

TEST(Cells, CannotBreakALimit) {
  Made made;
  const std::string tight = "cells: {exploration: 0.9}\nlimits:\n- {name: letters, measure: contacts, limit: 700}\n";
  EXPECT_THAT(error_of([&] { static_cast<void>(made.list(world(), tight, "tight")); }, ExitCode::infeasible),
              testing::HasSubstr("the limit 'letters' cannot hold"));
}

const std::string scenarios = R"(scenarios:
- {name: base, probability: 0.6}
- {name: recession, probability: 0.25, pd: 1.7, response: 0.9}
- {name: drought, probability: 0.15, segments: {old: {pd: 4, response: 1.3}}}
)";

/// Loss of a list in each of these scenarios, by hand.
std::array<double, 3> losses(const Made& made, const std::string& folder) {
  std::array<double, 3> loss{};
  const auto choice = made.choice(folder);
  for (std::size_t i = 0; i < row_count; ++i) {
    if (choice[i] < 0) continue;
    const auto j = static_cast<std::size_t>(choice[i]);
    const auto take = static_cast<double>(made.rows.p_take[i * offer_count + j]);
    const auto pd = static_cast<double>(made.rows.p_default[i * offer_count + j]);
    const double amount = made.catalog.lgd[j] * made.catalog.exposure[j];
    const bool old = made.rows.segment[i] == 1;
    loss[0] += amount * take * pd;
    loss[1] += amount * 0.9 * take * std::min(1.0, 1.7 * pd);
    loss[2] += amount * (old ? std::min(1.0, 1.3 * take) * std::min(1.0, 4 * pd) : take * pd);
  }
  return loss;
}

TEST(ScenarioLimits, HoldInEveryScenarioOrOnTheWorst) {
  Made made;
  const auto worst = made.list(
      world(), scenarios + "limits:\n- {name: loss, measure: loss, basis: worst_case, limit: 150000}\n", "worst");
  for (const double loss : losses(made, "worst")) EXPECT_LE(loss, 150000 + 1e-6);
  const auto& entry = worst.at("limits")[0];
  EXPECT_EQ(worst.at("limits").size(), 1U);
  EXPECT_EQ(entry.at("basis"), "worst_case");
  for (std::size_t s = 0; s < 3; ++s)
    EXPECT_NEAR(entry.at("scenarios")[s].at("use").get<double>(), losses(made, "worst")[s], 1e-6);

  const auto cvar = made.list(
      world(), scenarios + "limits:\n- {name: loss, measure: loss, basis: cvar, quantile: 0.8, limit: 150000}\n",
      "cvar");
  auto sorted = losses(made, "cvar");
  // The worst 20 %: 15 % drought and 5 % of the next, whichever is worse.
  const double by_hand = sorted[2] > sorted[1] ? 0.75 * sorted[2] + 0.25 * sorted[1] : sorted[1];
  EXPECT_LE(by_hand, 150000 + 1e-6);
  EXPECT_GT(by_hand, 150000 * 0.98) << "the limit binds";
  EXPECT_NEAR(cvar.at("limits")[0].at("use").get<double>(), by_hand, 1e-6);
  EXPECT_GE(cvar.at("value").get<double>(), worst.at("value").get<double>() * (1 - 1e-3)) << "cvar asks for less";
}

TEST(EarlierList, BoundsWhatChanges) {
  Made made;
  static_cast<void>(made.list(
      world(), "gap_tolerance: 0.001\nlimits:\n- {name: letters, measure: contacts, channel: mail, limit: 300}\n",
      "before"));
  const std::string previous = "previous: " + (made.scratch.path() / "before/offers.h5").string() + "\n";
  const auto certificate = made.list(world(),
                                     "gap_tolerance: 0.001\n" + previous +
                                         "limits:\n- {name: letters, measure: contacts, channel: mail, limit: 700}\n"
                                         "- {name: churn, measure: changed, limit: 250}\n"
                                         "- {name: left, measure: lost, limit: 0.01, share: true}\n",
                                     "after");
  const auto before = made.choice("before"), after = made.choice("after");
  double changed = 0, lost = 0, had = 0;
  for (std::size_t i = 0; i < row_count; ++i) {
    changed += before[i] != after[i];
    lost += before[i] >= 0 && after[i] < 0;
    had += before[i] >= 0;
  }
  EXPECT_LE(changed, 250);
  EXPECT_GT(changed, 240) << "the limit binds";
  EXPECT_LE(lost, 0.01 * had);
  const auto& churn = certificate.at("limits")[1];
  EXPECT_EQ(churn.at("opening"), had);
  EXPECT_EQ(churn.at("use").get<double>() + had, changed);
}

TEST(ReservedLists, HaveTheSameBytesAtAnyNumberOfRanks) {
  Made made;
  static_cast<void>(made.list(world(), cells, "before"));
  const std::string all = cells + "- {name: loss, measure: loss, basis: cvar, quantile: 0.8, limit: 250000}\n" +
                          "- {name: churn, measure: changed, limit: 2500}\n" +
                          "- {name: rates, measure: impact_ratio, group: women, reference: men, sense: at_least, "
                          "limit: 0.9}\n" +
                          "- {name: concentration, measure: exposure, segment: old, opening: book, share: true, "
                          "limit: 0.33}\n" +
                          scenarios + "previous: " + (made.scratch.path() / "before/offers.h5").string() + "\n";
  static_cast<void>(made.list(world(), all, "ranks"));
  if (!world().is_root()) return;
  const parallel::Communicator alone = parallel::self();
  static_cast<void>(made.list(alone, all, "alone"));
  for (const char* file : {"offers.h5", "offers.csv", "certificate.json"})
    EXPECT_TRUE(text_of(made.scratch.path() / "ranks" / file) == text_of(made.scratch.path() / "alone" / file)) << file;
}

TEST(Frontier, IsConcaveAndAgreesWithListsAtItsPoints) {
  Made made;
  const std::string limits =
      "gap_tolerance: 0.001\nlimits:\n- {name: letters, measure: contacts, channel: mail, limit: 700}\n"
      "- {name: volume, measure: amount, basis: expected, limit: 2000000}\n";
  const CombineSettings settings = settings_of(limits);
  FrontierSettings range{1, {}};
  for (int p = 0; p <= 6; ++p) range.values.push_back(4e5 * p);
  const auto json = frontier(world(), offers::FileScores(world(), made.scratch.path() / "scores.h5"), settings, range,
                             made.scratch.path() / "frontier", 1, made.log)
                        .certificate;
  ASSERT_EQ(json.at("points").size(), 7U);
  std::vector<double> bound;
  for (const auto& point : json.at("points")) bound.push_back(point.at("relaxed_bound").get<double>());
  for (std::size_t p = 1; p + 1 < bound.size(); ++p)
    EXPECT_GE(bound[p], (bound[p - 1] + bound[p + 1]) / 2 - 1e-8 * std::fabs(bound[p])) << "point " << p;
  for (const std::size_t p : {1U, 4U}) {
    std::string other = limits;
    other.replace(other.find("2000000"), 7, std::to_string(400000 * p));
    const auto list = made.list(world(), other, "point" + std::to_string(p));
    const auto& point = json.at("points")[p];
    EXPECT_NEAR(point.at("relaxed_bound").get<double>(), list.at("relaxed_bound").get<double>(), 1e-6 * bound[p]);
    EXPECT_NEAR(point.at("planned_value").get<double>(), list.at("value").get<double>(), 1e-3 * bound[p]);
    EXPECT_LE(point.at("uses").at("volume").get<double>(), 4e5 * static_cast<double>(p));
  }
  // The shadow price is the slope of the bound.
  const auto price = [&](std::size_t p) { return json.at("points")[p].at("shadow_price").get<double>(); };
  for (std::size_t p = 1; p + 1 < bound.size(); ++p) {
    EXPECT_GE(price(p), (bound[p + 1] - bound[p]) / 4e5 - 1e-6);
    EXPECT_LE(price(p), (bound[p] - bound[p - 1]) / 4e5 + 1e-6);
  }
  if (!world().is_root()) return;
  const parallel::Communicator alone = parallel::self();
  static_cast<void>(frontier(alone, offers::FileScores(alone, made.scratch.path() / "scores.h5"), settings, range,
                             made.scratch.path() / "frontier1", 1, made.log));
  for (const char* file : {"frontier.json", "frontier.csv"})
    EXPECT_EQ(text_of(made.scratch.path() / "frontier" / file), text_of(made.scratch.path() / "frontier1" / file));
}

TEST(Frontier, ReadsItsSection) {
  const CombineSettings settings = settings_of("limits:\n- {name: letters, measure: contacts, limit: 700}\n");
  const auto read = [&](const std::string& yaml) {
    const settings::Config config = settings::Config::from_text(yaml, "f.yaml");
    return read_frontier(config.root(), settings);
  };
  EXPECT_EQ(read("{limit: letters, from: 10, to: 20, points: 3}").values, (std::vector<double>{10, 15, 20}));
  EXPECT_EQ(error_of([&] { static_cast<void>(read("{limit: leters, from: 10, to: 20}")); }, ExitCode::bad_usage),
            "f.yaml:1:2: frontier.limit is 'leters' (combine has letters): did you mean letters?");
  EXPECT_THAT(error_of([&] { static_cast<void>(read("{limit: letters, from: 10, to: 10}")); }, ExitCode::bad_usage),
              testing::HasSubstr("frontier.from and frontier.to are equal (a frontier needs a range)"));
}

}  // namespace
}  // namespace proffer::combine
