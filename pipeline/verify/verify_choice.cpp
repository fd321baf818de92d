#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/table_file.hpp"
#include "verify/certificate.hpp"
#include "verify/parts.hpp"

namespace proffer::verify {
namespace {

using storage::TableReader;

/// The problem file, read plainly.
struct Problem {
  TableReader table;
  std::uint64_t rows = 0, offers = 0, limits = 0;
  bool exactly_one = false, use_of_pairs = false;
  std::vector<double> limit, tolerance, use_of_offers;
  std::vector<std::uint8_t> sense;
  std::vector<std::string> names;

  explicit Problem(const std::filesystem::path& path) : table(path, "proffer-allocation", 1) {
    const auto dims = table.info("/value").shape.dims;
    rows = dims.at(0);
    offers = dims.at(1);
    exactly_one = table.has_attribute("choose") && table.text_attribute("choose") == "exactly_one";
    if (!table.has("/limit")) return;
    limit = table.read_all<double>("/limit");
    limits = limit.size();
    sense = table.read_all<std::uint8_t>("/sense");
    tolerance = table.has("/tolerance") ? table.read_all<double>("/tolerance") : std::vector<double>(limits, 0.0);
    if (table.has("/name")) names = table.texts("/name");
    for (std::size_t k = names.size(); k < limits; ++k) names.push_back(fmt::format("limit {}", k));
    use_of_pairs = table.info("/use").shape.dims.size() == 3;
    if (!use_of_pairs) use_of_offers = table.read_all<double>("/use");
  }
  [[nodiscard]] std::string sense_of(std::size_t k) const {
    return sense[k] == 0 ? "at_most" : sense[k] == 1 ? "at_least" : "equal";
  }
};

/// Some rows of it.
struct Rows {
  std::vector<std::uint64_t> id;
  std::vector<double> value;
  std::vector<std::uint8_t> eligible;    ///< empty: all are
  std::vector<std::vector<double>> use;  ///< of each limit; empty: per offer
};

Rows read_rows(const Problem& problem, std::uint64_t first, std::uint64_t count) {
  Rows rows;
  rows.id = problem.table.read_rows<std::uint64_t>("/id", first, count);
  rows.value = problem.table.read_rows<double>("/value", first, count);
  if (problem.table.has("/eligible")) rows.eligible = problem.table.read_rows<std::uint8_t>("/eligible", first, count);
  if (!problem.use_of_pairs) return rows;
  for (std::uint64_t k = 0; k < problem.limits; ++k) {
    rows.use.emplace_back(count * problem.offers);
    const std::vector<std::uint64_t> start{k, first, 0}, extent{1, count, problem.offers};
    problem.table.read_part<double>("/use", start, extent, rows.use.back());
  }
  return rows;
}

/// Sums over this rank's rows.
struct Sums {
  parallel::ExactSum value;
  std::vector<parallel::ExactSum> use;
  DualBound dual;
};

void check_row(const Problem& problem, const Rows& rows, std::size_t i, std::int32_t choice, Sums& sums,
               Findings& findings) {
  const auto uses_of = [&](std::size_t j) {
    std::vector<double> uses(problem.limits);
    for (std::size_t k = 0; k < problem.limits; ++k)
      uses[k] =
          problem.use_of_pairs ? rows.use[k][i * problem.offers + j] : problem.use_of_offers[k * problem.offers + j];
    return uses;
  };
  const auto allowed = [&](std::size_t j) {
    return rows.eligible.empty() || rows.eligible[i * problem.offers + j] != 0;
  };
  const std::string who = fmt::format("row with id {}", rows.id[i]);
  const auto chosen = static_cast<std::size_t>(choice);
  if (choice < -1 || choice >= static_cast<std::int64_t>(problem.offers))
    findings.add("choice", who, std::to_string(choice), fmt::format("-1 to {}", problem.offers - 1));
  else if (choice < 0 && problem.exactly_one)
    findings.add("choice", who, "none", "exactly one");
  else if (choice >= 0 && !allowed(chosen))
    findings.add("not eligible", who, fmt::format("offer {}", choice), "it may not be chosen");
  else if (choice >= 0) {
    sums.value.add(rows.value[i * problem.offers + chosen]);
    const std::vector<double> uses = uses_of(chosen);
    for (std::size_t k = 0; k < problem.limits; ++k) sums.use[k].add(uses[k]);
  }
  std::optional<double> best = problem.exactly_one ? std::nullopt : std::optional(0.0);
  double best_size = 0;
  for (std::size_t j = 0; j < problem.offers; ++j) {
    if (!allowed(j)) continue;
    double size = 0;
    const double reduced = sums.dual.reduced(rows.value[i * problem.offers + j], uses_of(j), size);
    if (!best || reduced > *best) best = reduced, best_size = size;
  }
  if (best) sums.dual.add_row(*best, best_size, 0);
}

}  // namespace

void verify_choice(const parallel::Communicator& comm, const Sources& sources, Report& report) {
  std::optional<Problem> problem;
  std::optional<TableReader> list;
  Certificate certificate;
  parallel::together(comm, [&] {
    problem.emplace(sources.problem->path);
    list.emplace(sources.list.path, "proffer-choice", 1);
    certificate = read_certificate(sources.certificate.path, false);
    list->require("/id", storage::Type::u64, {{problem->rows}});
    list->require("/choice", storage::Type::i32, {{problem->rows}});
    if (certificate.limits.size() != problem->limits)
      throw DataError({sources.certificate.path.string() + " has other limits than the problem",
                       fmt::format("{} and {}", certificate.limits.size(), problem->limits), "restore it"});
  });
  Sums sums{{}, std::vector<parallel::ExactSum>(problem->limits), DualBound(certificate)};
  const parallel::RowRange range = storage::rows_of_rank(comm, problem->rows);
  parallel::together(comm, [&] {
    for (std::uint64_t first = range.begin; first < range.end; first += storage::block_rows) {
      const std::uint64_t count = std::min(storage::block_rows, range.end - first);
      const Rows rows = read_rows(*problem, first, count);
      const auto id = list->read_rows<std::uint64_t>("/id", first, count);
      const auto choice = list->read_rows<std::int32_t>("/choice", first, count);
      for (std::size_t i = 0; i < count; ++i) {
        if (id[i] != rows.id[i])
          report.findings.add("id", fmt::format("row {}", first + i), std::to_string(id[i]),
                              std::to_string(rows.id[i]));
        check_row(*problem, rows, i, choice[i], sums, report.findings);
      }
    }
  });
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(&sums.value, 1));
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums.use));
  const double g = sums.dual.check(comm, problem->rows, report.findings);
  if (comm.is_root()) {
    std::vector<LimitTruth> truths;
    for (std::size_t k = 0; k < problem->limits; ++k)
      truths.push_back(
          {problem->names[k], problem->sense_of(k), problem->tolerance[k], problem->limit[k], sums.use[k]});
    check_arithmetic(certificate, truths, sums.value,
                     sources.run.settings().number(sources.combine_prefix() + "gap_tolerance"), report.findings);
  }
  report.lines.push_back(fmt::format("{}: {} rows × {} offers, {} limits", sources.list.path.string(),
                                     with_thousands(static_cast<long long>(problem->rows)), problem->offers,
                                     problem->limits));
  report.lines.push_back(
      fmt::format("no choice within the limits is worth more than {}, by the shadow prices; this one is worth {}",
                  shown(g), shown(sums.value.rounded())));
  if (certificate.bound < certificate.relaxed_bound)
    report.lines.push_back(fmt::format("not recomputed: that the search lowered this to {}", shown(certificate.bound)));
}

}  // namespace proffer::verify
