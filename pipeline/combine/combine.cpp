#include "combine/combine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "combine/certificate_file.hpp"
#include "combine/honest_value.hpp"
#include "combine/list_problem.hpp"
#include "combine/offer_list.hpp"
#include "combine/problem_file.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

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

nlohmann::json cells_json(const Cells& cells) {
  return {{"control", {{"share", cells.settings.control}, {"borrowers", cells.control}}},
          {"exploration",
           {{"share", cells.settings.exploration},
            {"borrowers", cells.exploration},
            {"offered", cells.offered},
            {"value", cells.value.rounded()}}}};
}

nlohmann::json decisions_json(const DecisionCounts& counts) {
  nlohmann::json json = nlohmann::json::object();
  for (std::size_t d = 0; d < counts.size(); ++d) json[std::string(name_of(static_cast<Decision>(d)))] = counts[d];
  return json;
}

}  // namespace

Outcome combine_scores(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                       const CombineSettings& settings, const std::filesystem::path& folder, int threads, Log& log) {
  log.info(fmt::format("combine: {} borrowers × {} offers, {} limits",
                       with_thousands(static_cast<long long>(scores.total_rows())), scores.schema().catalog.size(),
                       settings.limits.size()));
  ListProblem problem(comm, scores, settings, threads, log);
  const SolvedList solved = problem.solve();
  const allocation::Certificate& certificate = solved.solution.certificate;
  Outcome outcome;
  outcome.rows = scores.total_rows();
  outcome.certificate = certificate_json(certificate);
  outcome.certificate["currency"] = scores.schema().currency;
  outcome.certificate["borrowers"] = scores.total_rows();
  outcome.certificate["limits"] = declared_limits(certificate, problem.limits(), settings, solved.uses);
  if (problem.cells().any()) outcome.certificate["cells"] = cells_json(problem.cells());
  if (!solved.has_answer()) {
    write_json(comm, folder / "certificate.json", outcome.certificate, outcome.files);
    throw_no_list(certificate, folder / "certificate.json");
  }
  const HonestValue honest = honest_value(comm, scores, problem.population(), solved.solution, solved.chosen_value);
  outcome.certificate["planned_value"] = certificate.value;
  if (honest.known) {
    outcome.certificate["honest_value"] = honest.value + (certificate.value - solved.chosen_value);
    outcome.certificate["honest"] = {{"ratio", honest.ratio}, {"offered_in_sample", honest.offered_in_sample}};
  }
  ListFiles files = write_list(comm, folder, scores, problem, solved.solution);
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
