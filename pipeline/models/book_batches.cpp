#include "models/book_batches.hpp"

#include <algorithm>

#include "storage/table_file.hpp"

namespace proffer::models {

void each_batch(const parallel::Communicator& comm, const borrowers::BookReader& book, borrowers::Parts parts,
                const std::function<void(const borrowers::Batch&)>& take, std::uint64_t skipped) {
  constexpr std::uint64_t batch_rows = 4 * storage::block_rows;
  const parallel::RowRange range = storage::rows_of_rank(comm, book.rows());
  for (std::uint64_t first = range.begin + skipped; first < range.end; first += batch_rows)
    take(book.read(first, std::min(batch_rows, range.end - first), parts));
}

}  // namespace proffer::models
