#include "storage/verified_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "storage/xxh3_stream.hpp"

namespace proffer::storage {
namespace {

// Blocks are read this many bytes at a time: large enough to hide the cost of a call, small enough to be hashed from
// the cache.
constexpr std::uint64_t read_at_once = 2ULL << 20;

}  // namespace

VerifiedDataset::VerifiedDataset(hid_t file, std::string file_name, std::string path)
    : file_name_(std::move(file_name)),
      info_{std::move(path), Type::u8, {}},
      dataset_(hdf5::open_dataset(file, info_.path)) {
  const auto space = hdf5::owned(H5Dget_space(dataset_.get()), H5Sclose, "dataspace");
  const int rank = hdf5::check(H5Sget_simple_extent_ndims(space.get()), "shape");
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  hdf5::check(H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr), "shape");
  info_.shape.dims.assign(dims.begin(), dims.end());
  find_out_type();
  row_bytes_ = info_.shape.width() * (variable_text_ ? 0 : H5Tget_size(memory_type_.get()));
  read_checksums(file);
}

void VerifiedDataset::find_out_type() {
  const auto type = hdf5::owned(H5Dget_type(dataset_.get()), H5Tclose, "type");
  if (H5Tget_class(type.get()) == H5T_STRING) {
    variable_text_ = H5Tis_variable_str(type.get()) > 0;
    info_.text_bytes = H5Tget_size(type.get());
    memory_type_ = hdf5::owned(H5Tcopy(type.get()), H5Tclose, "type");
    return;
  }
  const auto known = hdf5::type_in_file(type.get());
  if (!known)
    throw DataError({fmt::format("{}: {} has a type that proffer does not read", file_name_, info_.path), "",
                     "write it little-endian as u8, u16, u32, u64, i32, i64, f32, f64 or text"});
  info_.type = *known;
  memory_type_ = hdf5::owned(H5Tcopy(hdf5::memory_type(*known)), H5Tclose, "type");
}

void VerifiedDataset::read_checksums(hid_t file) {
  const std::string path = hdf5::checksum_path(info_.path);
  if (variable_text_ || !hdf5::exists(file, path)) return;
  const auto dataset = hdf5::open_dataset(file, path);
  const auto type = hdf5::owned(H5Dget_type(dataset.get()), H5Tclose, "type");
  const auto space = hdf5::owned(H5Dget_space(dataset.get()), H5Sclose, "dataspace");
  const std::uint64_t blocks = hdf5::blocks_of(info_.shape.rows());
  if (hdf5::type_in_file(type.get()) != Type::u64 || H5Sget_simple_extent_ndims(space.get()) != 1 ||
      H5Sget_simple_extent_npoints(space.get()) != static_cast<hssize_t>(blocks))
    throw DataError({fmt::format("{}: {} is not u64 [{}]", file_name_, path, blocks),
                     "it must hold a checksum for each block of " + std::to_string(block_rows) + " rows",
                     "restore the file from its source"});
  checksums_.resize(blocks);
  hdf5::read_rows(dataset.get(), H5T_NATIVE_UINT64, {{blocks}}, 0, std::as_writable_bytes(std::span(checksums_)));
  info_.checksummed = true;
}

std::uint64_t VerifiedDataset::block_end(std::uint64_t block) const {
  return std::min(info_.shape.rows(), (block + 1) * block_rows);
}

void VerifiedDataset::refuse(std::uint64_t block) const {
  throw DataError({fmt::format("{}: block of rows {}–{} of {} is damaged", file_name_, block * block_rows,
                               block_end(block) - 1, info_.path),
                   "checksum mismatch", "restore the file from its source"});
}

void VerifiedDataset::verify(std::uint64_t block, std::span<const std::byte> bytes) const {
  if (xxh3(bytes) != checksums_[block]) refuse(block);
}

void VerifiedDataset::verify_in_pieces(std::uint64_t block) {
  const std::uint64_t first = block * block_rows;
  const std::uint64_t element = H5Tget_size(memory_type_.get());
  std::vector<std::byte> buffer;
  Xxh3Stream hash;
  hdf5::in_pieces(hdf5::box_of_rows(info_.shape, first, block_end(block) - first), element, read_at_once,
                  [&](const hdf5::Box& piece, std::uint64_t) {
                    buffer.resize(piece.elements() * element);
                    hdf5::read_box(dataset_.get(), memory_type_.get(), piece, buffer);
                    hash.update(buffer);
                  });
  if (hash.digest() != checksums_[block]) refuse(block);
}

void VerifiedDataset::read_box(const hdf5::Box& box, std::span<std::byte> into) {
  if (into.empty()) return;
  if (info_.checksummed)
    for (std::uint64_t block = box.start[0] / block_rows; block * block_rows < box.start[0] + box.count[0]; ++block) {
      if (verified_.contains(block)) continue;
      verify_in_pieces(block);
      verified_.insert(block);
    }
  hdf5::read_box(dataset_.get(), memory_type_.get(), box, into);
}

void VerifiedDataset::read(std::uint64_t first_row, std::span<std::byte> into) {
  if (into.empty()) return;
  if (!info_.checksummed) return hdf5::read_rows(dataset_.get(), memory_type_.get(), info_.shape, first_row, into);
  std::uint64_t row = first_row;
  const std::uint64_t end = first_row + into.size() / row_bytes_;
  const auto bytes_of = [&](std::uint64_t from, std::uint64_t to) {
    return into.subspan((from - first_row) * row_bytes_, (to - from) * row_bytes_);
  };
  while (row < end) {
    const std::uint64_t block = row / block_rows;
    std::uint64_t stop = block_end(block);
    const bool whole = row == block * block_rows && stop <= end && block != kept_block_;
    if (!whole) {
      stop = std::min(stop, end);
      read_part(row, bytes_of(row, stop));
    } else {
      const std::uint64_t most = std::max<std::uint64_t>(1, read_at_once / (block_rows * row_bytes_));
      std::uint64_t last = block;
      while (last + 1 < checksums_.size() && last + 1 < block + most && block_end(last + 1) <= end) ++last;
      stop = block_end(last);
      read_blocks(block, bytes_of(row, stop));
    }
    row = stop;
  }
}

void VerifiedDataset::read_blocks(std::uint64_t block, std::span<std::byte> into) {
  hdf5::read_rows(dataset_.get(), memory_type_.get(), info_.shape, block * block_rows, into);
  const std::uint64_t block_bytes = block_rows * row_bytes_;
  for (; !into.empty(); ++block) {
    const auto part = into.first(std::min<std::uint64_t>(block_bytes, into.size()));
    verify(block, part);
    into = into.subspan(part.size());
  }
}

void VerifiedDataset::read_part(std::uint64_t first_row, std::span<std::byte> into) {
  const std::uint64_t block = first_row / block_rows;
  if (block != kept_block_) {
    kept_block_ = ~std::uint64_t{0};  // until the new one is found sound
    kept_.resize((block_end(block) - block * block_rows) * row_bytes_);
    hdf5::read_rows(dataset_.get(), memory_type_.get(), info_.shape, block * block_rows, kept_);
    verify(block, kept_);
    kept_block_ = block;
  }
  std::memcpy(into.data(), kept_.data() + (first_row - block * block_rows) * row_bytes_, into.size());
}

}  // namespace proffer::storage
