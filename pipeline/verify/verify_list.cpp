#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "verify/cash_flows.hpp"
#include "verify/csv_list.hpp"
#include "verify/known_settings.hpp"
#include "verify/list_rows.hpp"
#include "verify/parts.hpp"
#include "verify/who_is_decided.hpp"

namespace proffer::verify {
namespace {

std::string counted(std::uint64_t number) {
  return with_thousands(static_cast<long long>(number));
}

/// Everything that is read before the rows.
struct Facts {
  borrowers::BookReader book;
  ListFile list;
  std::optional<ScoreFile> scores;
  Certificate certificate;
  Catalog catalog;
  std::vector<Counting> limits;
  std::optional<PairScorer> scorer;
  RowFacts rows;
  std::vector<std::string> segments, groups;
  std::optional<EarlierList> earlier;

  explicit Facts(const Sources& sources)
      : book(sources.population->path),
        list(sources.list.path),
        certificate(read_certificate(sources.certificate.path, true)),
        catalog(read_catalog(sources.scoring.settings())),
        scoring_settings_(&sources.scoring.settings()) {
    const RecordedSettings& settings = sources.scoring.settings();
    refuse_unknown_scoring(settings);
    refuse_unknown_combine(sources.run.settings(), sources.combine_prefix());
    if (sources.scores) scores.emplace(sources.scores->path, catalog.offers.size());
    rows.segment = column("combine.segment", segments);
    rows.group = column("combine.monitor", groups);
    if (sources.previous) rows.earlier = &earlier.emplace(sources.previous->path, catalog);
    const RecordedSettings& own = sources.run.settings();
    const std::string prefix = sources.combine_prefix();
    rows.cells = {own.number(prefix + "cells.control", 0), own.number(prefix + "cells.exploration", 0),
                  static_cast<std::uint64_t>(own.number("seed", 0))};
    std::map<std::string, ModelFile> models;
    for (const auto& [name, file] : sources.models) models.emplace(name, read_model(file.path));
    scorer.emplace(settings, catalog, book, std::move(models),
                   sources.suppression ? read_suppressed(sources.suppression->path) : std::set<std::uint64_t>());
  }
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  /// Collective. What limits count; some need how many borrowers of each group are decided.
  void read_limits_of(const parallel::Communicator& comm, const Sources& sources, const Part& part) {
    const RecordedSettings& settings = sources.run.settings();
    const std::string prefix = sources.combine_prefix();
    Surroundings around{groups, std::vector<std::uint64_t>(groups.size(), 0), {}, 0, 0, 12};
    std::vector<Limit> declared;
    parallel::together(comm, [&] {
      declared = read_limits(settings, prefix);
      around.scenarios = read_scenarios(settings, prefix, segments);
      const Economics economics = read_economics(sources.scoring.settings());
      around.pd_floor = economics.pd_floor;
      around.lgd_floor = economics.lgd_floor;
      around.horizon = std::max(1, read_model(sources.models.at("default").path).horizon_months);
      if (rows.group) count_groups(part, around.group_rows);
    });
    parallel::all_reduce_sum(comm, std::span<std::uint64_t>(around.group_rows));
    parallel::together(comm, [&] {
      for (const Limit& limit : declared) limits.emplace_back(limit, catalog, segments, around);
    });
  }

 private:
  std::optional<std::size_t> column(const char* setting, std::vector<std::string>& labels) {
    const std::string name = scoring_settings_->text(setting, "");
    if (name.empty()) return std::nullopt;
    const std::size_t place = book.schema().index_of(name, setting);
    labels = book.schema().columns[place].dictionary;
    return place;
  }
  void count_groups(const Part& part, std::vector<std::uint64_t>& counts) const {
    for (const std::uint64_t row : part.book_rows) {
      const float code = book.read(row, 1).features[*rows.group];
      if (code >= 0 && code < static_cast<float>(counts.size())) ++counts[static_cast<std::size_t>(code)];
    }
  }
  const RecordedSettings* scoring_settings_;
};

/// Root: what does not depend on rows.
void check_schemas(const Sources& sources, const Facts& facts, Findings& findings) {
  const auto same = [&](const storage::TableReader& table, const char* path, const std::vector<std::string>& right) {
    const auto there = table.texts(path);
    if (there != right) findings.add("schema", path, one_of(there), one_of(right));
  };
  same(facts.list.table(), "/schema/decisions", decision_names());
  same(facts.list.table(), "/schema/reasons", facts.scorer->reasons().names);
  check_catalog(facts.list.table(), facts.catalog, findings);
  if (facts.scores) {
    same(facts.scores->table(), "/schema/reasons", facts.scorer->reasons().names);
    same(facts.scores->table(), "/schema/segments", facts.segments);
    check_catalog(facts.scores->table(), facts.catalog, findings);
  }
  const std::string& currency = facts.book.schema().currency;
  for (const std::string& there : {facts.list.table().text_attribute("currency"), facts.certificate.currency})
    if (there != currency) findings.add("currency", "list", there, currency);
  for (const auto& [name, file] : sources.models) check_export(file.path, read_model(file.path), findings);
}

/// The share of borrowers that score values by second opinions too.
std::uint64_t sample_threshold(std::uint64_t rows, double wanted) {
  if (static_cast<double>(rows) <= wanted) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(0x1p64 * (wanted / static_cast<double>(rows)));
}

/// This rank's rows, batch by batch.
void check_rows(const Facts& facts, const Part& part, ListRowCheck& check, std::string& csv, Progress& progress,
                Findings& findings) {
  constexpr std::uint64_t batch_rows = storage::block_rows;
  for (std::size_t done = 0; done < part.book_rows.size();) {
    const std::uint64_t first = part.book_rows[done];
    std::size_t count = 1;
    while (done + count < part.book_rows.size() && part.book_rows[done + count] < first + batch_rows) ++count;
    const borrowers::Batch batch = facts.book.read(first, part.book_rows[done + count - 1] + 1 - first);
    const ListRows list = facts.list.read(part.first + done, count);
    std::optional<ScoreRows> scores;
    if (facts.scores) scores = facts.scores->read(part.first + done, count);
    for (std::size_t r = 0; r < count; ++r) {
      const std::size_t i = part.book_rows[done + r] - first;
      if (scores && (scores->id[r] != batch.id[i] || scores->unit[r] != batch.unit[i]))
        findings.add("scored borrower", fmt::format("row {}", part.first + done + r), borrower(scores->id[r]),
                     borrower(batch.id[i]));
      if (list.id[r] == batch.id[i]) check.check(batch, i, list, scores ? &*scores : nullptr, r);
    }
    csv += csv_lines(list, facts.catalog);
    progress.advance(count);
    done += count;
  }
}

/// Collective. All ranks' sums in `check`.
void reduce(const parallel::Communicator& comm, ListRowCheck& check) {
  std::vector<parallel::ExactSum> sums{check.value, check.honest.planned, check.honest.second, check.honest.tolerance};
  const auto each = [&](const std::function<void(parallel::ExactSum&)>& take) {
    for (Tally& tally : check.tallies) tally.each(take);
    for (parallel::ExactSum& opening : check.openings) take(opening);
    take(check.whole_opening);
    take(check.explored_value);
  };
  each([&](parallel::ExactSum& sum) { sums.push_back(sum); });
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  check.value = sums[0];
  check.honest.planned = sums[1];
  check.honest.second = sums[2];
  check.honest.tolerance = sums[3];
  std::size_t next = 4;
  each([&](parallel::ExactSum& sum) { sum = sums[next++]; });
  std::vector<std::uint64_t> counts{check.control, check.exploration, check.explored};
  for (const Tally& tally : check.tallies) counts.push_back(tally.had_offer);
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  check.control = counts[0];
  check.exploration = counts[1];
  check.explored = counts[2];
  for (std::size_t k = 0; k < check.tallies.size(); ++k) check.tallies[k].had_offer = counts[3 + k];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(check.decisions));
  check.honest.count = parallel::sum_over_ranks(comm, check.honest.count);
  check.dual_is_known = !parallel::any_over_ranks(comm, !check.dual_is_known);
}

void check_honest(const Certificate& certificate, const ListRowCheck& check, Findings& findings) {
  const double planned = check.honest.planned.rounded();
  const bool known = check.honest.count > 0 && planned > 0;
  if (known != certificate.honest_ratio.has_value()) {
    findings.add("honest value", "certificate", certificate.honest_ratio ? "there" : "none", known ? "there" : "none");
    return;
  }
  if (!known) return;
  const double ratio = check.honest.second.rounded() / planned;
  const double rounding = 2 * check.honest.tolerance.rounded() / planned * std::max(1.0, std::abs(ratio));
  const auto compare = [&](const char* what, double there, double right, double tolerance) {
    if (!(std::abs(there - right) <= tolerance)) findings.add("honest value", what, shown(there), shown(right));
  };
  compare("honest.ratio", *certificate.honest_ratio, ratio, rounding);
  compare("honest.offered_in_sample", static_cast<double>(certificate.honest_sample),
          static_cast<double>(check.honest.count), 0);
  // What was drawn was not chosen by its value: it counts as planned.
  const double explored = check.explored_value.rounded(), chosen = certificate.value - explored;
  compare("honest_value", *certificate.honest_value, chosen * *certificate.honest_ratio + explored,
          explored == 0 ? 0 : 1e-9 * std::abs(certificate.value));
}

/// Root: the certificate against the sums of all rows.
void check_certificate(const Sources& sources, const Facts& facts, const ListRowCheck& check, std::uint64_t borrowers,
                       bool honest, Findings& findings) {
  const Certificate& certificate = facts.certificate;
  const RecordedSettings& settings = sources.run.settings();
  const std::string prefix = sources.combine_prefix();
  std::vector<Limit> limits;
  std::vector<LimitTruth> truths;
  for (std::size_t k = 0; k < facts.limits.size(); ++k) {
    limits.push_back(facts.limits[k].limit());
    Limit& limit = limits.back();
    if (limit.against_before()) limit.opening = static_cast<double>(check.tallies[k].had_offer);
    if (limit.opening_book) {
      limit.opening = check.openings[k].rounded();
      limit.whole = limit.share ? check.whole_opening.rounded() : 0;
    }
    truths.push_back(truth_of(limit, facts.limits[k], check.tallies[k]));
  }
  check_arithmetic(certificate, truths, check.value, settings.number(prefix + "gap_tolerance"), findings);
  const double common_shock = settings.number(prefix + "common_shock");
  for (std::size_t k = 0; k < std::min(truths.size(), certificate.limits.size()); ++k)
    check_declared(certificate.limits[k], limits[k], facts.limits[k], check.tallies[k], common_shock, findings);
  const auto count = [&](const std::string& what, std::uint64_t there, std::uint64_t right) {
    if (there != right) findings.add("count", what, counted(there), counted(right));
  };
  count("borrowers", certificate.borrowers, borrowers);
  count("offered", certificate.offered, check.decisions[offered]);
  for (std::size_t d = 0; d < decision_names().size(); ++d) {
    const auto there = certificate.decisions.find(decision_names()[d]);
    count(decision_names()[d], there == certificate.decisions.end() ? 0 : there->second, check.decisions[d]);
  }
  const Certificate::Cells cells = certificate.cells.value_or(Certificate::Cells{});
  count("control cell", cells.control, check.control);
  count("exploration cell", cells.exploration, check.exploration);
  count("explored", cells.explored, check.explored);
  if (cells.value != check.explored_value.rounded())
    findings.add("explored value", "certificate", shown(cells.value), shown(check.explored_value.rounded()));
  if (certificate.planned_value != certificate.value)
    findings.add("planned value", "certificate", shown(certificate.planned_value), shown(certificate.value));
  if (honest) check_honest(certificate, check, findings);
}

Depth depth_for(std::uint64_t rows, std::size_t offers, const Options& options) {
  const std::uint64_t pairs = rows * offers;
  if (options.full || pairs <= options.pairs) return {1};
  return {(pairs + options.pairs - 1) / options.pairs};
}

}  // namespace

void verify_list(const parallel::Communicator& comm, const Sources& sources, const Options& options, Log& log,
                 Report& report) {
  std::optional<Facts> facts;
  parallel::together(comm, [&] { facts.emplace(sources); });
  parallel::on_root(comm, [&] { check_schemas(sources, *facts, report.findings); });
  const Part part = part_of_rank(comm, facts->book);
  facts->read_limits_of(comm, sources, part);
  const std::size_t offers = facts->catalog.offers.size();
  report.lines.push_back(fmt::format("{}: {} borrowers × {} offers, {} limits", sources.list.path.string(),
                                     counted(part.total), offers, facts->limits.size()));
  if (facts->scores && facts->scores->rows() != part.total) {
    if (comm.is_root())
      report.findings.add("scores", sources.scores->path.string(), counted(facts->scores->rows()) + " rows",
                          counted(part.total) + " rows");
    facts->scores.reset();
  }
  if (!check_borrowers(comm, facts->book, facts->list, part, report.findings)) {
    report.lines.push_back("other borrowers than those to be decided: nothing else was recomputed");
    return;
  }
  if (facts->certificate.limits.size() != facts->limits.size()) {
    if (comm.is_root())
      report.findings.add("limits", "certificate", fmt::format("{} limits", facts->certificate.limits.size()),
                          fmt::format("{} limits", facts->limits.size()));
    report.lines.push_back("other limits than the settings declare: nothing else was recomputed");
    return;
  }
  const Depth depth = depth_for(part.total, offers, options);
  ListRowCheck check(facts->catalog, *facts->scorer, facts->certificate, facts->limits, facts->rows, depth,
                     report.findings);
  const RecordedSettings& scoring = sources.scoring.settings();
  const double wanted = scoring.number("score.second_sample", scoring.number("second_sample", 0));
  const bool honest = facts->scorer->has_second() && wanted > 0;
  if (honest) check.sample(static_cast<std::uint64_t>(scoring.number("seed")), sample_threshold(part.total, wanted));
  std::string csv;
  Progress progress(log, "verify", part.book_rows.size());
  parallel::together(comm, [&] { check_rows(*facts, part, check, csv, progress, report.findings); });
  check_csv(comm, sources.csv.path, csv, report.findings);
  reduce(comm, check);
  if (comm.is_root()) check_certificate(sources, *facts, check, part.total, honest, report.findings);

  report.lines.push_back(
      depth.all()
          ? "every borrower was rescored against every offer"
          : fmt::format("every offer made was rescored, and one borrower in {} against every offer (--full: all)",
                        depth.one_in));
  if (check.dual_is_known) {
    const double g = check.dual.check(comm, part.total, report.findings);
    report.lines.push_back(
        fmt::format("no list within the limits is worth more than {}, by the shadow prices; this one is worth {}",
                    shown(g), shown(check.value.rounded())));
    if (facts->certificate.bound < facts->certificate.relaxed_bound)
      report.lines.push_back(
          fmt::format("not recomputed: that the search lowered this to {}", shown(facts->certificate.bound)));
  } else {
    report.lines.push_back("not recomputed: the bound, and decisions other than offers (the scores were not stored)");
  }
}

}  // namespace proffer::verify
