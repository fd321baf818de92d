// The xxh3-64 of each block of rows of one table, gathered while its rows are written. Internal to storage/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace proffer::storage {

/// Independent. Blocks that this rank writes whole and in order, in however many calls, are known at once; the others
/// stay unknown and are read back at publish.
class BlockChecksums {
 public:
  BlockChecksums(std::uint64_t rows, std::uint64_t row_bytes);
  ~BlockChecksums();
  BlockChecksums(BlockChecksums&&) noexcept;

  /// Takes note of whole rows that have been written from `first_row` on.
  void rows_written(std::uint64_t first_row, std::span<const std::byte> values);
  /// Enters a checksum found by reading back.
  void set(std::uint64_t block, std::uint64_t checksum);

  [[nodiscard]] std::uint64_t blocks() const { return checksums_.size(); }
  [[nodiscard]] std::uint64_t rows_of(std::uint64_t block) const;
  /// 1 where known, else 0; and the checksums (0 where unknown), block by block.
  [[nodiscard]] std::span<const std::uint64_t> known() const { return known_; }
  [[nodiscard]] std::span<const std::uint64_t> checksums() const { return checksums_; }
  [[nodiscard]] std::uint64_t total_rows_written() const { return written_; }

 private:
  void piece_written(std::uint64_t block, std::uint64_t first_row, std::span<const std::byte> values);
  struct Stream;
  std::uint64_t rows_;
  std::uint64_t row_bytes_;
  std::uint64_t written_ = 0;
  std::vector<std::uint64_t> checksums_;
  std::vector<std::uint64_t> known_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace proffer::storage
