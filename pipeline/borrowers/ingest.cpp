#include "borrowers/ingest.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include "borrowers/ingest_side_tables.hpp"
#include "borrowers/ingest_survey.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::uint64_t rows_per_write = 4 * storage::block_rows;

/// Second pass: writes this rank's rows, in whole checksum blocks.
class RowWriter {
 public:
  RowWriter(BookWriter& book, const BookLayout& layout, parallel::RowRange range, Progress& progress)
      : book_(book), layout_(layout), range_(range), progress_(progress), batch_(empty_batch(layout, range.begin)) {}

  void take(std::uint64_t row_of_book, const BookRow& row) {
    if (row_of_book < range_.begin || row_of_book >= range_.end) return;
    append(batch_, row);
    if (batch_.rows() == rows_per_write) flush();
  }
  void flush() {
    keep_what_the_layout_has();
    book_.write(batch_);
    written_ += batch_.rows();
    progress_.advance(batch_.rows());
    batch_ = empty_batch(layout_, range_.begin + written_);
  }
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  void keep_what_the_layout_has() {
    if (!batch_.outcomes) return;
    if (!layout_.responded) batch_.outcomes->responded.clear();
    if (!layout_.booked) batch_.outcomes->booked.clear();
    if (!layout_.defaulted) batch_.outcomes->defaulted.clear();
    if (!layout_.fraud) batch_.outcomes->fraud.clear();
    if (!layout_.attrited) batch_.outcomes->attrited.clear();
    if (!layout_.repeated) batch_.outcomes->repeated.clear();
    if (!layout_.delinquent) batch_.outcomes->delinquent.clear();
  }
  BookWriter& book_;
  const BookLayout& layout_;
  parallel::RowRange range_;
  Progress& progress_;
  Batch batch_;
  std::uint64_t written_ = 0;
};

void count(OutcomeCounts& counts, std::uint8_t code) {
  switch (code) {
    case outcome::no:
      ++counts.no;
      break;
    case outcome::yes:
      ++counts.yes;
      break;
    case outcome::excluded:
      ++counts.excluded;
      break;
    case outcome::indeterminate:
      ++counts.indeterminate;
      break;
    default:
      ++counts.unknown;
  }
}

/// The outcomes (outcome_names) of the rows this rank wrote.
using Tally = std::vector<OutcomeCounts>;

/// Independent. Reads again the blocks that hold rows of `range` and writes these.
Tally write_rows(CsvFile& csv, RowReader& reader, const Survey& survey, const BookLayout& layout,
                 parallel::RowRange range, BookWriter& book, Log& log) {
  Progress progress(log, "ingest", range.size());
  RowWriter writer(book, layout, range, progress);
  Tally tally;
  for (const std::string_view name : outcome_names) tally.push_back({std::string(name)});
  BookRow row;
  const auto& table = survey.table;
  const auto read_block = [&](const CsvBlock& block) {
    std::uint64_t line = 0, next = table.kept_before(block.number);
    const std::uint64_t lines_before = table.lines_before(block.number);
    for_each_line(block.text, [&](std::string_view text) {
      const std::uint64_t position = position_of(block.number, line++);
      if (text.empty() || std::binary_search(survey.dropped.begin(), survey.dropped.end(), position)) return;
      try {
        reader.read(text, lines_before + line, row);
      } catch (const RowProblem&) {
        return;  // counted among the rejects by the first pass
      }
      if (next >= range.begin && next < range.end) {
        count(tally[0], row.outcome.responded);
        count(tally[1], row.outcome.booked);
        count(tally[2], row.outcome.defaulted);
        count(tally[3], row.outcome.fraud);
        count(tally[4], row.outcome.attrited);
        count(tally[5], row.outcome.repeated);
        count(tally[6], row.outcome.delinquent);
      }
      writer.take(next++, row);
    });
    return next < range.end;
  };
  const auto wanted = [&](std::uint64_t block) {
    return table.kept_before(block) < range.end && table.kept_before(block + 1) > range.begin;
  };
  if (range.size() > 0) csv.for_each_block(wanted, read_block);
  writer.flush();
  if (writer.written() != range.size())
    throw SystemError({csv.path().string() + " changed while it was read",
                       "its second reading has other rows than its first", "run again when the file is at rest"});
  return tally;
}

std::vector<OutcomeCounts> total(const parallel::Communicator& comm, const BookLayout& layout, Tally tally) {
  std::vector<std::uint64_t> counts;
  for (const OutcomeCounts& c : tally)
    counts.insert(counts.end(), {c.no, c.yes, c.excluded, c.indeterminate, c.unknown});
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  const bool has[] = {layout.responded, layout.booked,   layout.defaulted, layout.fraud,
                      layout.attrited,  layout.repeated, layout.delinquent};
  std::vector<OutcomeCounts> totals;
  for (std::size_t o = 0; o < tally.size(); ++o) {
    const auto* c = counts.data() + o * 5;
    if (has[o]) totals.push_back({tally[o].name, c[0], c[1], c[2], c[3], c[4]});
  }
  return totals;
}

/// The side tables, on the root; every rank learns how long they are.
struct SideTables {
  Contacts contacts;
  Accounts accounts;
};

SideTables read_side_tables(const parallel::Communicator& comm, const Mapping& mapping, BookLayout& layout) {
  SideTables side;
  parallel::on_root(comm, [&] {
    if (mapping.contacts) side.contacts = read_contacts(mapping);
    if (mapping.accounts) side.accounts = read_accounts(mapping);
  });
  std::uint64_t rows[] = {side.contacts.id.size(), side.accounts.id.size()};
  parallel::broadcast(comm, std::span<std::uint64_t>(rows));
  layout.contacts = rows[0];
  layout.accounts = rows[1];
  return side;
}

void report(const IngestResult& result, const Mapping& mapping, Log& log) {
  const auto number = [](std::uint64_t value) { return with_thousands(static_cast<long long>(value)); };
  log.info("ingest: " + number(result.read) + " rows of " + mapping.csv.path.filename().string() + " read, " +
           number(result.kept) + " kept, " + number(result.rejected) + " rejected");
  for (const OutcomeCounts& c : result.outcomes)
    log.info("ingest: " + c.name + ": " + number(c.yes) + " yes, " + number(c.no) + " no, " + number(c.unknown) +
             " immature or unknown, " + number(c.excluded) + " excluded, " + number(c.indeterminate) +
             " indeterminate");
  if (result.rejected > 0) log.warning("ingest: rejected rows are listed in " + result.rejects.string());
}

}  // namespace

std::vector<std::filesystem::path> inputs_of(const Mapping& mapping) {
  std::vector<std::filesystem::path> inputs{mapping.csv.path};
  if (mapping.contacts) inputs.push_back(mapping.contacts->csv.path);
  if (mapping.accounts) inputs.push_back(mapping.accounts->csv.path);
  return inputs;
}

IngestResult ingest(const parallel::Communicator& comm, const Mapping& mapping, const std::filesystem::path& book,
                    Log& log, std::uint64_t block_bytes) {
  std::unique_ptr<CsvFile> csv;
  std::unique_ptr<RowReader> reader;
  parallel::together(comm, [&] {
    csv = std::make_unique<CsvFile>(mapping.csv.path, mapping.csv.format, block_bytes);
    reader = std::make_unique<RowReader>(mapping, *csv);
  });
  const Survey survey = survey_rows(comm, mapping, *csv, *reader);
  IngestResult result;
  result.read = survey.table.rows();
  result.kept = survey.table.kept();
  result.rejected = parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(survey.rejects.size()));
  expects(result.read == result.kept + result.rejected, "every row is kept or rejected");
  if (mapping.reject) {
    result.rejects = std::filesystem::path(book).replace_extension(".rejects.csv");
    write_rejects(comm, *csv, survey, result.rejects);
  }
  if (result.kept == 0)
    throw parallel::AgreedError(
        ExitCode::bad_data,
        {csv->path().string() + " gives no row for the book",
         std::to_string(result.read) + " rows read, " + std::to_string(result.rejected) + " rejected",
         result.read == 0 ? "check header_line" : "see " + result.rejects.string()});
  BookLayout layout = layout_of(mapping);
  layout.rows = result.kept;
  for (std::size_t c = 0; c < mapping.columns.size(); ++c)
    if (mapping.columns[c].auto_dictionary) layout.schema.columns[c].dictionary = reader->dictionary(c).labels();
  const SideTables side = read_side_tables(comm, mapping, layout);
  BookWriter writer(comm, book, layout);
  Tally tally;
  parallel::together(comm, [&] {
    tally = write_rows(*csv, *reader, survey, layout, storage::rows_of_rank(comm, result.kept), writer, log);
    if (!comm.is_root()) return;
    writer.write_contacts(0, side.contacts);
    writer.write_accounts(0, side.accounts);
  });
  result.outcomes = total(comm, layout, std::move(tally));
  result.book = writer.publish();
  report(result, mapping, log);
  return result;
}

}  // namespace proffer::borrowers
