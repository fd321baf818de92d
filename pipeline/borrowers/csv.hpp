// CSV files, plain or gzip, cut into blocks of whole lines so that ranks can share the work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proffer::borrowers {

/// What is wrong with one row of a CSV file. Thrown while a row is read; the caller knows file and line.
struct RowProblem {
  std::size_t column = 0;  ///< number of the cell from 1; 0: the line as a whole
  std::string name;        ///< the column's name in the header, or the setting that made the value
  std::string value;
  std::string reason;  ///< what was expected
};

/// A value for a message: at most some 80 bytes of it.
[[nodiscard]] std::string shortened(std::string value);

struct CsvFormat {
  char separator = ',';
  std::uint64_t header_line = 1;  ///< 0: no header; columns are then #1, #2, …
};

/// Cuts one line (without its line end) into cells by RFC 4180: a cell may be quoted, a quote inside is doubled. A
/// quoted cell may not hold a line break. The cells live until the next split. RowProblem for misplaced quotes.
class CellSplitter {
 public:
  explicit CellSplitter(char separator) : separator_(separator) {}
  [[nodiscard]] const std::vector<std::string_view>& split(std::string_view line);

 private:
  std::size_t quoted_cell(std::string_view line, std::size_t at);
  char separator_;
  std::vector<std::string_view> cells_;
  std::string unquoted_;
};

/// Some whole lines, each with its line end (the last may lack it).
struct CsvBlock {
  std::uint64_t number = 0;
  std::string_view text;
};

/// Calls `visit` with each line of the block, without line feed and carriage return.
void for_each_line(std::string_view text, const std::function<void(std::string_view line)>& visit);

/// One CSV file. Independent: every rank opens it. A block is the lines that start within a fixed range of bytes below
/// the header, counted in the unpacked text: blocks are the same for a plain file and its gzip, at any number of ranks.
/// Plain files are read only where blocks are wanted; of a gzip file every reader unpacks all, in bounded memory.
class CsvFile {
 public:
  static constexpr std::uint64_t default_block_bytes = std::uint64_t{1} << 20;

  /// UsageError where absent or a folder, DataError where empty or without the header line, SystemError for I/O.
  CsvFile(std::filesystem::path path, CsvFormat format, std::uint64_t block_bytes = default_block_bytes);
  ~CsvFile();
  CsvFile(CsvFile&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] const CsvFormat& format() const;
  [[nodiscard]] const std::vector<std::string>& header() const;
  /// How many blocks there are, known in advance for plain files only.
  [[nodiscard]] std::optional<std::uint64_t> blocks() const;
  /// Calls `work` with the blocks that `wanted` chooses, in order, until it returns false. Each call starts anew.
  void for_each_block(const std::function<bool(std::uint64_t number)>& wanted,
                      const std::function<bool(const CsvBlock&)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proffer::borrowers
