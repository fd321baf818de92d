// A rank's rows of a book, one batch after another.
#pragma once

#include <cstdint>
#include <functional>

#include "borrowers/book.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// What models learn from: outcomes, and offers where the book has any.
[[nodiscard]] inline borrowers::Parts learnt_parts(const borrowers::BookReader& book, bool features = true) {
  return {.offers = book.has_offers(), .outcomes = true, .features = features};
}

/// Independent. Visits this rank's rows of the book in batches, but for so many at its beginning.
void each_batch(const parallel::Communicator& comm, const borrowers::BookReader& book, borrowers::Parts parts,
                const std::function<void(const borrowers::Batch&)>& take, std::uint64_t skipped = 0);

}  // namespace proffer::models
