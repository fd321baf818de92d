// First pass over a CSV file: which rows are good, how many there are in each block, which labels occur.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "borrowers/csv.hpp"
#include "borrowers/ingest_duplicates.hpp"
#include "borrowers/ingest_rows.hpp"
#include "borrowers/mapping.hpp"
#include "foundation/error.hpp"
#include "parallel/communicator.hpp"

namespace proffer::borrowers {

/// A line of the file: its block, and its place there from 0. Grows with the line.
[[nodiscard]] constexpr std::uint64_t position_of(std::uint64_t block, std::uint64_t line) {
  return block << 32 | line;
}

struct BlockCount {
  std::uint64_t number = 0;
  std::uint64_t lines = 0;
  std::uint64_t rows = 0;  ///< lines that are not blank
  std::uint64_t kept = 0;
};

struct Reject {
  std::uint64_t position = 0;
  RowProblem problem;
};

/// Counts of all blocks, known to every rank, with running sums.
class BlockTable {
 public:
  BlockTable() = default;
  explicit BlockTable(std::vector<BlockCount> blocks);
  [[nodiscard]] std::span<const BlockCount> blocks() const { return blocks_; }
  /// Lines in the blocks before this one.
  [[nodiscard]] std::uint64_t lines_before(std::uint64_t block) const;
  /// Kept rows in the blocks before this one.
  [[nodiscard]] std::uint64_t kept_before(std::uint64_t block) const;
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t kept() const { return kept_.empty() ? 0 : kept_.back(); }
  /// Number of the line below the header, from 1.
  [[nodiscard]] std::uint64_t line_below_header(std::uint64_t position) const;
  /// The rows at these positions are not kept after all.
  void drop(std::span<const std::uint64_t> positions);

 private:
  void add_up();
  std::vector<BlockCount> blocks_;
  std::vector<std::uint64_t> lines_, kept_;  // running sums, one longer than blocks_
  std::uint64_t rows_ = 0;
};

struct Survey {
  BlockTable table;
  std::vector<Reject> rejects;         ///< of this rank, by position
  std::vector<std::uint64_t> dropped;  ///< positions of rows that repeat others, all ranks', sorted
};

/// Collective. Reads every row once, closes the dictionaries of `reader`, finds repeated rows. DataError for the first
/// bad row of the file where the mapping says stop, or where more than max_rejected rows are bad; then no block after
/// it was necessarily read.
[[nodiscard]] Survey survey_rows(const parallel::Communicator& comm, const Mapping& mapping, CsvFile& csv,
                                 RowReader& reader);

/// "file:line:column: column 'x' holds 'abc' (expected …): …"
[[nodiscard]] Message message_of(const std::filesystem::path& file, std::uint64_t line, const RowProblem& problem);

/// Collective. Writes line, column, value and reason of every rejected row, in the order of the file.
void write_rejects(const parallel::Communicator& comm, const CsvFile& csv, const Survey& survey,
                   const std::filesystem::path& path);

}  // namespace proffer::borrowers
