// Which rows of the population are to be decided, and what their borrowers pay already.
#pragma once

#include <cstdint>
#include <vector>

#include "borrowers/book.hpp"
#include "parallel/communicator.hpp"

namespace proffer::verify {

/// One bit for each row of a book.
class RowSet {
 public:
  explicit RowSet(std::uint64_t rows) : words_((rows + 63) / 64, 0) {}
  void insert(std::uint64_t row) { words_[row / 64] |= std::uint64_t{1} << (row % 64); }
  [[nodiscard]] bool contains(std::uint64_t row) const { return (words_[row / 64] >> (row % 64) & 1U) != 0; }
  [[nodiscard]] std::uint64_t size() const;
  /// Members number first … first + count − 1, ascending.
  [[nodiscard]] std::vector<std::uint64_t> members(std::uint64_t first, std::uint64_t count) const;
  /// Collective. Every rank gets the rows of all; a row is inserted by one rank at most.
  void merge(const parallel::Communicator& comm);

 private:
  std::vector<std::uint64_t> words_;
};

/// Collective. Of each unit the row with the latest as_of, ties by the smallest id. Every rank reads all rows' keys,
/// in batches, and decides the units that a hash gives it. Memory: 32 bytes a row over the ranks, and a bit a row.
[[nodiscard]] RowSet rows_to_decide(const parallel::Communicator& comm, const borrowers::BookReader& book);

/// Independent. Existing accounts, in memory: 28 bytes each.
class ExistingAccounts {
 public:
  explicit ExistingAccounts(const borrowers::BookReader& book);
  struct Total {
    double exposure = 0, instalments = 0;  ///< a month
  };
  /// What the borrower owes and pays for accounts opened until `as_of`, added up in the order of the table.
  [[nodiscard]] Total of(std::uint64_t id, std::int32_t as_of) const;

 private:
  std::vector<std::uint64_t> id_;
  std::vector<std::int32_t> opened_;
  std::vector<double> exposure_, instalment_;
};

}  // namespace proffer::verify
