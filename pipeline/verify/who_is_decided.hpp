// Whether the rows of a list are the borrowers that are to be decided.
#pragma once

#include <cstdint>
#include <vector>

#include "borrowers/book.hpp"
#include "parallel/communicator.hpp"
#include "verify/findings.hpp"
#include "verify/list_file.hpp"
#include "verify/population.hpp"

namespace proffer::verify {

/// This rank's part: rows of the book, and where the first of them stands in the list.
struct Part {
  std::vector<std::uint64_t> book_rows;  ///< to be decided, ascending
  std::uint64_t first = 0;
  std::uint64_t total = 0;  ///< of all ranks
};

/// Collective.
[[nodiscard]] Part part_of_rank(const parallel::Communicator& comm, const borrowers::BookReader& book);

/// Collective. Every row of the list against the borrower to be decided there. Where they differ anywhere, root names
/// who is missing, listed twice, or not to be decided. True where the list has as many rows as there are borrowers.
[[nodiscard]] bool check_borrowers(const parallel::Communicator& comm, const borrowers::BookReader& book,
                                   const ListFile& list, const Part& part, Findings& findings);

}  // namespace proffer::verify
