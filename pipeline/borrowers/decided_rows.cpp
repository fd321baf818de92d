#include "borrowers/decided_rows.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::borrowers {
namespace {

struct Candidate {
  std::uint64_t unit, id, row;
  std::int64_t as_of;
};

int owner_of(std::uint64_t unit, int ranks) {
  return static_cast<int>(mix64(unit) % static_cast<std::uint64_t>(ranks));
}

/// Sorts values by the rank they go to and sends them there.
template <class T, class RankOf>
std::vector<T> send(const parallel::Communicator& comm, const std::vector<T>& values, RankOf rank_of) {
  std::vector<std::size_t> counts(static_cast<std::size_t>(comm.size()), 0);
  for (const T& value : values) ++counts[static_cast<std::size_t>(rank_of(value))];
  std::vector<std::size_t> at(counts.size(), 0);
  std::exclusive_scan(counts.begin(), counts.end(), at.begin(), std::size_t{0});
  std::vector<T> sorted(values.size());
  for (const T& value : values) sorted[at[static_cast<std::size_t>(rank_of(value))]++] = value;
  return parallel::all_to_all(comm, std::span<const T>(sorted), counts);
}

std::vector<Candidate> read_candidates(const BookReader& book, const parallel::RowRange& range) {
  const auto id = book.table().read_rows<std::uint64_t>("/borrower/id", range.begin, range.size());
  const auto unit = book.table().read_rows<std::uint64_t>("/borrower/unit", range.begin, range.size());
  const auto as_of = book.table().read_rows<std::int32_t>("/borrower/as_of", range.begin, range.size());
  std::vector<Candidate> candidates(id.size());
  for (std::size_t i = 0; i < id.size(); ++i) candidates[i] = {unit[i], id[i], range.begin + i, as_of[i]};
  return candidates;
}

}  // namespace

std::vector<std::uint64_t> decided_rows(const parallel::Communicator& comm, const BookReader& book) {
  const parallel::RowRange range = storage::rows_of_rank(comm, book.rows());
  std::vector<Candidate> candidates;
  parallel::together(comm, [&] { candidates = read_candidates(book, range); });
  const int ranks = comm.size();
  candidates = send(comm, candidates, [ranks](const Candidate& c) { return owner_of(c.unit, ranks); });
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::tuple(a.unit, -a.as_of, a.id) < std::tuple(b.unit, -b.as_of, b.id);
  });
  const auto [first_duplicate, end] =
      std::ranges::unique(candidates, [](const Candidate& a, const Candidate& b) { return a.unit == b.unit; });
  candidates.erase(first_duplicate, end);
  std::vector<std::uint64_t> rows;
  for (const Candidate& c : candidates) rows.push_back(c.row);
  // Each chosen row goes back to the rank whose part it is in.
  std::vector<std::uint64_t> part_ends;
  for (int rank = 0; rank < ranks; ++rank)
    part_ends.push_back(parallel::part_of(book.rows(), rank, ranks, storage::block_rows).end);
  rows = send(comm, rows, [&](std::uint64_t row) {
    return static_cast<int>(std::ranges::upper_bound(part_ends, row) - part_ends.begin());
  });
  std::ranges::sort(rows);
  return rows;
}

Existing existing_of(const BookReader& book, std::span<const std::uint64_t> ids, std::span<const std::int32_t> as_of) {
  Existing existing;
  existing.exposure.assign(ids.size(), 0.0);
  existing.instalment.assign(ids.size(), 0.0);
  if (!book.table().has("/accounts/id") || ids.empty()) return existing;
  std::vector<std::size_t> order(ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return std::pair(ids[a], a) < std::pair(ids[b], b); });
  const std::uint64_t accounts = book.table().info("/accounts/id").shape.rows();
  constexpr std::uint64_t batch = 64 * storage::block_rows;
  for (std::uint64_t first = 0; first < accounts; first += batch) {
    const std::uint64_t count = std::min(batch, accounts - first);
    const auto id = book.table().read_rows<std::uint64_t>("/accounts/id", first, count);
    const auto opened = book.table().read_rows<std::int32_t>("/accounts/opened", first, count);
    const auto exposure = book.table().read_rows<double>("/accounts/exposure", first, count);
    const auto instalment = book.table().read_rows<double>("/accounts/instalment", first, count);
    for (std::size_t a = 0; a < id.size(); ++a) {
      auto at = std::ranges::lower_bound(order, id[a], {}, [&](std::size_t i) { return ids[i]; });
      for (; at != order.end() && ids[*at] == id[a]; ++at) {
        if (opened[a] > as_of[*at]) continue;
        existing.exposure[*at] += exposure[a];
        existing.instalment[*at] += instalment[a];
      }
    }
  }
  return existing;
}

}  // namespace proffer::borrowers
