#include "combine/offer_list.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "combine/score_source.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

using storage::Type;

/// Rows written at a time: whole blocks.
constexpr std::size_t batch_rows = 16 * storage::block_rows;

/// The columns of the list for some rows.
struct Columns {
  std::vector<std::uint64_t> id;
  std::vector<std::uint8_t> code, product, channel;
  std::vector<std::int32_t> offer;
  std::vector<double> limit, value;
  std::vector<float> apr, p_take, p_default, p_fraud, propensity;
  std::vector<std::uint16_t> term, reasons;
  allocation::Explanation why;
};

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// An offer with its numbers; offer −1: none.
struct Offered {
  std::int32_t offer = -1;
  double value = 0;
  float take = missing, pd = missing, propensity = missing;
};

Offered chosen_offer(const allocation::Population& population, std::size_t row, std::int32_t offer) {
  if (offer < 0) return {};
  const KeptPair pair = kept_pair(population.pair_note(row, offer));
  return {offer, population.value(row, offer), pair.take, pair.pd, missing};
}

Offered drawn_offer(const Explored& one) {
  return {static_cast<std::int32_t>(one.pair.offer), one.value, static_cast<float>(one.pair.take),
          static_cast<float>(one.pair.pd), one.propensity};
}

void add_offer(Columns& columns, const offers::ScoreCatalog& catalog, const Offered& made) {
  const bool offered = made.offer >= 0;
  const auto j = static_cast<std::size_t>(offered ? made.offer : 0);
  columns.offer.push_back(made.offer);
  columns.product.push_back(offered ? catalog.product[j] : std::uint8_t{255});
  columns.channel.push_back(offered ? catalog.channel[j] : std::uint8_t{255});
  columns.limit.push_back(offered ? catalog.limit[j] : 0.0);
  columns.apr.push_back(offered ? static_cast<float>(catalog.apr[j]) : missing);
  columns.term.push_back(offered ? catalog.term[j] : std::uint16_t{0});
  columns.p_take.push_back(made.take);
  columns.p_default.push_back(made.pd);
  columns.value.push_back(made.value);
  columns.propensity.push_back(made.propensity);
}

/// What a drawn offer is worth at the shadow prices.
double reduced_value(const ListProblem& problem, const allocation::Solution& solution, const Explored& one) {
  double reduced = one.value;
  for (std::size_t k = 0; k < problem.limits().size(); ++k)
    reduced -= solution.multipliers[k] * problem.limits()[k].use(one.pair);
  return reduced;
}

Columns make_columns(const offers::ScoreSchema& schema, const ListProblem& problem,
                     const allocation::Solution& solution, std::size_t first, std::size_t count,
                     DecisionCounts& counts) {
  const allocation::Population& population = problem.population();
  Columns columns;
  columns.why = population.explain(solution, first, count);
  for (std::size_t row = first; row < first + count; ++row) {
    const KeptRow kept = kept_row(population.row_note(row));
    const Explored* drawn = problem.cells().find(population.id(row));
    const Offered made = drawn ? drawn_offer(*drawn) : chosen_offer(population, row, solution.choice[row]);
    const Decided decided = made.offer >= 0 ? decide(made.offer, {}, schema.reason_class) : kept.decided;
    ++counts[static_cast<std::size_t>(decided.decision)];
    columns.id.push_back(population.id(row));
    columns.code.push_back(static_cast<std::uint8_t>(decided.decision));
    columns.reasons.insert(columns.reasons.end(), decided.reasons.begin(), decided.reasons.end());
    columns.p_fraud.push_back(static_cast<float>(kept.facts.p_fraud));
    add_offer(columns, schema.catalog, made);
    if (drawn) columns.why.reduced_value[row - first] = reduced_value(problem, solution, *drawn);
  }
  return columns;
}

void declare_table(storage::TableWriter& table, const offers::ScoreSchema& schema, std::uint64_t total_rows,
                   bool explores) {
  table.attribute("format", "proffer-offers");
  table.attribute("format_version", "1.0");
  table.attribute("currency", schema.currency);
  offers::write_catalog(table, schema.catalog);
  table.small("/schema/reasons", schema.reasons);
  std::vector<std::string> codes;
  for (std::size_t d = 0; d < decision_count; ++d) codes.emplace_back(name_of(static_cast<Decision>(d)));
  table.small("/schema/decisions", codes);
  const auto column = [&](const char* name, Type type) { table.dataset(name, type, {{total_rows}}); };
  column("/borrower/id", Type::u64);
  column("/decision/code", Type::u8);
  column("/decision/offer", Type::i32);
  column("/decision/product", Type::u8);
  column("/decision/limit", Type::f64);
  column("/decision/apr", Type::f32);
  column("/decision/term", Type::u16);
  column("/decision/channel", Type::u8);
  column("/decision/p_take", Type::f32);
  column("/decision/p_default", Type::f32);
  column("/decision/p_fraud", Type::f32);
  column("/decision/value", Type::f64);
  table.dataset("/decision/reasons", Type::u16, {{total_rows, 4}});
  column("/decision/reduced_value", Type::f64);
  column("/decision/runner_up", Type::i32);
  column("/decision/runner_up_reduced_value", Type::f64);
  if (explores) column("/decision/propensity", Type::f32);
}

void write_rows(storage::TableWriter& table, std::uint64_t first, const Columns& columns, bool explores) {
  table.write_rows<std::uint64_t>("/borrower/id", first, columns.id);
  table.write_rows<std::uint8_t>("/decision/code", first, columns.code);
  table.write_rows<std::int32_t>("/decision/offer", first, columns.offer);
  table.write_rows<std::uint8_t>("/decision/product", first, columns.product);
  table.write_rows<double>("/decision/limit", first, columns.limit);
  table.write_rows<float>("/decision/apr", first, columns.apr);
  table.write_rows<std::uint16_t>("/decision/term", first, columns.term);
  table.write_rows<std::uint8_t>("/decision/channel", first, columns.channel);
  table.write_rows<float>("/decision/p_take", first, columns.p_take);
  table.write_rows<float>("/decision/p_default", first, columns.p_default);
  table.write_rows<float>("/decision/p_fraud", first, columns.p_fraud);
  table.write_rows<double>("/decision/value", first, columns.value);
  table.write_rows<std::uint16_t>("/decision/reasons", first, columns.reasons);
  table.write_rows<double>("/decision/reduced_value", first, columns.why.reduced_value);
  table.write_rows<std::int32_t>("/decision/runner_up", first, columns.why.runner_up);
  table.write_rows<double>("/decision/runner_up_reduced_value", first, columns.why.runner_up_reduced);
  if (explores) table.write_rows<float>("/decision/propensity", first, columns.propensity);
}

std::string csv_lines(const offers::ScoreCatalog& catalog, const Columns& columns) {
  fmt::memory_buffer lines;
  for (std::size_t i = 0; i < columns.id.size(); ++i) {
    if (columns.offer[i] < 0) continue;
    const auto j = static_cast<std::size_t>(columns.offer[i]);
    fmt::format_to(std::back_inserter(lines), "{},offered,{},{},{},{},{},{},{},{},{},{},{}\n", columns.id[i],
                   csv_cell(catalog.name[j]), csv_cell(catalog.products[catalog.product[j]]),
                   shortest(columns.limit[i]), shortest(columns.apr[i]), columns.term[i],
                   csv_cell(catalog.channels[catalog.channel[j]]), shortest(columns.p_take[i]),
                   shortest(columns.p_default[i]), shortest(columns.p_fraud[i]),
                   shortest(static_cast<float>(columns.value[i])), shortest(columns.why.reduced_value[i]));
  }
  return fmt::to_string(lines);
}

/// The lines of one rank, beside the file they will go to until it is known how many the ranks before it have. Nobody
/// else sees this file, and it is gone when the job is.
class Lines {
 public:
  explicit Lines(std::filesystem::path path) : path_(std::move(path)) {
    file_.open(path_, std::ios::binary | std::ios::in | std::ios::out | std::ios::trunc);
    check();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);  // stays readable while it is open
  }
  void add(std::string_view text) {
    file_.write(text.data(), static_cast<std::streamsize>(text.size()));
    size_ += text.size();
    check();
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  void copy_to(const std::filesystem::path& path, std::uint64_t offset) {
    std::fstream to(path, std::ios::binary | std::ios::in | std::ios::out);
    to.seekp(static_cast<std::streamoff>(offset));
    file_.seekg(0);
    std::vector<char> buffer(std::size_t{1} << 20);
    for (std::uint64_t left = size_; left > 0;) {
      const std::uint64_t some = std::min<std::uint64_t>(left, buffer.size());
      file_.read(buffer.data(), static_cast<std::streamsize>(some));
      check();
      to.write(buffer.data(), static_cast<std::streamsize>(some));
      left -= some;
    }
    to.close();
    if (!to) refuse(path);
  }

 private:
  void check() const {
    if (!file_) refuse(path_);
  }
  [[noreturn]] static void refuse(const std::filesystem::path& path) {
    throw SystemError(
        {fmt::format("{} cannot be written", path.string()), std::strerror(errno), "check space and rights"});
  }

  std::filesystem::path path_;
  std::fstream file_;
  std::uint64_t size_ = 0;
};

/// Every rank's lines behind those of the ranks before it.
storage::Published publish_lines(const parallel::Communicator& comm, const std::filesystem::path& path, Lines& lines) {
  const std::filesystem::path temporary = path.string() + ".partial";
  const std::uint64_t offset = parallel::sum_before(comm, lines.size());
  parallel::on_root(comm, [&] { storage::write_text_file(temporary, ""); });
  parallel::together(comm, [&] { lines.copy_to(temporary, offset); });
  return storage::publish_file(comm, temporary, path);
}

constexpr std::string_view csv_header =
    "id,decision,offer,product,limit,apr,term,channel,p_take,p_default,p_fraud,value,reduced_value\n";

}  // namespace

ListFiles write_list(const parallel::Communicator& comm, const std::filesystem::path& folder,
                     const offers::ScoredBatches& scores, const ListProblem& problem,
                     const allocation::Solution& solution) {
  ListFiles files;
  const bool explores = problem.cells().explores();
  const offers::ScoreSchema& schema = scores.schema();
  storage::TableWriter table(comm, folder / "offers.h5");
  declare_table(table, schema, scores.total_rows(), explores);
  std::optional<Lines> lines;
  parallel::together(comm, [&] {
    lines.emplace(folder / fmt::format("offers.csv.lines.{}", comm.rank()));
    if (comm.is_root()) lines->add(csv_header);
    for (std::size_t first = 0; first < solution.choice.size(); first += batch_rows) {
      const std::size_t count = std::min(batch_rows, solution.choice.size() - first);
      const Columns columns = make_columns(schema, problem, solution, first, count, files.decisions);
      write_rows(table, scores.first_row() + first, columns, explores);
      lines->add(csv_lines(schema.catalog, columns));
    }
  });
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(files.decisions));
  files.table = table.publish();
  files.csv = publish_lines(comm, folder / "offers.csv", *lines);
  return files;
}

}  // namespace proffer::combine
