#include "combine/sensitivity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "combine/list_problem.hpp"
#include "combine/solved_point.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

using allocation::Sense;
using nlohmann::json;
using offers::Prices;
using parallel::ExactSum;
using settings::Section;

constexpr std::size_t most_worlds = 50;
constexpr std::int16_t nothing = -1;

bool equal(const Prices& a, const Prices& b) {
  return a.take_up == b.take_up && a.defaults == b.defaults;
}

/// One world, solved.
struct Solved {
  json point;
  std::vector<LimitUse> limits;
  std::vector<std::int16_t> list;  ///< offer of each row of this rank
  bool has_list = false;
};

std::vector<std::int16_t> list_of(const ListProblem& problem, const SolvedList& solved) {
  std::vector<std::int16_t> list(solved.solution.choice.size());
  for (std::size_t row = 0; row < list.size(); ++row) {
    const Explored* drawn = problem.cells().find(problem.population().id(row));
    list[row] =
        static_cast<std::int16_t>(drawn ? static_cast<std::int32_t>(drawn->pair.offer) : solved.solution.choice[row]);
  }
  return list;
}

/// What one list comes to in a world.
struct Outturn {
  ExactSum value;
  std::vector<ExactSum> uses;    ///< [limits]
  std::uint64_t ineligible = 0;  ///< of its offers, what policy refuses in that world
};

/// Every list in one world, this rank's rows.
std::vector<Outturn> outturns(const offers::ScoredBatches& scores, const std::vector<LimitUse>& limits,
                              const std::vector<Solved>& worlds) {
  std::vector<Outturn> all(worlds.size());
  for (Outturn& one : all) one.uses.resize(limits.size());
  const std::size_t offers = scores.schema().catalog.size();
  std::size_t first = 0;
  scores.visit([&](const offers::ScoreRows& rows) {
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t w = 0; w < worlds.size(); ++w) {
        if (!worlds[w].has_list || worlds[w].list[first + i] < 0) continue;
        const auto offer = static_cast<std::size_t>(worlds[w].list[first + i]);
        const PairFacts pair = pair_facts(rows, i, offer, offers, no_offer);
        all[w].value.add(static_cast<double>(rows.value[i * offers + offer]));
        if (rows.reason[i * offers + offer] != 0) ++all[w].ineligible;
        for (std::size_t k = 0; k < limits.size(); ++k)
          if (const double use = limits[k].use(pair); use != 0) all[w].uses[k].add(use);
      }
    first += rows.rows();
  });
  return all;
}

bool holds(const LimitUse& limit, const ExactSum& use) {
  const LimitSettings& settings = limit.settings;
  return (settings.sense == Sense::at_least || use.compare(limit.bound + settings.tolerance) <= 0) &&
         (settings.sense == Sense::at_most || use.compare(limit.bound - settings.tolerance) >= 0);
}

/// Names of the limits that a list breaks: on the mean; of a limit on the worst case in any scenario, of one on the
/// CVaR on the mean over its scenarios.
json broken(const std::vector<LimitUse>& limits, const std::vector<ExactSum>& uses) {
  json names = json::array();
  for (std::size_t k = 0; k < limits.size(); ++k)
    if (!holds(limits[k], uses[k]) && std::ranges::find(names, json(limits[k].settings.name)) == names.end())
      names.push_back(limits[k].settings.name);
  return names;
}

/// Borrowers with an offer in either of two lists, and how many of them have the same in both.
json alike(const parallel::Communicator& comm, const std::vector<std::int16_t>& a, const std::vector<std::int16_t>& b) {
  std::array<std::uint64_t, 2> counts{};
  for (std::size_t row = 0; row < a.size(); ++row) {
    if (a[row] == nothing && b[row] == nothing) continue;
    ++counts[0];
    if (a[row] == b[row]) ++counts[1];
  }
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  return {
      {"offered_in_either", counts[0]},
      {"same_offer", counts[1]},
      {"same_share", counts[0] == 0 ? json() : json(static_cast<double>(counts[1]) / static_cast<double>(counts[0]))}};
}

std::uint64_t offered(const parallel::Communicator& comm, const std::vector<std::int16_t>& list) {
  return parallel::sum_over_ranks(
      comm, static_cast<std::uint64_t>(std::ranges::count_if(list, [](std::int16_t offer) { return offer >= 0; })));
}

std::string shown(const Prices& world) {
  return fmt::format("take-up {}, PD {}", shortest(world.take_up), shortest(world.defaults));
}

/// Solves one world.
Solved solve(const parallel::Communicator& comm, const offers::ScoredBatches& scores, const CombineSettings& settings,
             int threads, Log& log) {
  ListProblem problem(comm, scores, settings, threads, log);
  const SolvedList solved = problem.solve();
  const auto declared = problem.declared();
  Solved world{.point = solved_point(problem, solved), .limits = {declared.begin(), declared.end()}, .list = {}};
  world.has_list = solved.has_answer();
  if (world.has_list) world.list = list_of(problem, solved);
  if (world.has_list) world.point["offered"] = offered(comm, world.list);
  return world;
}

/// What the lists of all worlds bring in this one, into its point.
void add_lists(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
               const std::vector<Solved>& worlds, json& point, const std::vector<LimitUse>& limits) {
  std::vector<Outturn> all;
  parallel::together(comm, [&] { all = outturns(scores, limits, worlds); });
  point["lists"] = json::array();
  for (std::size_t w = 0; w < worlds.size(); ++w) {
    parallel::all_reduce(comm, std::span(&all[w].value, 1));
    parallel::all_reduce(comm, std::span(all[w].uses));
    const std::uint64_t ineligible = parallel::sum_over_ranks(comm, all[w].ineligible);
    if (!worlds[w].has_list) {
      point["lists"].push_back(nullptr);
      continue;
    }
    json list = {
        {"value", all[w].value.rounded()}, {"breaks", broken(limits, all[w].uses)}, {"ineligible", ineligible}};
    if (point.contains("planned_value")) list["regret"] = point["planned_value"].get<double>() - all[w].value.rounded();
    point["lists"].push_back(std::move(list));
  }
}

/// Of the lists that break limits or policy in the fewest worlds the one whose greatest regret is least; null where
/// there is none.
json least_regret(const json& points) {
  json best;
  for (std::size_t w = 0; w < points.size(); ++w) {
    double worst = 0;
    bool known = false;
    std::uint64_t refused = 0;
    for (const json& point : points) {
      const json& list = point["lists"][w];
      if (list.is_null()) continue;
      if (!list["breaks"].empty() || list["ineligible"].get<std::uint64_t>() > 0) ++refused;
      if (!list.contains("regret")) continue;  // nobody can keep the limits there
      known = true;
      worst = std::max(worst, list["regret"].get<double>());
    }
    if (!known) continue;
    const auto of = [](const json& one) { return std::pair(one["refused_in"].get<std::uint64_t>(), one["regret"]); };
    const json own = {{"list", w}, {"regret", worst}, {"refused_in", refused}};
    if (best.is_null() || of(own) < of(best)) best = own;
  }
  return best;
}

std::string as_csv(const json& points) {
  std::string text =
      "take_up_elasticity,default_elasticity,status,planned_value,gap,offered,same_share,value_of_assumed_list,regret_"
      "of_"
      "assumed_list,assumed_list_breaks\n";
  for (const json& point : points) {
    const auto cell = [](const json& from, const char* key) {
      if (!from.is_object() || !from.contains(key) || from[key].is_null()) return std::string(",");
      return "," + (from[key].is_number_float() ? shortest(from[key].get<double>()) : from[key].dump());
    };
    const json& assumed = point["lists"][0];
    std::vector<std::string> breaks;
    if (assumed.is_object()) breaks = assumed["breaks"].get<std::vector<std::string>>();
    text += shortest(point["take_up_elasticity"].get<double>()) + cell(point, "default_elasticity") + "," +
            point["status"].get<std::string>() + cell(point, "planned_value") + cell(point, "gap") +
            cell(point, "offered") + cell(point.value("against_assumed", json()), "same_share") +
            cell(assumed, "value") + cell(assumed, "regret") + "," +
            csv_cell(fmt::format("{}", fmt::join(breaks, "; "))) + "\n";
  }
  return text;
}

void tell(const json& point, const Prices& world, Log& log) {
  if (!point.contains("planned_value")) {
    log.info(fmt::format("sensitivity: {}: no list within the limits", shown(world)));
    return;
  }
  std::string line = fmt::format("sensitivity: {}: value {}, {} offers", shown(world),
                                 with_thousands(std::llround(point["planned_value"].get<double>())),
                                 with_thousands(point["offered"].get<long long>()));
  const json& assumed = point["lists"][0];
  if (assumed.is_object())
    line += fmt::format(
        "; the list as assumed brings {} here{}", with_thousands(std::llround(assumed["value"].get<double>())),
        assumed["breaks"].empty() ? "" : fmt::format(" and breaks {} limits", assumed["breaks"].size()));
  log.info(line);
}

}  // namespace

SensitivitySettings read_sensitivity(const Section& section, const Prices& assumed) {
  std::vector<double> takes = section.numbers(
      "take_up_elasticity",
      {.doc = "values of economics.prices.take_up_elasticity (absent: that one)", .min = -20, .max = 0});
  std::vector<double> defaults =
      section.numbers("default_elasticity",
                      {.doc = "values of economics.prices.default_elasticity (absent: that one)", .min = 0, .max = 20});
  if (takes.empty()) takes.push_back(assumed.take_up);
  if (defaults.empty()) defaults.push_back(assumed.defaults);
  SensitivitySettings sensitivity{{assumed}};
  for (const double take : takes)
    for (const double pd : defaults) {
      const Prices world{take, pd};
      if (std::ranges::none_of(sensitivity.worlds, [&](const Prices& known) { return equal(known, world); }))
        sensitivity.worlds.push_back(world);
    }
  if (section.for_reference()) return sensitivity;
  if (sensitivity.worlds.size() < 2)
    throw section.error("", "sensitivity names no elasticity but those of economics.prices", "there is nothing to vary",
                        "list several values of take_up_elasticity or default_elasticity");
  if (sensitivity.worlds.size() > most_worlds)
    throw section.error("", fmt::format("sensitivity has {} pairs of elasticities", sensitivity.worlds.size()),
                        fmt::format("each is a whole scoring and list; {} are allowed", most_worlds),
                        "name fewer values");
  return sensitivity;
}

Outcome sensitivity(const parallel::Communicator& comm, const ScoresIn& scores_in, const CombineSettings& settings,
                    const SensitivitySettings& sensitivity, const std::filesystem::path& folder, int threads,
                    Log& log) {
  const std::vector<Prices>& prices = sensitivity.worlds;
  Outcome outcome;
  std::string currency;
  std::vector<Solved> worlds;
  for (const Prices& world : prices) {
    const auto scores = scores_in(world);
    if (worlds.empty()) {
      outcome.rows = scores->total_rows();
      currency = scores->schema().currency;
      log.info(fmt::format("sensitivity: {} borrowers × {} offers, {} pairs of elasticities",
                           with_thousands(static_cast<long long>(outcome.rows)), scores->schema().catalog.size(),
                           prices.size()));
    }
    worlds.push_back(solve(comm, *scores, settings, threads, log));
  }
  json points = json::array();
  for (std::size_t w = 0; w < worlds.size(); ++w) {
    json point = worlds[w].point;
    point["take_up_elasticity"] = prices[w].take_up;
    point["default_elasticity"] = prices[w].defaults;
    if (worlds[w].has_list && worlds[0].has_list)
      point["against_assumed"] = alike(comm, worlds[0].list, worlds[w].list);
    add_lists(comm, *scores_in(prices[w]), worlds, point, worlds[w].limits);
    tell(point, prices[w], log);
    points.push_back(std::move(point));
  }
  outcome.certificate = {{"format", "proffer-sensitivity"},
                         {"format_version", "1.0"},
                         {"currency", currency},
                         {"borrowers", outcome.rows},
                         {"least_regret", least_regret(points)},
                         {"points", points}};
  outcome.files.push_back(storage::publish_text(comm, folder / "sensitivity.json", outcome.certificate.dump(2) + "\n"));
  outcome.files.push_back(storage::publish_text(comm, folder / "sensitivity.csv", as_csv(points)));
  return outcome;
}

}  // namespace proffer::combine
