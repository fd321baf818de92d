#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <system_error>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/table_file.hpp"
#include "storage/verified_dataset.hpp"

namespace proffer::storage {
namespace {

const char* const restore = "restore the file from its source";

hdf5::Handle open_named_by_user(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw UsageError({path.string() + " does not exist", "", "check the path"});
  if (std::filesystem::is_directory(path, error))
    throw UsageError({path.string() + " is a directory", "an HDF5 file is expected", "name a file inside it"});
  if (::access(path.c_str(), R_OK) != 0)
    throw UsageError(
        {path.string() + " cannot be read", std::system_category().message(errno), "check its permissions"});
  hdf5::quiet();
  const htri_t is_hdf5 = H5Fis_hdf5(path.c_str());
  if (is_hdf5 <= 0)
    throw DataError({path.string() + " is not an HDF5 file", is_hdf5 < 0 ? hdf5::error_text() : "no HDF5 signature",
                     "check the path, or " + std::string(restore)});
  try {
    return hdf5::open_serial(path);
  } catch (const hdf5::Failure& failure) {
    throw DataError({path.string() + " is truncated or damaged", failure.what(), restore});
  }
}

std::string shape_text(const Shape& shape, bool any = false) {
  std::vector<std::string> dims;
  for (auto dim : shape.dims) dims.push_back(any && dim == 0 ? "any" : std::to_string(dim));
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

herr_t collect_path(hid_t, const char* name, const H5L_info_t*, void* into) {
  static_cast<std::vector<std::string>*>(into)->push_back(std::string("/") + name);
  return 0;
}

/// Fixed-length or variable-length text from `read(memory type, buffer)`; `count` texts of `type`.
template <class Read>
std::vector<std::string> read_texts(hid_t type, std::size_t count, const Read& read) {
  std::vector<std::string> texts;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count, nullptr);
    read(type, pointers.data());
    for (char* pointer : pointers) {
      texts.emplace_back(pointer ? pointer : "");
      H5free_memory(pointer);
    }
    return texts;
  }
  const std::size_t width = H5Tget_size(type);
  std::string all(count * width, '\0');
  read(type, all.data());
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = all.substr(i * width, width);
    text.resize(::strnlen(text.data(), width));
    if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) text.resize(text.find_last_not_of(' ') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

struct TableReader::State {
  std::filesystem::path path;
  hdf5::Handle file;
  std::map<std::string, VerifiedDataset, std::less<>> open;

  explicit State(std::filesystem::path file_path) : path(std::move(file_path)), file(open_named_by_user(path)) {}

  [[nodiscard]] std::string name() const { return path.string(); }

  template <class Work>
  decltype(auto) guarded(std::string_view what, const Work& work) {
    try {
      return work();
    } catch (const hdf5::Failure& failure) {
      throw DataError({fmt::format("{}: {} cannot be read", name(), what), failure.what(), restore});
    }
  }

  VerifiedDataset& dataset(std::string_view dataset_path) {
    const std::string full = hdf5::absolute(dataset_path);
    if (const auto found = open.find(full); found != open.end()) return found->second;
    return guarded(full, [&]() -> VerifiedDataset& {
      if (!is_dataset(full)) throw DataError({name() + ": no dataset " + full, "", "check which file this is"});
      return open.emplace(full, VerifiedDataset(file.get(), name(), full)).first->second;
    });
  }

  VerifiedDataset& dataset_of_type(std::string_view dataset_path, Type type) {
    VerifiedDataset& found = dataset(dataset_path);
    const DatasetInfo& info = found.info();
    if (info.text_bytes != 0 || info.type != type)
      throw DataError({fmt::format("{}: {} is {}", name(), info.path, info.text_bytes ? "text" : name_of(info.type)),
                       fmt::format("{} was expected", name_of(type)), "check what wrote the file"});
    return found;
  }

  [[nodiscard]] bool is_dataset(const std::string& full) const {
    if (full == "/" || !hdf5::exists(file.get(), full)) return false;
    const auto object = hdf5::owned(H5Oopen(file.get(), full.c_str(), H5P_DEFAULT), H5Oclose, "opening the object");
    return H5Iget_type(object.get()) == H5I_DATASET;
  }

  hdf5::Handle attribute(const std::string& attribute_name) {
    if (hdf5::check(H5Aexists(file.get(), attribute_name.c_str()), "look-up") == 0)
      throw DataError({name() + ": no attribute " + attribute_name, "", "check which file this is"});
    return hdf5::owned(H5Aopen(file.get(), attribute_name.c_str(), H5P_DEFAULT), H5Aclose, "attribute");
  }

  DataError wrong_attribute(const std::string& attribute_name, const char* expected) const {
    return DataError(
        {fmt::format("{}: attribute {} is not {}", name(), attribute_name, expected), "", "check what wrote the file"});
  }

  /// Reads a scalar attribute as `memory_type` if its class is one of `classes`.
  void scalar(std::string_view attribute_name, std::initializer_list<H5T_class_t> classes, const char* expected,
              hid_t memory_type, void* into) {
    const std::string text(attribute_name);
    guarded("attribute " + text, [&] {
      const auto found = attribute(text);
      const auto type = hdf5::owned(H5Aget_type(found.get()), H5Tclose, "type");
      const auto space = hdf5::owned(H5Aget_space(found.get()), H5Sclose, "dataspace");
      const auto type_class = H5Tget_class(type.get());
      if (std::find(classes.begin(), classes.end(), type_class) == classes.end() ||
          H5Sget_simple_extent_npoints(space.get()) != 1)
        throw wrong_attribute(text, expected);
      hdf5::check(H5Aread(found.get(), memory_type, into), "attribute");
    });
  }

  void refuse_other_format(const std::string& found, const std::string& version, std::string_view format, int major) {
    if (found != format)
      throw DataError({fmt::format("{} is a {} file", name(), found), fmt::format("{} was expected", format),
                       "name the right file"});
    int file_major = -1;
    const auto read = std::from_chars(version.data(), version.data() + version.size(), file_major);
    if (read.ec != std::errc() || (*read.ptr != '.' && *read.ptr != '\0'))
      throw DataError({fmt::format("{}: format_version \"{}\" is not of the form 1.0", name(), version), "",
                       "check what wrote the file"});
    if (file_major != major)
      throw DataError({fmt::format("{} has version {} of {}", name(), version, format),
                       fmt::format("this proffer reads version {}", major),
                       file_major > major ? "use a newer proffer" : "write it again with this proffer"});
  }
};

TableReader::TableReader(std::filesystem::path path, std::string_view format, int major)
    : TableReader(std::move(path)) {
  state_->refuse_other_format(this->format(), version(), format, major);
}

TableReader::TableReader(std::filesystem::path path) : state_(std::make_unique<State>(std::move(path))) {
  if (!has_attribute("format") || !has_attribute("format_version"))
    throw DataError({state_->name() + " is not a proffer file", "no attributes format and format_version",
                     "check the path; docs/formats.md names what each file needs"});
}
TableReader::~TableReader() = default;
TableReader::TableReader(TableReader&&) noexcept = default;

const std::filesystem::path& TableReader::path() const {
  return state_->path;
}
std::string TableReader::format() const {
  return text_attribute("format");
}
std::string TableReader::version() const {
  return text_attribute("format_version");
}

bool TableReader::has(std::string_view path) const {
  return state_->guarded(path, [&] { return state_->is_dataset(hdf5::absolute(path)); });
}

bool TableReader::has_attribute(std::string_view name) const {
  return state_->guarded("attributes", [&] {
    return hdf5::check(H5Aexists(state_->file.get(), std::string(name).c_str()), "look-up") > 0;
  });
}

std::string TableReader::text_attribute(std::string_view name) const {
  const std::string text(name);
  return state_->guarded("attribute " + text, [&] {
    const auto attribute = state_->attribute(text);
    const auto type = hdf5::owned(H5Aget_type(attribute.get()), H5Tclose, "type");
    const auto space = hdf5::owned(H5Aget_space(attribute.get()), H5Sclose, "dataspace");
    if (H5Tget_class(type.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1)
      throw state_->wrong_attribute(text, "a text");
    return read_texts(type.get(), 1, [&](hid_t memory_type, void* into) {
      hdf5::check(H5Aread(attribute.get(), memory_type, into), "attribute");
    })[0];
  });
}

double TableReader::number_attribute(std::string_view name) const {
  double value = 0;
  state_->scalar(name, {H5T_FLOAT, H5T_INTEGER}, "a number", H5T_NATIVE_DOUBLE, &value);
  return value;
}

std::int64_t TableReader::integer_attribute(std::string_view name) const {
  std::int64_t value = 0;
  state_->scalar(name, {H5T_INTEGER}, "an integer", H5T_NATIVE_INT64, &value);
  return value;
}

std::vector<std::string> TableReader::texts(std::string_view path) const {
  VerifiedDataset& dataset = state_->dataset(path);
  const auto& [full, type, shape, checksummed, text_bytes] = dataset.info();
  if (text_bytes == 0)
    throw DataError({fmt::format("{}: {} is {}", state_->name(), full, name_of(type)), "text was expected",
                     "check what wrote the file"});
  return state_->guarded(full, [&] {
    const auto in_file = hdf5::owned(H5Dget_type(dataset.id()), H5Tclose, "type");
    const std::size_t count = shape.rows() * shape.width();
    return read_texts(in_file.get(), count, [&](hid_t memory_type, void* into) {
      if (dataset.variable_text())
        hdf5::check(H5Dread(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, into), "reading");
      else
        dataset.read(0, {static_cast<std::byte*>(into), count * text_bytes});
    });
  });
}

std::vector<DatasetInfo> TableReader::datasets() const {
  std::vector<std::string> paths;
  state_->guarded("the list of datasets", [&] {
    hdf5::check(H5Lvisit(state_->file.get(), H5_INDEX_NAME, H5_ITER_INC, collect_path, &paths), "visit");
  });
  std::sort(paths.begin(), paths.end());
  std::vector<DatasetInfo> all;
  for (const auto& path : paths) {
    if (path.starts_with("/checksums/") || !has(path)) continue;
    const auto dataset = hdf5::open_dataset(state_->file.get(), path);
    const auto type = hdf5::owned(H5Dget_type(dataset.get()), H5Tclose, "type");
    if (H5Tget_class(type.get()) == H5T_STRING || hdf5::type_in_file(type.get())) all.push_back(info(path));
  }
  return all;
}

DatasetInfo TableReader::info(std::string_view path) const {
  return state_->dataset(path).info();
}

void TableReader::require(std::string_view path, Type type, const Shape& shape) const {
  const DatasetInfo found = info(path);
  bool fits = found.text_bytes == 0 && found.type == type && found.shape.dims.size() == shape.dims.size();
  for (std::size_t axis = 0; fits && axis < shape.dims.size(); ++axis)
    fits = shape.dims[axis] == 0 || shape.dims[axis] == found.shape.dims[axis];
  if (fits) return;
  throw DataError({fmt::format("{}: {} is {} {}", state_->name(), found.path,
                               found.text_bytes ? "text" : name_of(found.type), shape_text(found.shape)),
                   fmt::format("{} {} was expected", name_of(type), shape_text(shape, true)),
                   "check what wrote the file"});
}

void TableReader::read_bytes(std::string_view path, Type type, std::uint64_t first_row, std::uint64_t count,
                             std::span<std::byte> into) const {
  VerifiedDataset& dataset = state_->dataset_of_type(path, type);
  const DatasetInfo& info = dataset.info();
  if (first_row > info.shape.rows() || count > info.shape.rows() - first_row)
    throw DataError({fmt::format("{}: {} has {} rows", state_->name(), info.path, info.shape.rows()),
                     fmt::format("rows {}–{} were asked for", first_row, first_row + count - 1),
                     "check that its datasets have the same number of rows"});
  expects(into.size() == count * info.shape.width() * size_of(type), "the buffer holds just the rows that are read");
  state_->guarded(info.path, [&] { dataset.read(first_row, into); });
}

void TableReader::read_part_bytes(std::string_view path, Type type, std::span<const std::uint64_t> start,
                                  std::span<const std::uint64_t> count, std::span<std::byte> into) const {
  VerifiedDataset& dataset = state_->dataset_of_type(path, type);
  const DatasetInfo& info = dataset.info();
  const auto& dims = info.shape.dims;
  expects(!dims.empty() && start.size() == dims.size() && count.size() == dims.size(), "a part names every axis");
  for (std::size_t axis = 0; axis < dims.size(); ++axis)
    if (start[axis] > dims[axis] || count[axis] > dims[axis] - start[axis])
      throw DataError(
          {fmt::format("{}: {} is {}", state_->name(), info.path, shape_text(info.shape)),
           fmt::format("its part at [{}] of [{}] was asked for", fmt::join(start, ", "), fmt::join(count, ", ")),
           "check that its datasets fit each other"});
  const hdf5::Box box{{start.begin(), start.end()}, {count.begin(), count.end()}};
  expects(into.size() == box.elements() * size_of(type), "the buffer holds just the part that is read");
  state_->guarded(info.path, [&] { dataset.read_box(box, into); });
}

}  // namespace proffer::storage
