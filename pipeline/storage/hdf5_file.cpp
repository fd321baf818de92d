#include "storage/hdf5_file.hpp"

#include <array>
#include <functional>
#include <numeric>

#include "foundation/error.hpp"

namespace proffer::storage::hdf5 {
namespace {

constexpr std::uint64_t largest_chunk = 1ULL << 31;  // HDF5 allows just below 4 GiB

void in_pieces_from(const Box& box, std::uint64_t element_bytes, std::uint64_t limit, std::uint64_t offset,
                    const std::function<void(const Box&, std::uint64_t offset)>& move) {
  const std::uint64_t bytes = box.elements() * element_bytes;
  if (bytes == 0) return;
  std::size_t axis = 0;
  while (axis < box.count.size() && box.count[axis] == 1) ++axis;
  if (bytes <= limit || axis == box.count.size()) return move(box, offset);
  Box head = box, tail = box;
  head.count[axis] = box.count[axis] / 2;
  tail.start[axis] += head.count[axis];
  tail.count[axis] -= head.count[axis];
  in_pieces_from(head, element_bytes, limit, offset, move);
  in_pieces_from(tail, element_bytes, limit, offset + head.elements() * element_bytes, move);
}

struct Spaces {
  Handle file;
  Handle memory;
};

Spaces spaces(hid_t dataset, const Box& box) {
  Spaces both;
  both.file = owned(H5Dget_space(dataset), H5Sclose, "dataspace");
  if (box.count.empty()) {
    both.memory = owned(H5Screate(H5S_SCALAR), H5Sclose, "dataspace");
    return both;
  }
  // Of the same shape as the selection: otherwise HDF5 maps one onto the other element by element.
  both.memory =
      owned(H5Screate_simple(static_cast<int>(box.count.size()), box.count.data(), nullptr), H5Sclose, "dataspace");
  check(H5Sselect_hyperslab(both.file.get(), H5S_SELECT_SET, box.start.data(), nullptr, box.count.data(), nullptr),
        "selection of rows");
  return both;
}

}  // namespace

Handle open_serial(const std::filesystem::path& path, bool writable) {
  quiet();
  const Handle access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "property list");
  check(H5Pset_fapl_sec2(access.get()), "serial driver");
  // HDF5's own flock fails on some network file systems; who may write is settled by the run directory's lock.
  check(H5Pset_file_locking(access.get(), false, true), "file locking");
  const unsigned flags = writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY;
  return owned(H5Fopen(path.c_str(), flags, access.get()), H5Fclose, "opening");
}

hid_t memory_type(Type type) {
  switch (type) {
    case Type::u8:
      return H5T_NATIVE_UINT8;
    case Type::u16:
      return H5T_NATIVE_UINT16;
    case Type::u32:
      return H5T_NATIVE_UINT32;
    case Type::u64:
      return H5T_NATIVE_UINT64;
    case Type::i32:
      return H5T_NATIVE_INT32;
    case Type::i64:
      return H5T_NATIVE_INT64;
    case Type::f32:
      return H5T_NATIVE_FLOAT;
    case Type::f64:
      return H5T_NATIVE_DOUBLE;
  }
  throw std::logic_error("unknown dataset type");
}

hid_t file_type(Type type) {
  switch (type) {
    case Type::u8:
      return H5T_STD_U8LE;
    case Type::u16:
      return H5T_STD_U16LE;
    case Type::u32:
      return H5T_STD_U32LE;
    case Type::u64:
      return H5T_STD_U64LE;
    case Type::i32:
      return H5T_STD_I32LE;
    case Type::i64:
      return H5T_STD_I64LE;
    case Type::f32:
      return H5T_IEEE_F32LE;
    case Type::f64:
      return H5T_IEEE_F64LE;
  }
  throw std::logic_error("unknown dataset type");
}

Handle text_type(std::size_t bytes) {
  Handle type = owned(H5Tcopy(H5T_C_S1), H5Tclose, "text type");
  check(H5Tset_size(type.get(), bytes), "text type");
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "text type");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "text type");
  return type;
}

std::optional<Type> type_in_file(hid_t type) {
  for (Type candidate : {Type::u8, Type::u16, Type::u32, Type::u64, Type::i32, Type::i64, Type::f32, Type::f64})
    if (H5Tequal(type, file_type(candidate)) > 0) return candidate;
  return std::nullopt;
}

std::string absolute(std::string_view path) {
  std::string text(path);
  while (!text.empty() && text.back() == '/') text.pop_back();
  return text.starts_with('/') ? text : "/" + text;
}

std::string checksum_path(std::string_view path) {
  return "/checksums" + absolute(path);
}

std::uint64_t blocks_of(std::uint64_t rows) {
  return (rows + block_rows - 1) / block_rows;
}

void without_times(hid_t creation_list) {
  check(H5Pset_attr_phase_change(creation_list, 4096, 0), "attribute storage");
  check(H5Pset_link_phase_change(creation_list, 4096, 0), "link storage");
  check(H5Pset_obj_track_times(creation_list, false), "object times");
}

bool exists(hid_t file, const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    if (check(H5Lexists(file, path.substr(0, slash).c_str(), H5P_DEFAULT), "look-up") == 0) return false;
    if (slash == std::string::npos) return true;
  }
}

Handle create_dataset(hid_t file, const std::string& path, hid_t type, const Shape& shape) {
  const Handle groups = owned(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "property list");
  without_times(groups.get());
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string group = path.substr(0, slash);
    if (check(H5Lexists(file, group.c_str(), H5P_DEFAULT), "look-up") > 0) continue;
    (void)owned(H5Gcreate2(file, group.c_str(), H5P_DEFAULT, groups.get(), H5P_DEFAULT), H5Gclose, "group");
  }
  const std::vector<hsize_t> dims(shape.dims.begin(), shape.dims.end());
  const Handle space = dims.empty() ? owned(H5Screate(H5S_SCALAR), H5Sclose, "dataspace")
                                    : owned(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                                            H5Sclose, "dataspace");
  const Handle layout = owned(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "property list");
  check(H5Pset_obj_track_times(layout.get(), false), "object times");
  check(H5Pset_alloc_time(layout.get(), H5D_ALLOC_TIME_EARLY), "early allocation");
  check(H5Pset_fill_time(layout.get(), H5D_FILL_TIME_NEVER), "fill time");
  const std::uint64_t chunk_bytes = block_rows * shape.width() * H5Tget_size(type);
  if (shape.rows() > block_rows && chunk_bytes > 0 && chunk_bytes <= largest_chunk) {
    std::vector<hsize_t> chunk = dims;
    chunk[0] = block_rows;
    check(H5Pset_chunk(layout.get(), static_cast<int>(chunk.size()), chunk.data()), "chunks");
  }
  return owned(H5Dcreate2(file, path.c_str(), type, space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT), H5Dclose,
               "dataset");
}

Handle open_dataset(hid_t file, const std::string& path) {
  const Handle access = owned(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, "property list");
  // Without HDF5's chunk cache rows go straight into the caller's memory.
  check(H5Pset_chunk_cache(access.get(), 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT), "chunk cache");
  return owned(H5Dopen2(file, path.c_str(), access.get()), H5Dclose, "opening the dataset");
}

std::uint64_t Box::elements() const {
  return std::accumulate(count.begin(), count.end(), std::uint64_t{1}, std::multiplies<>());
}

void in_pieces(const Box& box, std::uint64_t element_bytes, std::uint64_t limit,
               const std::function<void(const Box&, std::uint64_t)>& move) {
  in_pieces_from(box, element_bytes, limit, 0, move);
}

Box box_of_rows(const Shape& shape, std::uint64_t first_row, std::uint64_t rows) {
  Box box{std::vector<hsize_t>(shape.dims.size(), 0), {shape.dims.begin(), shape.dims.end()}};
  if (!box.start.empty()) {
    box.start[0] = first_row;
    box.count[0] = rows;
  }
  return box;
}

void read_box(hid_t dataset, hid_t type, const Box& box, std::span<std::byte> into) {
  in_pieces(box, H5Tget_size(type), largest_transfer, [&](const Box& piece, std::uint64_t offset) {
    const Spaces both = spaces(dataset, piece);
    check(H5Dread(dataset, type, both.memory.get(), both.file.get(), H5P_DEFAULT, into.data() + offset), "reading");
  });
}

void write_rows(hid_t dataset, hid_t type, const Shape& shape, std::uint64_t first_row,
                std::span<const std::byte> values) {
  if (values.empty()) return;
  const std::uint64_t element = H5Tget_size(type);
  const Box all = box_of_rows(shape, first_row, values.size() / (element * shape.width()));
  in_pieces(all, element, largest_transfer, [&](const Box& piece, std::uint64_t offset) {
    const Spaces both = spaces(dataset, piece);
    check(H5Dwrite(dataset, type, both.memory.get(), both.file.get(), H5P_DEFAULT, values.data() + offset), "writing");
  });
}

void read_rows(hid_t dataset, hid_t type, const Shape& shape, std::uint64_t first_row, std::span<std::byte> into) {
  if (into.empty()) return;
  const std::uint64_t rows = into.size() / (H5Tget_size(type) * shape.width());
  read_box(dataset, type, box_of_rows(shape, first_row, rows), into);
}

}  // namespace proffer::storage::hdf5
