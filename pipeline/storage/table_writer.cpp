#include <algorithm>
#include <exception>
#include <map>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/block_checksums.hpp"
#include "storage/hdf5_file.hpp"
#include "storage/publish.hpp"
#include "storage/table_file.hpp"

namespace proffer::storage {
namespace {

struct Table {
  Type type;  // of a text dataset: u8, only for the record
  std::uint64_t row_bytes;
  Shape shape;
  hdf5::Handle memory_type;
  hdf5::Handle dataset;
  BlockChecksums checksums;
};

/// A block that nobody wrote whole.
struct UnknownBlock {
  Table* table;
  const std::string* path;
  std::uint64_t block;
};

/// HDF5 and MPI do not pass on why the system refused, so the free space is told with it.
SystemError cannot_write(const std::filesystem::path& path, const std::string& why) {
  std::error_code error;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const auto space = std::filesystem::space(folder, error);
  const std::string free = error ? "" : "; " + std::to_string(space.available >> 20) + " MiB are free";
  return SystemError({path.string() + " cannot be written", why + free, "check free space, quota and permissions"});
}

std::size_t longest(std::span<const std::string> texts) {
  std::size_t length = 1;  // HDF5 has no text of length 0
  for (const auto& text : texts) length = std::max(length, text.size());
  return length;
}

void write_attribute(hid_t file, std::string_view name, hid_t file_type, hid_t memory_type, const void* value) {
  const auto space = hdf5::owned(H5Screate(H5S_SCALAR), H5Sclose, "dataspace");
  const auto attribute =
      hdf5::owned(H5Acreate2(file, std::string(name).c_str(), file_type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                  H5Aclose, "attribute");
  hdf5::check(H5Awrite(attribute.get(), memory_type, value), "attribute");
}

}  // namespace

struct TableWriter::State {
  parallel::Communicator comm;
  std::filesystem::path final_path;
  std::filesystem::path temporary;
  hdf5::Handle file;
  std::map<std::string, Table, std::less<>> tables;
  int exceptions_at_start = std::uncaught_exceptions();

  State(const parallel::Communicator& communicator, std::filesystem::path path)
      : comm(communicator), final_path(std::move(path)), temporary(final_path) {
    temporary += ".partial";
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  void guarded(const std::function<void()>& work);
  /// Collective. As guarded, on all ranks together, and then everything so far goes to the file, so that rows may be
  /// written (and the file found whole but for its rows if the job is killed).
  void collectively(const std::function<void()>& work);
  Table& add(std::string_view path, Type type, hdf5::Handle file_type, hdf5::Handle memory_type, const Shape& shape);
  void write(Table& table, std::uint64_t first_row, std::span<const std::byte> values);
  void close();
  void refuse_missing_rows();
  std::vector<UnknownBlock> share_checksums(std::map<std::string, std::vector<std::uint64_t>>& all);
  std::map<std::string, std::vector<std::uint64_t>> complete_checksums();
  void write_checksums(const std::map<std::string, std::vector<std::uint64_t>>& all);
};

// Closing a parallel file is collective. While an exception unwinds this rank the others may be elsewhere, so the file
// is left to MPI_Finalize, where HDF5 closes what is open.
TableWriter::State::~State() {
  const bool unwinding = std::uncaught_exceptions() > exceptions_at_start;
  for (auto& [path, table] : tables)
    if (unwinding) table.dataset.release();
  if (unwinding) file.release();
  tables.clear();
}

void TableWriter::State::guarded(const std::function<void()>& work) {
  try {
    work();
  } catch (const hdf5::Failure& failure) {
    throw cannot_write(temporary, failure.what());
  }
}

void TableWriter::State::collectively(const std::function<void()>& work) {
  parallel::together(comm, [&] { guarded(work); });
  parallel::together(comm, [&] { guarded([&] { hdf5::check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "flush"); }); });
}

Table& TableWriter::State::add(std::string_view path, Type type, hdf5::Handle file_type, hdf5::Handle memory_type,
                               const Shape& shape) {
  const std::string full = hdf5::absolute(path);
  expects(!tables.contains(full), "a dataset is declared once");
  const std::uint64_t row_bytes = H5Tget_size(memory_type.get()) * shape.width();
  auto dataset = hdf5::create_dataset(file.get(), full, file_type.get(), shape);
  (void)hdf5::create_dataset(file.get(), hdf5::checksum_path(full), hdf5::file_type(Type::u64),
                             {{hdf5::blocks_of(shape.rows())}});
  Table table{type, row_bytes, shape, std::move(memory_type), std::move(dataset), {shape.rows(), row_bytes}};
  return tables.emplace(full, std::move(table)).first->second;
}

void TableWriter::State::write(Table& table, std::uint64_t first_row, std::span<const std::byte> values) {
  hdf5::write_rows(table.dataset.get(), table.memory_type.get(), table.shape, first_row, values);
  table.checksums.rows_written(first_row, values);
}

void TableWriter::State::close() {
  parallel::together(comm, [&] {
    guarded([&] {
      hdf5::check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "flush");
      for (auto& [path, table] : tables) table.dataset.close("closing the dataset");
      file.close("closing the file");
    });
  });
  parallel::barrier(comm);
}

void TableWriter::State::refuse_missing_rows() {
  std::vector<std::uint64_t> written;
  for (const auto& [path, table] : tables) written.push_back(table.checksums.total_rows_written());
  parallel::all_reduce_sum(comm, std::span(written));
  std::size_t i = 0;
  for (const auto& [path, table] : tables) {
    const bool whole = table.row_bytes == 0 || written[i] == table.shape.rows();
    if (!whole)
      throw std::logic_error("of " + std::to_string(table.shape.rows()) + " rows of " + path + " " +
                             std::to_string(written[i]) + " were written");
    ++i;
  }
}

// Merges what the ranks know; returns the blocks nobody knows, in the same order on every rank.
std::vector<UnknownBlock> TableWriter::State::share_checksums(std::map<std::string, std::vector<std::uint64_t>>& all) {
  std::vector<UnknownBlock> unknown;
  for (auto& [path, table] : tables) {
    std::vector<std::uint64_t> known(table.checksums.known().begin(), table.checksums.known().end());
    std::vector<std::uint64_t> sums(table.checksums.checksums().begin(), table.checksums.checksums().end());
    parallel::all_reduce_sum(comm, std::span(known));
    parallel::all_reduce_sum(comm, std::span(sums));
    for (std::uint64_t block = 0; block < known.size(); ++block)
      if (known[block] != 1) {
        unknown.push_back({&table, &path, block});
        sums[block] = 0;
      }
    all.emplace(path, std::move(sums));
  }
  return unknown;
}

// The unknown blocks are read back by the ranks in shares, from the closed file: close-to-open is the one promise that
// local and network file systems share.
std::map<std::string, std::vector<std::uint64_t>> TableWriter::State::complete_checksums() {
  std::map<std::string, std::vector<std::uint64_t>> all;
  const auto unknown = share_checksums(all);
  if (unknown.empty()) return all;
  const auto mine = parallel::part_of(unknown.size(), comm.rank(), comm.size());
  std::vector<std::uint64_t> found(unknown.size(), 0);
  parallel::together(comm, [&] {
    guarded([&] {
      if (mine.size() == 0) return;
      const auto serial = hdf5::open_serial(temporary);
      std::vector<std::byte> bytes;
      for (std::uint64_t i = mine.begin; i < mine.end; ++i) {
        const auto& [table, path, block] = unknown[i];
        const auto dataset = hdf5::open_dataset(serial.get(), *path);
        bytes.resize(table->checksums.rows_of(block) * table->row_bytes);
        hdf5::read_rows(dataset.get(), table->memory_type.get(), table->shape, block * block_rows, bytes);
        found[i] = xxh3(std::span<const std::byte>(bytes));
      }
    });
  });
  parallel::all_reduce_sum(comm, std::span(found));
  for (std::size_t i = 0; i < unknown.size(); ++i) all[*unknown[i].path][unknown[i].block] = found[i];
  return all;
}

// The root alone, serially: only raw data of contiguous datasets changes, so nothing else in the file moves.
void TableWriter::State::write_checksums(const std::map<std::string, std::vector<std::uint64_t>>& all) {
  parallel::on_root(comm, [&] {
    guarded([&] {
      auto serial = hdf5::open_serial(temporary, true);
      for (const auto& [path, sums] : all) {
        auto dataset = hdf5::open_dataset(serial.get(), hdf5::checksum_path(path));
        hdf5::write_rows(dataset.get(), hdf5::memory_type(Type::u64), {{sums.size()}}, 0,
                         std::as_bytes(std::span(sums)));
        dataset.close("closing the dataset");
      }
      serial.close("closing the file");
    });
  });
}

TableWriter::TableWriter(const parallel::Communicator& comm, std::filesystem::path final_path)
    : state_(std::make_unique<State>(comm, std::move(final_path))) {
  parallel::on_root(comm, [&] {
    std::error_code error;
    const auto folder = state_->temporary.parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (!error) std::filesystem::remove(state_->temporary, error);
    if (error) throw cannot_write(state_->temporary, error.message());
  });
  state_->collectively([&] { state_->file = hdf5::create_parallel(comm, state_->temporary); });
}
TableWriter::~TableWriter() = default;
TableWriter::TableWriter(TableWriter&&) noexcept = default;

void TableWriter::attribute(std::string_view name, std::string_view text) {
  const std::string value(text);
  state_->collectively([&] {
    const auto type = hdf5::text_type(std::max<std::size_t>(1, value.size()));
    write_attribute(state_->file.get(), name, type.get(), type.get(), value.c_str());
  });
}

void TableWriter::attribute(std::string_view name, double value) {
  state_->collectively([&] { write_attribute(state_->file.get(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value); });
}

void TableWriter::attribute(std::string_view name, std::int64_t value) {
  state_->collectively([&] { write_attribute(state_->file.get(), name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value); });
}

void TableWriter::small(std::string_view path, std::span<const std::string> texts) {
  const std::uint64_t width = longest(texts);
  Table* table = nullptr;
  state_->collectively(
      [&] { table = &state_->add(path, Type::u8, hdf5::text_type(width), hdf5::text_type(width), {{texts.size()}}); });
  parallel::on_root(state_->comm, [&] {
    std::string padded;
    for (const auto& text : texts) padded.append(text).append(width - text.size(), '\0');
    state_->guarded([&] { state_->write(*table, 0, std::as_bytes(std::span(padded))); });
  });
}

void TableWriter::small_bytes(std::string_view path, Type type, std::span<const std::byte> values, const Shape& shape) {
  dataset(path, type, shape);
  parallel::on_root(state_->comm, [&] { write_bytes(path, type, 0, values); });
}

void TableWriter::dataset(std::string_view path, Type type, const Shape& shape) {
  state_->collectively([&] {
    auto in_file = hdf5::owned(H5Tcopy(hdf5::file_type(type)), H5Tclose, "type");
    auto in_memory = hdf5::owned(H5Tcopy(hdf5::memory_type(type)), H5Tclose, "type");
    state_->add(path, type, std::move(in_file), std::move(in_memory), shape);
  });
}

void TableWriter::write_bytes(std::string_view path, Type type, std::uint64_t first_row,
                              std::span<const std::byte> values) {
  const auto found = state_->tables.find(hdf5::absolute(path));
  expects(found != state_->tables.end(), "rows are written to a declared dataset");
  Table& table = found->second;
  expects(table.type == type, "rows have the type of their dataset");
  if (values.empty()) return;
  expects(table.row_bytes > 0 && values.size() % table.row_bytes == 0, "rows are written whole");
  expects(first_row + values.size() / table.row_bytes <= table.shape.rows(), "rows lie inside their dataset");
  state_->guarded([&] { state_->write(table, first_row, values); });
}

Published TableWriter::publish() {
  state_->close();
  state_->refuse_missing_rows();
  state_->write_checksums(state_->complete_checksums());
  return publish_file(state_->comm, state_->temporary, state_->final_path);
}

}  // namespace proffer::storage
