#include "combine/combine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "combine/certificate_file.hpp"
#include "combine/chosen.hpp"
#include "combine/honest_value.hpp"
#include "combine/offer_list.hpp"
#include "combine/problem_file.hpp"
#include "combine/score_source.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "statistics/normal.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

constexpr int most_tightenings = 8;

std::vector<double> bounds_of(const std::vector<LimitUse>& limits) {
  std::vector<double> bounds;
  for (const LimitUse& use : limits)
    bounds.push_back(use.settings.measure == Measure::average_pd ? 0.0 : use.settings.limit - use.settings.opening);
  return bounds;
}

/// By how much each quantile limit must be tightened so that it holds with its probability, given this solution's
/// spread.
bool tighten(const std::vector<LimitUse>& limits, const std::vector<RealisedUse>& uses, std::vector<double>& bounds) {
  bool changed = false;
  for (std::size_t k = 0; k < limits.size(); ++k) {
    const LimitSettings& limit = limits[k].settings;
    if (limit.basis != Basis::quantile) continue;
    const double margin = statistics::normal_quantile(limit.quantile) * uses[k].deviation;
    const double bound = limit.limit - limit.opening;
    if (limit.sense != allocation::Sense::at_least && uses[k].mean + margin > bound + limit.tolerance) {
      bounds[k] = std::min(bounds[k], bound - margin);
      changed = true;
    }
    if (limit.sense == allocation::Sense::at_least && uses[k].mean - margin < bound - limit.tolerance) {
      bounds[k] = std::max(bounds[k], bound + margin);
      changed = true;
    }
  }
  return changed;
}

struct Solved {
  allocation::Solution solution;
  std::vector<RealisedUse> uses;
};

bool has_answer(const allocation::Certificate& certificate) {
  return certificate.status == allocation::Status::certified || certificate.status == allocation::Status::feasible;
}

allocation::Options solver_options(const CombineSettings& settings, int threads) {
  allocation::Options options;
  options.gap_tolerance = settings.gap_tolerance;
  options.node_limit = static_cast<std::uint64_t>(settings.node_limit);
  options.threads = threads;
  return options;
}

/// Where quantile limits will end, as far as the common shock says: the population is read for these bounds too.
std::vector<double> foreseen(const std::vector<LimitUse>& limits, double common_shock) {
  std::vector<double> bounds = bounds_of(limits);
  for (std::size_t k = 0; k < limits.size(); ++k) {
    const LimitSettings& limit = limits[k].settings;
    if (limit.basis != Basis::quantile) continue;
    const double margin = statistics::normal_quantile(limit.quantile) * common_shock * std::abs(bounds[k]);
    bounds[k] += limit.sense == allocation::Sense::at_least ? margin : -margin;
  }
  return bounds;
}

Solved solve(const parallel::Communicator& comm, allocation::Population& population,
             const std::vector<LimitUse>& limits, const CombineSettings& settings) {
  Solved solved;
  std::vector<double> bounds = bounds_of(limits);
  const std::vector<double> later = foreseen(limits, settings.common_shock);
  if (later != bounds) population.expect({later});
  for (int round = 0; round < most_tightenings; ++round) {
    solved.solution = population.solve(bounds);
    if (!has_answer(solved.solution.certificate)) return solved;
    solved.uses = realised_use(comm, limits, chosen_pairs(population, solved.solution), settings.common_shock);
    if (!tighten(limits, solved.uses, bounds)) return solved;
  }
  solved.solution.certificate.status = allocation::Status::not_found;
  solved.solution.certificate.explanation =
      fmt::format("the quantile limits did not settle in {} rounds", most_tightenings);
  return solved;
}

[[noreturn]] void throw_no_list(const allocation::Certificate& certificate, const std::filesystem::path& file) {
  const std::string see = fmt::format(" (see {})", file.string());
  if (certificate.conflict.empty()) {
    const bool proved = certificate.status == allocation::Status::infeasible;
    throw parallel::AgreedError(ExitCode::infeasible,
                                {proved ? "there is no list within the limits" : "no list within the limits was found",
                                 certificate.explanation, "relax a limit" + see});
  }
  std::vector<std::string> names;
  for (std::size_t k : certificate.conflict) names.push_back("'" + certificate.limits[k].name + "'");
  if (names.size() == 1)
    throw parallel::AgreedError(ExitCode::infeasible, {fmt::format("the limit {} cannot hold", names[0]),
                                                       "proved, whatever the other limits are", "relax it" + see});
  throw parallel::AgreedError(ExitCode::infeasible,
                              {fmt::format("the limits {} cannot hold together", fmt::join(names, ", ")),
                               "proved, and the proof needs each of them", "relax one of them" + see});
}

void write_json(const parallel::Communicator& comm, const std::filesystem::path& path, const nlohmann::json& json,
                std::vector<storage::Published>& files) {
  files.push_back(storage::publish_text(comm, path, json.dump(2) + "\n"));
}

void add_bases(nlohmann::json& json, const std::vector<LimitUse>& limits, const std::vector<RealisedUse>& uses) {
  for (std::size_t k = 0; k < limits.size(); ++k) {
    const LimitSettings& limit = limits[k].settings;
    nlohmann::json& entry = json["limits"][k];
    entry["measure"] = std::string(name_of(limit.measure));
    entry["basis"] = limit.basis == Basis::quantile ? fmt::format("quantile({})", shortest(limit.quantile))
                                                    : std::string(name_of(limit.basis));
    entry["declared_limit"] = limit.limit;
    entry["opening"] = limit.opening;
    if (uses.empty()) continue;
    entry["standard_deviation"] = uses[k].deviation;
    entry["probability_of_exceeding"] = probability_of_breaking(limit, uses[k]);
  }
}

nlohmann::json decisions_json(const DecisionCounts& counts) {
  nlohmann::json json = nlohmann::json::object();
  for (std::size_t d = 0; d < counts.size(); ++d) json[std::string(name_of(static_cast<Decision>(d)))] = counts[d];
  return json;
}

}  // namespace

Outcome combine_scores(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                       const CombineSettings& settings, const std::filesystem::path& folder, int threads, Log& log) {
  std::vector<LimitUse> limits;
  parallel::together(comm, [&] { limits = resolve_limits(settings, scores.schema()); });
  const ScoreSource source(scores, limits, log);
  log.info(fmt::format("combine: {} borrowers × {} offers, {} limits",
                       with_thousands(static_cast<long long>(scores.total_rows())), source.offers(), limits.size()));
  allocation::Population population(comm, source, source.rules(bounds_of(limits)), solver_options(settings, threads));
  const Solved solved = solve(comm, population, limits, settings);
  Outcome outcome;
  outcome.rows = scores.total_rows();
  outcome.certificate = certificate_json(solved.solution.certificate);
  outcome.certificate["currency"] = scores.schema().currency;
  outcome.certificate["borrowers"] = scores.total_rows();
  add_bases(outcome.certificate, limits, solved.uses);
  if (!has_answer(solved.solution.certificate)) {
    write_json(comm, folder / "certificate.json", outcome.certificate, outcome.files);
    throw_no_list(solved.solution.certificate, folder / "certificate.json");
  }
  const HonestValue honest = honest_value(comm, scores, population, solved.solution);
  outcome.certificate["planned_value"] = solved.solution.certificate.value;
  if (honest.known) {
    outcome.certificate["honest_value"] = honest.value;
    outcome.certificate["honest"] = {{"ratio", honest.ratio}, {"offered_in_sample", honest.offered_in_sample}};
  }
  ListFiles files =
      write_list(comm, folder, scores.schema(), scores.first_row(), scores.total_rows(), population, solved.solution);
  outcome.certificate["decisions"] = decisions_json(files.decisions);
  outcome.certificate["offered"] = files.decisions[static_cast<std::size_t>(Decision::offered)];
  outcome.files = {files.table, files.csv};
  write_json(comm, folder / "certificate.json", outcome.certificate, outcome.files);
  return outcome;
}

Outcome combine_problem(const parallel::Communicator& comm, const std::filesystem::path& problem,
                        const CombineSettings& settings, const std::filesystem::path& folder, int threads, Log& log) {
  std::optional<ProblemPart> part;
  std::uint64_t total = 0;
  parallel::together(comm, [&] { part = read_problem(problem, comm.rank(), comm.size(), total); });
  log.info(fmt::format("combine: {} rows × {} offers, {} limits", with_thousands(static_cast<long long>(total)),
                       part->source.offer_count, part->rules.limits.size()));
  const allocation::Solution solution =
      allocation::solve(comm, part->source, part->rules, solver_options(settings, threads));
  Outcome outcome;
  outcome.rows = total;
  outcome.certificate = certificate_json(solution.certificate);
  if (has_answer(solution.certificate)) {
    storage::TableWriter table(comm, folder / "choice.h5");
    table.attribute("format", "proffer-choice");
    table.attribute("format_version", "1.0");
    table.dataset("/id", storage::Type::u64, {{total}});
    table.dataset("/choice", storage::Type::i32, {{total}});
    parallel::together(comm, [&] {
      if (part->source.rows() == 0) return;
      table.write_rows<std::uint64_t>("/id", part->first_row, part->source.id);
      table.write_rows<std::int32_t>("/choice", part->first_row, solution.choice);
    });
    outcome.files.push_back(table.publish());
  }
  write_json(comm, folder / "certificate.json", outcome.certificate, outcome.files);
  if (!has_answer(solution.certificate)) throw_no_list(solution.certificate, folder / "certificate.json");
  return outcome;
}

}  // namespace proffer::combine
