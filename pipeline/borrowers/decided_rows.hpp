// Which rows of a book are decided, and what their borrowers owe already.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "borrowers/book.hpp"
#include "parallel/communicator.hpp"

namespace proffer::borrowers {

/// Collective. The global rows among this rank's part of the book (storage::rows_of_rank) that are decided, ascending:
/// of each unit the row with the latest as_of, ties by the smallest id. All ranks together get one row per unit.
[[nodiscard]] std::vector<std::uint64_t> decided_rows(const parallel::Communicator& comm, const BookReader& book);

/// What some borrowers owe already, one entry per id; 0 where the book has no accounts of theirs.
struct Existing {
  std::vector<double> exposure, instalment;
};
/// Independent. Sums /accounts of these ids, in the order of the table (which is sorted), so the same on any rank.
/// Accounts opened after the borrower's `as_of` (one per id) do not count. Memory: the ids and a batch of accounts.
[[nodiscard]] Existing existing_of(const BookReader& book, std::span<const std::uint64_t> ids,
                                   std::span<const std::int32_t> as_of);

}  // namespace proffer::borrowers
