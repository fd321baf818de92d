// HDF5 files of tables, by the rules of docs/formats.md: datasets at final size, fixed-length types, no times, early
// allocation, no fill, no compression, xxh3 checksums per block of rows, published by rename.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "parallel/communicator.hpp"
#include "parallel/partition.hpp"

namespace proffer::storage {

/// Rows per checksum block of every table. Rows are dealt out to ranks in whole blocks (rows_of_rank), so that a rank
/// writes whole blocks; other writes are read back once at publish.
inline constexpr std::uint64_t block_rows = 4096;

[[nodiscard]] inline parallel::RowRange rows_of_rank(const parallel::Communicator& comm, std::uint64_t rows) {
  return parallel::part_of(rows, comm.rank(), comm.size(), block_rows);
}

/// Element types of datasets (little-endian in the file).
enum class Type { u8, u16, u32, u64, i32, i64, f32, f64 };
template <class T>
[[nodiscard]] constexpr Type type_of();
[[nodiscard]] std::size_t size_of(Type type);
[[nodiscard]] std::string_view name_of(Type type);

/// Shape of a dataset: rows × columns…; `dims[0]` are rows.
struct Shape {
  std::vector<std::uint64_t> dims;
  [[nodiscard]] std::uint64_t rows() const { return dims.empty() ? 1 : dims[0]; }
  /// Elements per row.
  [[nodiscard]] std::uint64_t width() const;
};

struct DatasetInfo {
  std::string path;
  Type type;
  Shape shape;
  bool checksummed = false;
  std::uint64_t text_bytes = 0;  ///< above 0: texts of this fixed length, read with texts() (type is u8)
};

/// What a finished file is known by.
struct Published {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< hex; SHA-256 over the SHA-256 of each 16 MiB block
};

/// Writes one file under a temporary name (FINAL.partial) and renames it when it is whole. Created with the MPI driver.
/// Order of calls: attributes, small data and datasets first (all collective), then write_rows (independent),
/// then publish (collective). Destroyed without publish, it leaves the temporary file for removal; that destruction is
/// collective too, unless an exception unwinds (then HDF5 closes the file when MPI is finalised).
class TableWriter {
 public:
  /// Collective. Makes missing folders and replaces a temporary file left by an earlier job. SystemError where the file
  /// cannot be made (agreed on all ranks).
  TableWriter(const parallel::Communicator& comm, std::filesystem::path final_path);
  ~TableWriter();
  TableWriter(TableWriter&&) noexcept;

  // Collective, same arguments on every rank.
  void attribute(std::string_view name, std::string_view text);
  void attribute(std::string_view name, double value);
  void attribute(std::string_view name, std::int64_t value);
  /// A whole small dataset (dictionary, catalog …); the root's values are written.
  void small(std::string_view path, std::span<const std::string> texts);  ///< fixed-length UTF-8, padded with \0
  template <class T>
  void small(std::string_view path, std::span<const T> values, const Shape& shape) {
    small_bytes(path, type_of<T>(), std::as_bytes(values), shape);
  }
  /// A table dataset of final size. Groups on the way are made.
  void dataset(std::string_view path, Type type, const Shape& shape);

  /// Independent. `values` = whole rows from `first_row` on, row-major. Any rank may write any rows; each row once.
  /// Cheapest in whole blocks, or in order within a block. SystemError where the disk is full or the like.
  template <class T>
  void write_rows(std::string_view path, std::uint64_t first_row, std::span<const T> values) {
    write_bytes(path, type_of<T>(), first_row, std::as_bytes(values));
  }

  /// Collective. Fills in checksums, flushes, closes, digests, renames, fsyncs file and directory. std::logic_error on
  /// every rank where rows were left unwritten or written twice.
  [[nodiscard]] Published publish();

 private:
  void small_bytes(std::string_view path, Type type, std::span<const std::byte> values, const Shape& shape);
  void write_bytes(std::string_view path, Type type, std::uint64_t first_row, std::span<const std::byte> values);
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads a file of tables. Independent: every rank opens it for itself, serially. DataError where the file is absent
/// (UsageError: the path came from the user), truncated, not HDF5, of another format or a newer major version, where a
/// dataset is missing or of another type or shape, or where a block's checksum does not match (names the rows). Files
/// without checksums (made by others) are read unchecked. Keeps the last partly read block of each dataset, so that
/// small reads in order cost one pass over the file; not for use by several threads at once.
class TableReader {
 public:
  /// `format` = expected attribute "format", e.g. "proffer-book"; `major` = the newest major version understood.
  TableReader(std::filesystem::path path, std::string_view format, int major);
  /// Opens whatever proffer file it is (for inspect); `format()` tells.
  explicit TableReader(std::filesystem::path path);
  ~TableReader();
  TableReader(TableReader&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] std::string format() const;
  [[nodiscard]] std::string version() const;
  [[nodiscard]] bool has(std::string_view path) const;
  [[nodiscard]] bool has_attribute(std::string_view name) const;
  [[nodiscard]] std::string text_attribute(std::string_view name) const;
  [[nodiscard]] double number_attribute(std::string_view name) const;
  [[nodiscard]] std::int64_t integer_attribute(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view path) const;
  /// All datasets, sorted by path (left out: checksums, and types that proffer does not know).
  [[nodiscard]] std::vector<DatasetInfo> datasets() const;
  [[nodiscard]] DatasetInfo info(std::string_view path) const;

  /// Reads `count` rows from `first_row` on into `into` (count × width elements, row-major), checking the checksums of
  /// the blocks they touch. The type in the file must be T.
  template <class T>
  void read_rows(std::string_view path, std::uint64_t first_row, std::uint64_t count, std::span<T> into) const {
    read_bytes(path, type_of<T>(), first_row, count, std::as_writable_bytes(into));
  }
  template <class T>
  [[nodiscard]] std::vector<T> read_rows(std::string_view path, std::uint64_t first_row, std::uint64_t count) const {
    std::vector<T> values(count * info(path).shape.width());
    read_rows<T>(path, first_row, count, values);
    return values;
  }
  template <class T>
  [[nodiscard]] std::vector<T> read_all(std::string_view path) const {
    return read_rows<T>(path, 0, info(path).shape.rows());
  }
  /// Reads a rectangular part: `start` and `count` per axis, `into` row-major (product of count elements). For datasets
  /// that are dealt out along another axis than rows, such as [limits, borrowers, offers]. Blocks it touches are
  /// checked once, which costs a pass over all of their rows.
  template <class T>
  void read_part(std::string_view path, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
                 std::span<T> into) const {
    read_part_bytes(path, type_of<T>(), start, count, std::as_writable_bytes(into));
  }
  /// DataError unless the dataset has this type and shape; a dim of 0 means any.
  void require(std::string_view path, Type type, const Shape& shape) const;

 private:
  void read_bytes(std::string_view path, Type type, std::uint64_t first_row, std::uint64_t count,
                  std::span<std::byte> into) const;
  void read_part_bytes(std::string_view path, Type type, std::span<const std::uint64_t> start,
                       std::span<const std::uint64_t> count, std::span<std::byte> into) const;
  struct State;
  std::unique_ptr<State> state_;
};

template <class T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>)
    return Type::u8;
  else if constexpr (std::is_same_v<T, std::uint16_t>)
    return Type::u16;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return Type::u32;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return Type::u64;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return Type::i32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return Type::i64;
  else if constexpr (std::is_same_v<T, float>)
    return Type::f32;
  else {
    static_assert(std::is_same_v<T, double>, "no dataset type for this");
    return Type::f64;
  }
}

}  // namespace proffer::storage
