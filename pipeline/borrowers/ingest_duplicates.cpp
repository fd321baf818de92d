#include "borrowers/ingest_duplicates.hpp"

#include <algorithm>
#include <tuple>

#include "foundation/hash.hpp"
#include "parallel/collectives.hpp"

namespace proffer::borrowers {
namespace {

/// Every key on the rank its id belongs to.
std::vector<RowKey> partition(const parallel::Communicator& comm, std::span<const RowKey> keys) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  const auto owner = [&](const RowKey& key) { return static_cast<std::size_t>(mix64(key.id) % ranks); };
  std::vector<std::size_t> counts(ranks, 0);
  for (const RowKey& key : keys) ++counts[owner(key)];
  std::vector<std::size_t> next(ranks, 0);
  for (std::size_t r = 1; r < ranks; ++r) next[r] = next[r - 1] + counts[r - 1];
  std::vector<RowKey> sorted(keys.size());
  for (const RowKey& key : keys) sorted[next[owner(key)]++] = key;
  return parallel::all_to_all<RowKey>(comm, sorted, counts);
}

}  // namespace

Duplicates find_duplicates(const parallel::Communicator& comm, std::span<const RowKey> keys, std::uint64_t at_most) {
  std::vector<RowKey> mine = partition(comm, keys);
  std::sort(mine.begin(), mine.end(), [](const RowKey& a, const RowKey& b) {
    return std::tie(a.id, a.as_of, a.position) < std::tie(b.id, b.as_of, b.position);
  });
  const auto by_position = [](const Duplicate& a, const Duplicate& b) { return a.position < b.position; };
  std::vector<Duplicate> found;
  for (std::size_t i = 1, first = 0; i < mine.size(); ++i) {
    if (mine[i].id == mine[first].id && mine[i].as_of == mine[first].as_of)
      found.push_back({mine[i].position, mine[first].position, mine[i].id, mine[i].as_of, 0});
    else
      first = i;
  }
  std::sort(found.begin(), found.end(), by_position);
  Duplicates all;
  all.count = parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(found.size()));
  found.resize(std::min<std::uint64_t>(found.size(), at_most));
  all.found = parallel::all_gather<Duplicate>(comm, found);
  std::sort(all.found.begin(), all.found.end(), by_position);
  return all;
}

}  // namespace proffer::borrowers
