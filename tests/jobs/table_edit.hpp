// Whole HDF5 files in memory, changed and written again with checksums that fit: for tests that need files which are
// wrong in one thing only.
#pragma once

#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace table_edit {

using namespace proffer;
using storage::Type;

struct Dataset {
  Type type = Type::u8;
  std::vector<std::uint64_t> dims;
  std::vector<std::byte> bytes;
  std::vector<std::string> texts;  // instead of bytes

  template <class T>
  [[nodiscard]] std::span<T> as() {
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  [[nodiscard]] std::uint64_t rows() const { return dims.empty() ? 1 : dims[0]; }
};

template <class T>
Dataset dataset(const std::vector<T>& values, std::vector<std::uint64_t> dims) {
  Dataset made{storage::type_of<T>(), std::move(dims), std::vector<std::byte>(values.size() * sizeof(T)), {}};
  if (!values.empty()) std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
  return made;
}

/// A whole file in memory.
struct File {
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, Dataset> datasets;

  [[nodiscard]] Dataset& operator[](const std::string& path) { return datasets.at(path); }
};

template <class T>
void read_values(const storage::TableReader& reader, const std::string& path, Dataset& into) {
  const std::vector<T> values = reader.read_all<T>(path);
  into.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(into.bytes.data(), values.data(), into.bytes.size());
}

inline Dataset read_dataset(const storage::TableReader& reader, const storage::DatasetInfo& info) {
  Dataset made{info.type, info.shape.dims, {}, {}};
  if (info.text_bytes > 0) {
    made.texts = reader.texts(info.path);
    return made;
  }
  switch (info.type) {
    case Type::u8:
      read_values<std::uint8_t>(reader, info.path, made);
      break;
    case Type::u16:
      read_values<std::uint16_t>(reader, info.path, made);
      break;
    case Type::u32:
      read_values<std::uint32_t>(reader, info.path, made);
      break;
    case Type::u64:
      read_values<std::uint64_t>(reader, info.path, made);
      break;
    case Type::i32:
      read_values<std::int32_t>(reader, info.path, made);
      break;
    case Type::i64:
      read_values<std::int64_t>(reader, info.path, made);
      break;
    case Type::f32:
      read_values<float>(reader, info.path, made);
      break;
    case Type::f64:
      read_values<double>(reader, info.path, made);
      break;
  }
  return made;
}

inline File load(const std::filesystem::path& path) {
  const storage::TableReader reader(path);
  File file;
  for (const char* name : {"format", "format_version", "currency"})
    if (reader.has_attribute(name)) file.attributes[name] = reader.text_attribute(name);
  if (reader.has_attribute("default_months"))
    file.numbers["default_months"] = reader.integer_attribute("default_months");
  for (const auto& info : reader.datasets())
    if (!info.path.starts_with("/truth")) file.datasets[info.path] = read_dataset(reader, info);
  return file;
}

inline void write_values(storage::TableWriter& writer, const std::string& path, Dataset& data) {
  if (data.bytes.empty()) return;
  switch (data.type) {
    case Type::u8:
      writer.write_rows<std::uint8_t>(path, 0, data.as<std::uint8_t>());
      break;
    case Type::u16:
      writer.write_rows<std::uint16_t>(path, 0, data.as<std::uint16_t>());
      break;
    case Type::u32:
      writer.write_rows<std::uint32_t>(path, 0, data.as<std::uint32_t>());
      break;
    case Type::u64:
      writer.write_rows<std::uint64_t>(path, 0, data.as<std::uint64_t>());
      break;
    case Type::i32:
      writer.write_rows<std::int32_t>(path, 0, data.as<std::int32_t>());
      break;
    case Type::i64:
      writer.write_rows<std::int64_t>(path, 0, data.as<std::int64_t>());
      break;
    case Type::f32:
      writer.write_rows<float>(path, 0, data.as<float>());
      break;
    case Type::f64:
      writer.write_rows<double>(path, 0, data.as<double>());
      break;
  }
}

inline void save(File file, const std::filesystem::path& path) {
  storage::TableWriter writer(parallel::self(), path);
  for (const auto& [name, text] : file.attributes) writer.attribute(name, text);
  for (const auto& [name, number] : file.numbers) writer.attribute(name, number);
  for (auto& [name, data] : file.datasets) {
    if (data.texts.empty())
      writer.dataset(name, data.type, {data.dims});
    else
      writer.small(name, data.texts);
  }
  for (auto& [name, data] : file.datasets)
    if (data.texts.empty()) write_values(writer, name, data);
  (void)writer.publish();
}

}  // namespace table_edit
