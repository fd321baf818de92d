#include "borrowers/extended_book.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "foundation/error.hpp"
#include "parallel/agreement.hpp"

namespace proffer::borrowers {
namespace {

using storage::DatasetInfo;
using storage::TableReader;
using storage::TableWriter;
using storage::Type;

constexpr std::uint64_t batch_rows = 4 * storage::block_rows;
constexpr std::string_view features = "/borrower/features";
constexpr std::array<std::string_view, 5> replaced = {features, "/schema/name", "/schema/kind", "/schema/role",
                                                      "/schema/dictionary"};

/// Calls `copy` with a value of the type that the dataset holds.
void with_type(Type type, const auto& copy) {
  switch (type) {
    case Type::u8:
      return copy(std::uint8_t{});
    case Type::u16:
      return copy(std::uint16_t{});
    case Type::u32:
      return copy(std::uint32_t{});
    case Type::u64:
      return copy(std::uint64_t{});
    case Type::i32:
      return copy(std::int32_t{});
    case Type::i64:
      return copy(std::int64_t{});
    case Type::f32:
      return copy(float{});
    case Type::f64:
      return copy(double{});
  }
}

/// Datasets that are taken over as they are.
std::vector<DatasetInfo> kept_datasets(const TableReader& table) {
  std::vector<DatasetInfo> kept;
  for (const DatasetInfo& info : table.datasets())
    if (std::ranges::find(replaced, info.path) == replaced.end()) kept.push_back(info);
  return kept;
}

void copy_attributes(const TableReader& from, TableWriter& to) {
  to.attribute("format", from.format());
  to.attribute("format_version", from.version());
  if (from.has_attribute("currency")) to.attribute("currency", from.text_attribute("currency"));
  for (const char* name : {"default_months", "customer_months", "seed"})
    if (from.has_attribute(name)) to.attribute(name, from.integer_attribute(name));
  if (from.has_attribute("rho")) to.attribute("rho", from.number_attribute("rho"));
}

void copy_rows(const parallel::Communicator& comm, const TableReader& from, const DatasetInfo& info, TableWriter& to) {
  const parallel::RowRange mine = storage::rows_of_rank(comm, info.shape.rows());
  with_type(info.type, [&](auto value) {
    using T = decltype(value);
    for (std::uint64_t first = mine.begin; first < mine.end; first += batch_rows) {
      const auto rows = from.read_rows<T>(info.path, first, std::min(batch_rows, mine.end - first));
      to.write_rows<T>(info.path, first, rows);
    }
  });
}

void write_features(const parallel::Communicator& comm, const BookReader& book, const MoreColumns& more,
                    TableWriter& to) {
  const parallel::RowRange mine = storage::rows_of_rank(comm, book.rows());
  const std::size_t old = book.schema().columns.size(), fresh = more.columns.size();
  expects(more.values.size() == mine.size() * fresh, "a value of each further column for each of this rank's rows");
  std::vector<float> wide;
  for (std::uint64_t first = mine.begin; first < mine.end; first += batch_rows) {
    const std::uint64_t rows = std::min(batch_rows, mine.end - first);
    const auto narrow = book.table().read_rows<float>(features, first, rows);
    wide.clear();
    for (std::size_t i = 0; i < rows; ++i) {
      const auto from = narrow.begin() + static_cast<std::ptrdiff_t>(i * old);
      const auto added = more.values.begin() + static_cast<std::ptrdiff_t>((first - mine.begin + i) * fresh);
      wide.insert(wide.end(), from, from + static_cast<std::ptrdiff_t>(old));
      wide.insert(wide.end(), added, added + static_cast<std::ptrdiff_t>(fresh));
    }
    to.write_rows<float>(features, first, wide);
  }
}

void refuse_known_names(const BookReader& book, const std::vector<Column>& columns) {
  for (const Column& column : columns)
    if (book.schema().find(column.name))
      throw DataError({book.table().path().string() + " has a column " + column.name + " already",
                       "a column of that name is about to be added", "leave it out when the book is made"});
}

}  // namespace

storage::Published extend_book(const parallel::Communicator& comm, const BookReader& book, const MoreColumns& more,
                               const std::filesystem::path& path) {
  parallel::together(comm, [&] { refuse_known_names(book, more.columns); });
  const TableReader& from = book.table();
  Schema schema = book.schema();
  schema.columns.insert(schema.columns.end(), more.columns.begin(), more.columns.end());
  TableWriter to(comm, path);
  copy_attributes(from, to);
  write_columns(to, schema);
  const std::vector<DatasetInfo> kept = kept_datasets(from);
  for (const DatasetInfo& info : kept)
    if (info.text_bytes > 0) to.small(info.path, from.texts(info.path));
  to.dataset(features, Type::f32, {{book.rows(), schema.columns.size()}});
  for (const DatasetInfo& info : kept)
    if (info.text_bytes == 0) to.dataset(info.path, info.type, info.shape);
  parallel::together(comm, [&] {
    write_features(comm, book, more, to);
    for (const DatasetInfo& info : kept)
      if (info.text_bytes == 0) copy_rows(comm, from, info, to);
  });
  return to.publish();
}

}  // namespace proffer::borrowers
