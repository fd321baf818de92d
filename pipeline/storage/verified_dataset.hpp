// One dataset of an open file, read with its checksums checked. Internal to storage/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "storage/hdf5_file.hpp"
#include "storage/table_file.hpp"

namespace proffer::storage {

/// Independent. Whole blocks go straight into the caller's memory and are hashed there while they are still in the
/// processor's cache; a block that is needed in part is read whole and kept for the next call.
class VerifiedDataset {
 public:
  /// Throws hdf5::Failure, and DataError where type or shape are not ones proffer knows. `file_name` is for messages.
  VerifiedDataset(hid_t file, std::string file_name, std::string path);
  [[nodiscard]] const DatasetInfo& info() const { return info_; }
  [[nodiscard]] bool variable_text() const { return variable_text_; }
  [[nodiscard]] hid_t id() const { return dataset_.get(); }
  /// `into` = whole rows. DataError where a block is damaged.
  void read(std::uint64_t first_row, std::span<std::byte> into);
  /// A rectangular part. The blocks it touches are checked the first time, in a pass over them in small pieces.
  void read_box(const hdf5::Box& box, std::span<std::byte> into);

 private:
  void find_out_type();
  void read_checksums(hid_t file);
  void read_blocks(std::uint64_t block, std::span<std::byte> into);
  void read_part(std::uint64_t first_row, std::span<std::byte> into);
  void verify(std::uint64_t block, std::span<const std::byte> bytes) const;
  void verify_in_pieces(std::uint64_t block);
  [[noreturn]] void refuse(std::uint64_t block) const;
  [[nodiscard]] std::uint64_t block_end(std::uint64_t block) const;

  std::string file_name_;
  DatasetInfo info_;
  hdf5::Handle dataset_;
  hdf5::Handle memory_type_;
  bool variable_text_ = false;
  std::uint64_t row_bytes_ = 0;
  std::vector<std::uint64_t> checksums_;
  std::set<std::uint64_t> verified_;  // blocks checked by read_box
  std::uint64_t kept_block_ = ~std::uint64_t{0};
  std::vector<std::byte> kept_;
};

}  // namespace proffer::storage
