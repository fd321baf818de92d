// CSV → book, by a mapping.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "borrowers/mapping.hpp"
#include "foundation/log.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::borrowers {

/// How many rows of the book have each code of one outcome.
struct OutcomeCounts {
  std::string name;  ///< one of outcome_names
  std::uint64_t no = 0, yes = 0, excluded = 0, indeterminate = 0, unknown = 0;
};

/// read = kept + rejected; blank lines are not rows.
struct IngestResult {
  std::uint64_t read = 0, kept = 0, rejected = 0;
  std::vector<OutcomeCounts> outcomes;
  std::filesystem::path rejects;  ///< CSV file of rejected rows; empty with on_bad_row: stop
  storage::Published book;
};

/// The files a mapping reads, for digests.
[[nodiscard]] std::vector<std::filesystem::path> inputs_of(const Mapping& mapping);

/// Collective; every rank gets the same result. Reads the file twice: once to check and count, once to write. The bytes
/// of the book are the same at any number of ranks, for any block size, and for a plain file and its gzip. Memory per
/// rank: some blocks, 24 bytes per row of the rank (48 while duplicates are looked for), up to max_rejected messages,
/// and on the root the side tables.
/// UsageError where the mapping does not fit the file; DataError with file:line:column for a bad cell, for a repeated
/// (id, as_of), and where no row is left.
[[nodiscard]] IngestResult ingest(const parallel::Communicator& comm, const Mapping& mapping,
                                  const std::filesystem::path& book, Log& log,
                                  std::uint64_t block_bytes = CsvFile::default_block_bytes);

}  // namespace proffer::borrowers
