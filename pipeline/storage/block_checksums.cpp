#include "storage/block_checksums.hpp"

#include <algorithm>

#include "foundation/hash.hpp"
#include "storage/table_file.hpp"
#include "storage/xxh3_stream.hpp"

namespace proffer::storage {

/// The block that is being written piece by piece.
struct BlockChecksums::Stream {
  Xxh3Stream hash;
  std::uint64_t block = 0;
  std::uint64_t next_row = 0;
  bool open = false;
};

BlockChecksums::BlockChecksums(std::uint64_t rows, std::uint64_t row_bytes)
    : rows_(rows),
      row_bytes_(row_bytes),
      checksums_((rows + block_rows - 1) / block_rows, 0),
      known_(checksums_.size(), 0),
      stream_(std::make_unique<Stream>()) {}
BlockChecksums::~BlockChecksums() = default;
BlockChecksums::BlockChecksums(BlockChecksums&&) noexcept = default;

std::uint64_t BlockChecksums::rows_of(std::uint64_t block) const {
  return std::min(block_rows, rows_ - block * block_rows);
}

void BlockChecksums::set(std::uint64_t block, std::uint64_t checksum) {
  checksums_[block] = checksum;
  known_[block] = 1;
}

void BlockChecksums::rows_written(std::uint64_t first_row, std::span<const std::byte> values) {
  if (row_bytes_ == 0) return;
  std::uint64_t row = first_row;
  const std::uint64_t end = first_row + values.size() / row_bytes_;
  written_ += end - row;
  while (row < end) {
    const std::uint64_t block = row / block_rows;
    const std::uint64_t piece_end = std::min(end, (block + 1) * block_rows);
    piece_written(block, row, values.subspan((row - first_row) * row_bytes_, (piece_end - row) * row_bytes_));
    row = piece_end;
  }
}

void BlockChecksums::piece_written(std::uint64_t block, std::uint64_t first_row, std::span<const std::byte> values) {
  const std::uint64_t block_begin = block * block_rows;
  const std::uint64_t end_row = first_row + values.size() / row_bytes_;
  const bool reaches_end = end_row == block_begin + rows_of(block);
  if (first_row == block_begin && reaches_end) return set(block, xxh3(values));
  checksums_[block] = 0;
  known_[block] = 0;
  if (first_row == block_begin) {
    stream_->hash.restart();
    stream_->block = block;
    stream_->open = true;
  } else if (!stream_->open || stream_->block != block || stream_->next_row != first_row) {
    stream_->open = false;  // out of order: this block is read back later
    return;
  }
  stream_->hash.update(values);
  stream_->next_row = end_row;
  if (!reaches_end) return;
  set(block, stream_->hash.digest());
  stream_->open = false;
}

}  // namespace proffer::storage
