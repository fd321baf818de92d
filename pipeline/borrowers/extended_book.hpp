// A book with further columns: a copy, since books never change once they are written.
#pragma once

#include <filesystem>
#include <vector>

#include "borrowers/book.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::borrowers {

/// Columns to be put behind those of a book.
struct MoreColumns {
  std::vector<Column> columns;
  std::vector<float> values;  ///< row-major, of this rank's rows (storage::rows_of_rank); NaN = missing
};

/// Collective. Writes `book` with these columns to `path`; everything else is as it was, offers, outcomes, side tables
/// and /truth included. Memory is bounded by a batch besides `more`. DataError (agreed) where the book has a column of
/// that name already.
[[nodiscard]] storage::Published extend_book(const parallel::Communicator& comm, const BookReader& book,
                                             const MoreColumns& more, const std::filesystem::path& path);

}  // namespace proffer::borrowers
