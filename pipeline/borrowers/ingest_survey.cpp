#include "borrowers/ingest_survey.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/partition.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

/// What one rank finds in its blocks.
struct Findings {
  std::vector<BlockCount> blocks;
  std::vector<Reject> rejects;
  std::vector<RowKey> keys;
};

Message too_many_labels(const Mapping& mapping, std::size_t column) {
  return {"column '" + mapping.columns[column].column.name + "' has more than " +
              with_thousands(Dictionary::most_labels) + " labels",
          "such a column tells rows apart rather than groups them", "leave it out, or make it numeric"};
}

class Surveyor {
 public:
  Surveyor(const Mapping& mapping, RowReader& reader)
      : mapping_(mapping),
        reader_(reader),
        limit_(mapping.reject ? mapping.max_rejected : 0),
        has_ids_(!mapping.id.column.empty()) {}

  /// False where more rows were bad than are allowed.
  bool read(const CsvBlock& block) {
    BlockCount count{block.number, 0, 0, 0};
    for_each_line(block.text, [&](std::string_view line) {
      const std::uint64_t position = position_of(block.number, count.lines++);
      if (line.empty() || found_.rejects.size() > limit_) return;
      ++count.rows;
      if (read_line(line, position)) ++count.kept;
    });
    found_.blocks.push_back(count);
    return found_.rejects.size() <= limit_;
  }
  [[nodiscard]] Findings& found() { return found_; }

 private:
  bool read_line(std::string_view line, std::uint64_t position) {
    try {
      // The number of the row is known after this pass only; nothing that is checked depends on it.
      reader_.read(line, 0, row_);
    } catch (RowProblem& problem) {
      problem.value = shortened(std::move(problem.value));
      found_.rejects.push_back({position, std::move(problem)});
      return false;
    }
    for (const auto& [column, label] : row_.fresh_labels) add_label(column, label);
    if (has_ids_) found_.keys.push_back({row_.id, position, row_.as_of, 0});
    return true;
  }
  void add_label(std::size_t column, const std::string& label) {
    Dictionary& dictionary = reader_.dictionary(column);
    dictionary.add(label);
    if (dictionary.labels().size() > Dictionary::most_labels) throw DataError(too_many_labels(mapping_, column));
  }

  const Mapping& mapping_;
  RowReader& reader_;
  std::uint64_t limit_;
  bool has_ids_;
  BookRow row_;
  Findings found_;
};

Findings read_blocks(const parallel::Communicator& comm, const Mapping& mapping, CsvFile& csv, RowReader& reader) {
  Surveyor surveyor(mapping, reader);
  parallel::together(comm, [&] {
    // A plain file is cut into one range of bytes per rank. How long a gzip file is shows at its end only, so its
    // blocks are dealt out in turn.
    const auto rank = static_cast<std::uint64_t>(comm.rank());
    const auto size = static_cast<std::uint64_t>(comm.size());
    const auto range = csv.blocks() ? parallel::part_of(*csv.blocks(), comm.rank(), comm.size()) : parallel::RowRange{};
    const auto wanted = [&](std::uint64_t number) {
      return csv.blocks() ? number >= range.begin && number < range.end : number % size == rank;
    };
    csv.for_each_block(wanted, [&](const CsvBlock& block) { return surveyor.read(block); });
  });
  return std::move(surveyor.found());
}

/// Collective. Throws the message of the rank whose first rejected row stands first in the file.
void refuse_first(const parallel::Communicator& comm, const Mapping& mapping, const CsvFile& csv,
                  const BlockTable& table, const std::vector<Reject>& rejects) {
  std::uint64_t first = rejects.empty() ? nowhere : rejects.front().position;
  parallel::all_reduce_min(comm, std::span(&first, 1));
  parallel::together(comm, [&] {
    if (rejects.empty() || rejects.front().position != first) return;
    const std::uint64_t line = csv.format().header_line + table.line_below_header(first);
    Message message = message_of(csv.path(), line, rejects.front().problem);
    if (!mapping.reject) throw DataError(std::move(message));
    throw DataError({"more than " + with_thousands(static_cast<long long>(mapping.max_rejected)) + " rows of " +
                         csv.path().string() + " are bad; the first is " + message.problem,
                     message.why, "check the mapping, or raise max_rejected"});
  });
}

void close_dictionaries(const parallel::Communicator& comm, const Mapping& mapping, RowReader& reader) {
  for (const std::size_t column : reader.open_columns()) {
    std::string mine;
    for (const std::string& label : reader.dictionary(column).labels()) mine += label + '\n';
    const auto all = parallel::all_gather<char>(comm, mine);
    std::set<std::string> labels;
    for_each_line({all.data(), all.size()}, [&](std::string_view label) { labels.emplace(label); });
    if (labels.size() > Dictionary::most_labels)
      throw parallel::AgreedError(ExitCode::bad_data, too_many_labels(mapping, column));
    reader.dictionary(column).close({labels.begin(), labels.end()});
  }
}

RowProblem repeated(const Duplicate& duplicate, std::uint64_t line) {
  return {0, "", "borrower " + std::to_string(duplicate.id) + " on " + std::to_string(duplicate.as_of),
          "expected once; it stands on line " + std::to_string(line) + " already"};
}

bool by_position(const Reject& a, const Reject& b) {
  return a.position < b.position;
}

/// Collective. Repeated rows become rejects of rank 0 and are dropped.
void drop_repeated(const parallel::Communicator& comm, const Mapping& mapping, const CsvFile& csv,
                   std::span<const RowKey> keys, Survey& survey) {
  const std::uint64_t limit = mapping.reject ? mapping.max_rejected : 0;
  const Duplicates duplicates = find_duplicates(comm, keys, limit + 1);
  std::vector<Reject> rejects;
  for (const Duplicate& duplicate : duplicates.found) {
    survey.dropped.push_back(duplicate.position);
    const std::uint64_t first = csv.format().header_line + survey.table.line_below_header(duplicate.first);
    rejects.push_back({duplicate.position, repeated(duplicate, first)});
  }
  const std::uint64_t total =
      parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(survey.rejects.size())) + duplicates.count;
  if (duplicates.count > 0 && total > limit) {
    rejects.insert(rejects.end(), survey.rejects.begin(), survey.rejects.end());
    std::sort(rejects.begin(), rejects.end(), by_position);
    refuse_first(comm, mapping, csv, survey.table, rejects);
  }
  survey.table.drop(survey.dropped);
  if (!comm.is_root()) return;
  survey.rejects.insert(survey.rejects.end(), rejects.begin(), rejects.end());
}

}  // namespace

BlockTable::BlockTable(std::vector<BlockCount> blocks) : blocks_(std::move(blocks)) {
  std::sort(blocks_.begin(), blocks_.end(),
            [](const BlockCount& a, const BlockCount& b) { return a.number < b.number; });
  add_up();
}

void BlockTable::add_up() {
  lines_.assign(1, 0);
  kept_.assign(1, 0);
  rows_ = 0;
  for (const BlockCount& block : blocks_) {
    lines_.push_back(lines_.back() + block.lines);
    kept_.push_back(kept_.back() + block.kept);
    rows_ += block.rows;
  }
}

std::uint64_t BlockTable::lines_before(std::uint64_t block) const {
  const auto at = std::lower_bound(blocks_.begin(), blocks_.end(), block,
                                   [](const BlockCount& count, std::uint64_t number) { return count.number < number; });
  return lines_[static_cast<std::size_t>(at - blocks_.begin())];
}

std::uint64_t BlockTable::kept_before(std::uint64_t block) const {
  const auto at = std::lower_bound(blocks_.begin(), blocks_.end(), block,
                                   [](const BlockCount& count, std::uint64_t number) { return count.number < number; });
  return kept_[static_cast<std::size_t>(at - blocks_.begin())];
}

std::uint64_t BlockTable::line_below_header(std::uint64_t position) const {
  return lines_before(position >> 32) + (position & 0xffffffffU) + 1;
}

void BlockTable::drop(std::span<const std::uint64_t> positions) {
  for (const std::uint64_t position : positions) {
    const auto at =
        std::lower_bound(blocks_.begin(), blocks_.end(), position >> 32,
                         [](const BlockCount& count, std::uint64_t number) { return count.number < number; });
    --at->kept;
  }
  add_up();
}

Survey survey_rows(const parallel::Communicator& comm, const Mapping& mapping, CsvFile& csv, RowReader& reader) {
  Findings findings = read_blocks(comm, mapping, csv, reader);
  Survey survey;
  survey.table = BlockTable(parallel::all_gather<BlockCount>(comm, findings.blocks));
  survey.rejects = std::move(findings.rejects);
  const std::uint64_t rejected = parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(survey.rejects.size()));
  if (rejected > (mapping.reject ? mapping.max_rejected : 0))
    refuse_first(comm, mapping, csv, survey.table, survey.rejects);
  close_dictionaries(comm, mapping, reader);
  if (!mapping.id.column.empty()) drop_repeated(comm, mapping, csv, findings.keys, survey);
  return survey;
}

}  // namespace proffer::borrowers
