// Opening files, and datasets by the rules of docs/formats.md. Internal to storage/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"
#include "storage/hdf5_handle.hpp"
#include "storage/table_file.hpp"

namespace proffer::storage::hdf5 {

/// Collective. Makes a file with the MPI-IO driver. Nothing of the kind may exist.
[[nodiscard]] Handle create_parallel(const parallel::Communicator& comm, const std::filesystem::path& path);
/// Independent. Opens with the serial driver.
[[nodiscard]] Handle open_serial(const std::filesystem::path& path, bool writable = false);

/// The type in memory and, little-endian, in the file.
[[nodiscard]] hid_t memory_type(Type type);
[[nodiscard]] hid_t file_type(Type type);
/// Fixed-length UTF-8 text, padded with \0.
[[nodiscard]] Handle text_type(std::size_t bytes);
/// What a dataset in a file holds; nothing where proffer has no such type.
[[nodiscard]] std::optional<Type> type_in_file(hid_t type);

/// "/checksums/borrower/id" for "/borrower/id".
[[nodiscard]] std::string checksum_path(std::string_view path);
/// With a leading slash and no trailing one.
[[nodiscard]] std::string absolute(std::string_view path);
[[nodiscard]] std::uint64_t blocks_of(std::uint64_t rows);

/// Collective where the file is parallel. Makes the dataset at its final size, and the groups on the way.
[[nodiscard]] Handle create_dataset(hid_t file, const std::string& path, hid_t type, const Shape& shape);
/// Property list for groups (also the root group): no times, links and attributes kept in the object header.
void without_times(hid_t creation_list);
/// A dataset for reading and writing straight from and to the caller's memory.
[[nodiscard]] Handle open_dataset(hid_t file, const std::string& path);
/// Whether every link on the way to `path` exists.
[[nodiscard]] bool exists(hid_t file, const std::string& path);

/// A rectangular part of a dataset, one start and one count per axis.
struct Box {
  std::vector<hsize_t> start;
  std::vector<hsize_t> count;
  [[nodiscard]] std::uint64_t elements() const;
};

/// Transfers are cut into pieces of this size, because MPI counts are ints.
inline constexpr std::uint64_t largest_transfer = 512ULL << 20;
/// Hands `move` the pieces of a box, each of at most `limit` bytes (an element at least), in the order of memory, with
/// their offset there: halves along the first axis longer than one, again and again.
void in_pieces(const Box& box, std::uint64_t element_bytes, std::uint64_t limit,
               const std::function<void(const Box& piece, std::uint64_t offset)>& move);
void read_box(hid_t dataset, hid_t type, const Box& box, std::span<std::byte> into);

/// Whole rows between a dataset and memory, row-major; independent.
[[nodiscard]] Box box_of_rows(const Shape& shape, std::uint64_t first_row, std::uint64_t rows);
void write_rows(hid_t dataset, hid_t type, const Shape& shape, std::uint64_t first_row,
                std::span<const std::byte> values);
void read_rows(hid_t dataset, hid_t type, const Shape& shape, std::uint64_t first_row, std::span<std::byte> into);

}  // namespace proffer::storage::hdf5
