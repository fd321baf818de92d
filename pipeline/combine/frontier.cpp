#include "combine/frontier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "combine/list_problem.hpp"
#include "combine/solved_point.hpp"
#include "foundation/text.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

using nlohmann::json;
using settings::Section;

std::vector<LimitSettings> with_limit(const CombineSettings& settings, std::size_t limit, double value) {
  std::vector<LimitSettings> limits = settings.limits;
  limits[limit].limit = value;
  return limits;
}

json point_json(const ListProblem& problem, const SolvedList& solved, const std::string& varied, double value) {
  json point = solved_point(problem, solved);
  point["limit"] = value;
  if (solved.has_answer()) point["shadow_price"] = point["shadow_prices"][varied];
  return point;
}

/// One line per point, with the use of every limit behind.
std::string as_csv(const json& points, const CombineSettings& settings) {
  std::string text = "limit,status,planned_value,bound,relaxed_bound,gap,shadow_price";
  for (const LimitSettings& limit : settings.limits) text += "," + csv_cell("use of " + limit.name);
  text += "\n";
  for (const json& point : points) {
    const bool solved = point.contains("planned_value");
    const auto cell = [&](const json& from, const std::string& key) {
      return "," + (solved ? shortest(from.at(key).get<double>()) : std::string());
    };
    text += shortest(point["limit"].get<double>()) + "," + point["status"].get<std::string>();
    for (const char* key : {"planned_value", "bound", "relaxed_bound", "gap", "shadow_price"}) text += cell(point, key);
    for (const LimitSettings& limit : settings.limits)
      text += solved ? cell(point["uses"], limit.name) : std::string(",");
    text += "\n";
  }
  return text;
}

}  // namespace

FrontierSettings read_frontier(const Section& section, const CombineSettings& settings) {
  FrontierSettings frontier;
  const std::string name = section.text("limit", {.doc = "name of the limit of combine.limits that varies"});
  const double from = section.number("from", {.doc = "its first value, in units of its measure"});
  const double to = section.number("to", {.doc = "its last value"});
  const std::int64_t points =
      section.integer("points", {.doc = "how many values, evenly spread", .fallback = 11, .min = 2, .max = 1000});
  for (std::int64_t p = 0; p < points; ++p)
    frontier.values.push_back(
        p + 1 == points ? to : from + (to - from) * (static_cast<double>(p) / static_cast<double>(points - 1)));
  if (section.for_reference()) return frontier;
  std::vector<std::string> names;
  for (const LimitSettings& limit : settings.limits) names.push_back(limit.name);
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    const auto near = did_you_mean(name, names);
    throw section.error("limit", fmt::format("frontier.limit is '{}'", name),
                        names.empty() ? "combine has no limits" : fmt::format("combine has {}", one_of(names)),
                        near ? fmt::format("did you mean {}?", *near) : "name one of its limits");
  }
  if (from == to)
    throw section.error("to", "frontier.from and frontier.to are equal", "a frontier needs a range", "give two values");
  frontier.limit = static_cast<std::size_t>(found - names.begin());
  return frontier;
}

Outcome frontier(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                 const CombineSettings& settings, const FrontierSettings& frontier, const std::filesystem::path& folder,
                 int threads, Log& log) {
  log.info(fmt::format("frontier: {} borrowers × {} offers, {} values of '{}'",
                       with_thousands(static_cast<long long>(scores.total_rows())), scores.schema().catalog.size(),
                       frontier.values.size(), settings.limits[frontier.limit].name));
  std::vector<std::vector<LimitSettings>> all;
  for (const double value : frontier.values) all.push_back(with_limit(settings, frontier.limit, value));
  CombineSettings first = settings;
  first.limits = all.front();
  ListProblem problem(comm, scores, first, threads, log);
  problem.expect(all);
  json points = json::array();
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (p > 0) problem.set_limits(all[p]);
    points.push_back(point_json(problem, problem.solve(), settings.limits[frontier.limit].name, frontier.values[p]));
  }
  const LimitSettings& varied = settings.limits[frontier.limit];
  Outcome outcome;
  outcome.rows = scores.total_rows();
  outcome.certificate = {{"format", "proffer-frontier"},
                         {"format_version", "1.0"},
                         {"limit", varied.name},
                         {"measure", std::string(name_of(varied.measure))},
                         {"currency", scores.schema().currency},
                         {"borrowers", scores.total_rows()},
                         {"points", points}};
  outcome.files.push_back(storage::publish_text(comm, folder / "frontier.json", outcome.certificate.dump(2) + "\n"));
  outcome.files.push_back(storage::publish_text(comm, folder / "frontier.csv", as_csv(points, settings)));
  return outcome;
}

}  // namespace proffer::combine
