#include "verify/population.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::verify {
namespace {

constexpr std::uint64_t batch_rows = 64 * storage::block_rows;

struct Key {
  std::uint64_t unit = 0, id = 0, row = 0;
  std::int32_t as_of = 0;
};

/// The keys of the units that `rank` decides.
std::vector<Key> keys_of(const borrowers::BookReader& book, int rank, int ranks) {
  std::vector<Key> keys;
  for (std::uint64_t first = 0; first < book.rows(); first += batch_rows) {
    const std::uint64_t count = std::min(batch_rows, book.rows() - first);
    const auto unit = book.table().read_rows<std::uint64_t>("/borrower/unit", first, count);
    const auto id = book.table().read_rows<std::uint64_t>("/borrower/id", first, count);
    const auto as_of = book.table().read_rows<std::int32_t>("/borrower/as_of", first, count);
    for (std::size_t i = 0; i < unit.size(); ++i)
      if (mix64(unit[i]) % static_cast<std::uint64_t>(ranks) == static_cast<std::uint64_t>(rank))
        keys.push_back({unit[i], id[i], first + i, as_of[i]});
  }
  return keys;
}

}  // namespace

std::uint64_t RowSet::size() const {
  std::uint64_t size = 0;
  for (const std::uint64_t word : words_) size += static_cast<std::uint64_t>(std::popcount(word));
  return size;
}

std::vector<std::uint64_t> RowSet::members(std::uint64_t first, std::uint64_t count) const {
  std::vector<std::uint64_t> rows;
  std::uint64_t number = 0;
  for (std::uint64_t row = 0; row < words_.size() * 64 && rows.size() < count; ++row) {
    if (!contains(row)) continue;
    if (number++ >= first) rows.push_back(row);
  }
  return rows;
}

void RowSet::merge(const parallel::Communicator& comm) {
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(words_));
}

RowSet rows_to_decide(const parallel::Communicator& comm, const borrowers::BookReader& book) {
  RowSet rows(book.rows());
  parallel::together(comm, [&] {
    std::vector<Key> keys = keys_of(book, comm.rank(), comm.size());
    std::ranges::sort(keys, {}, [](const Key& key) { return std::tuple(key.unit, -key.as_of, key.id); });
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (i == 0 || keys[i].unit != keys[i - 1].unit) rows.insert(keys[i].row);
  });
  rows.merge(comm);
  return rows;
}

ExistingAccounts::ExistingAccounts(const borrowers::BookReader& book) {
  if (!book.table().has("/accounts/id")) return;
  id_ = book.table().read_all<std::uint64_t>("/accounts/id");
  opened_ = book.table().read_all<std::int32_t>("/accounts/opened");
  exposure_ = book.table().read_all<double>("/accounts/exposure");
  instalment_ = book.table().read_all<double>("/accounts/instalment");
  if (!std::ranges::is_sorted(id_))
    throw DataError({book.table().path().string() + ": /accounts is not sorted", "accounts are looked up by id",
                     "restore the book"});
}

ExistingAccounts::Total ExistingAccounts::of(std::uint64_t id, std::int32_t as_of) const {
  Total sum;
  for (auto at = std::ranges::lower_bound(id_, id); at != id_.end() && *at == id; ++at) {
    const auto account = static_cast<std::size_t>(at - id_.begin());
    if (opened_[account] > as_of) continue;
    sum.exposure += exposure_[account];
    sum.instalments += instalment_[account];
  }
  return sum;
}

}  // namespace proffer::verify
