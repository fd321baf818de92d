// Sorts over ranks: every rank gets one stretch of the keys, rank 0 the lowest. Internal to evaluation/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "evaluation/radix_sort.hpp"
#include "parallel/collectives.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

/// How many items there should be for one in the sample from which the stretches are made, so that it stays small.
[[nodiscard]] inline std::uint64_t sample_stride(const parallel::Communicator& comm, std::uint64_t mine) {
  constexpr std::uint64_t samples_per_rank = 512;
  return 1 + parallel::sum_over_ranks(comm, mine) / (samples_per_rank * static_cast<std::uint64_t>(comm.size()));
}

/// Collective. The last keys of all ranks' stretches but the last, from a sample of each rank's keys. Where they fall
/// moves work and memory between ranks, never a result.
[[nodiscard]] inline std::vector<std::uint64_t> stretch_ends(const parallel::Communicator& comm,
                                                             const std::vector<std::uint64_t>& my_sample) {
  std::vector<std::uint64_t> sample = parallel::all_gather<std::uint64_t>(comm, my_sample);
  std::ranges::sort(sample);
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<std::uint64_t> ends;
  for (std::size_t rank = 1; rank < ranks; ++rank)
    ends.push_back(sample.empty() ? 0 : sample[sample.size() * rank / ranks]);
  return ends;
}

/// Collective. Items (with a member `key`, sorted by it) → the items of all ranks in this rank's stretch, sorted.
template <class Item>
[[nodiscard]] std::vector<Item> own_stretch(const parallel::Communicator& comm, std::vector<Item> items,
                                            const std::vector<std::uint64_t>& ends) {
  std::vector<std::size_t> counts;
  auto from = items.begin();
  for (const std::uint64_t end : ends) {
    const auto to = std::ranges::upper_bound(from, items.end(), end, {}, &Item::key);
    counts.push_back(static_cast<std::size_t>(to - from));
    from = to;
  }
  counts.push_back(static_cast<std::size_t>(items.end() - from));
  items = parallel::all_to_all<Item>(comm, items, counts);
  radix_sort(items, [](const Item& item) { return item.key; });
  return items;
}

}  // namespace proffer::evaluation
