#include "borrowers/decided_rows.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
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

/// Whether `a` is decided rather than `b`, of the same unit.
bool goes_before(const Candidate& a, const Candidate& b) {
  return std::tuple(-a.as_of, a.id) < std::tuple(-b.as_of, b.id);
}

/// The best row of each unit among this rank's rows, as long as the units ascend.
struct Ascending {
  bool so_far = true;
  std::vector<std::uint64_t> rows;       // of the units between the first and the last
  std::optional<Candidate> first, last;  // the best of the first unit, and of the last where that is another

  void add(const Candidate& next) {
    if (!first) {
      first = next;
      return;
    }
    std::optional<Candidate>& open = last ? last : first;
    if (next.unit < open->unit) so_far = false;
    if (next.unit != open->unit) {
      if (last) rows.push_back(last->row);
      last = next;
    } else if (goes_before(next, *open)) {
      open = next;
    }
  }
};

Ascending look_for_ascending_units(const BookReader& book, const parallel::RowRange& range) {
  Ascending found;
  constexpr std::uint64_t batch = 64 * storage::block_rows;
  for (std::uint64_t first = range.begin; first < range.end && found.so_far; first += batch)
    for (const Candidate& row : read_candidates(book, {first, std::min(first + batch, range.end)})) found.add(row);
  return found;
}

/// Collective. decided_rows of a book whose units ascend, as those of most books do; nothing for others. Takes no
/// memory but the answer's: only the first and last unit of a rank can be another rank's too.
std::optional<std::vector<std::uint64_t>> decided_of_ascending(const parallel::Communicator& comm,
                                                               const BookReader& book,
                                                               const parallel::RowRange& range) {
  Ascending mine;
  parallel::together(comm, [&] { mine = look_for_ascending_units(book, range); });
  std::vector<Candidate> ends;
  if (mine.first) ends.push_back(*mine.first);
  if (mine.last) ends.push_back(*mine.last);
  const std::vector<Candidate> all_ends = parallel::all_gather(comm, std::span<const Candidate>(ends));
  const bool in_order = std::ranges::is_sorted(all_ends, {}, &Candidate::unit);
  if (parallel::any_over_ranks(comm, !mine.so_far || !in_order)) return std::nullopt;
  const auto is_best = [&](const Candidate& end) {
    return std::ranges::none_of(
        all_ends, [&](const Candidate& other) { return other.unit == end.unit && goes_before(other, end); });
  };
  std::vector<std::uint64_t> rows;
  rows.reserve(mine.rows.size() + 2);
  if (mine.first && is_best(*mine.first)) rows.push_back(mine.first->row);
  rows.insert(rows.end(), mine.rows.begin(), mine.rows.end());
  if (mine.last && is_best(*mine.last)) rows.push_back(mine.last->row);
  return rows;
}

}  // namespace

std::vector<std::uint64_t> decided_rows(const parallel::Communicator& comm, const BookReader& book) {
  const parallel::RowRange range = storage::rows_of_rank(comm, book.rows());
  if (auto rows = decided_of_ascending(comm, book, range)) return std::move(*rows);
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
  const bool ordered = std::ranges::is_sorted(ids);
  std::vector<std::size_t> order(ordered ? 0 : ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return std::pair(ids[a], a) < std::pair(ids[b], b); });
  const auto place = [&](std::size_t rank) { return ordered ? rank : order[rank]; };
  /// The first place, from `from` on, of an id that is at least `id`: steps that double, then a search between.
  const auto first_at_or_after = [&](std::uint64_t id, std::size_t from) {
    std::size_t step = 1, end = from;
    while (end < ids.size() && ids[place(end)] < id) {
      from = end + 1;
      end = std::min(ids.size(), end + step);
      step *= 2;
    }
    while (from < end) {
      const std::size_t middle = from + (end - from) / 2;
      if (ids[place(middle)] < id)
        from = middle + 1;
      else
        end = middle;
    }
    return from;
  };
  std::size_t next = 0;
  std::uint64_t last_id = 0;
  const std::uint64_t accounts = book.table().info("/accounts/id").shape.rows();
  constexpr std::uint64_t batch = 64 * storage::block_rows;
  for (std::uint64_t first = 0; first < accounts; first += batch) {
    const std::uint64_t count = std::min(batch, accounts - first);
    const auto id = book.table().read_rows<std::uint64_t>("/accounts/id", first, count);
    const auto opened = book.table().read_rows<std::int32_t>("/accounts/opened", first, count);
    const auto exposure = book.table().read_rows<double>("/accounts/exposure", first, count);
    const auto instalment = book.table().read_rows<double>("/accounts/instalment", first, count);
    // Accounts stand in the order of their ids (if not, from the start again): the search goes on where the last ended.
    for (std::size_t a = 0; a < id.size(); ++a) {
      next = first_at_or_after(id[a], id[a] < last_id ? 0 : next);
      last_id = id[a];
      for (std::size_t rank = next; rank < ids.size() && ids[place(rank)] == id[a]; ++rank) {
        if (opened[a] > as_of[place(rank)]) continue;
        existing.exposure[place(rank)] += exposure[a];
        existing.instalment[place(rank)] += instalment[a];
      }
    }
  }
  return existing;
}

}  // namespace proffer::borrowers
