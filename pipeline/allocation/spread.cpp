// From "so many rows of this type take this option" to rows: within a type the lowest ids take the first option, the
// next the second, and so on. The ids at which options change are found by bisection over all ranks.
#include <algorithm>

#include "allocation/core.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"

namespace proffer::allocation {
namespace {

/// Up to and including which id the first `wanted` rows of a type reach.
struct Boundary {
  std::size_t type = 0;
  std::int64_t wanted = 0;
  std::uint64_t low = 0;  ///< the answer lies in low … high
  std::uint64_t high = ~0ULL;
};

std::vector<Boundary> boundaries_of(const Core& core, const Amounts& amounts) {
  std::vector<Boundary> boundaries;
  for (std::size_t t = 0; t < core.types(); ++t) {
    std::int64_t so_far = 0;
    for (std::size_t o = core.first[t]; o < core.first[t + 1]; ++o) {
      so_far += amounts[o];
      if (amounts[o] > 0 && so_far < core.count[t]) boundaries.push_back({t, so_far});
    }
  }
  return boundaries;
}

/// Collective. Narrows every boundary to one id.
void bisect(const parallel::Communicator& comm, const std::vector<std::vector<std::uint64_t>>& ids,
            std::vector<Boundary>& boundaries) {
  std::vector<std::int64_t> reached(boundaries.size());
  for (int round = 0; round < 64 && !boundaries.empty(); ++round) {
    for (std::size_t b = 0; b < boundaries.size(); ++b) {
      const auto& mine = ids[boundaries[b].type];
      const std::uint64_t middle = boundaries[b].low + (boundaries[b].high - boundaries[b].low) / 2;
      reached[b] = std::upper_bound(mine.begin(), mine.end(), middle) - mine.begin();
    }
    parallel::all_reduce_sum(comm, std::span(reached));
    for (std::size_t b = 0; b < boundaries.size(); ++b) {
      Boundary& x = boundaries[b];
      if (x.low == x.high) continue;
      const std::uint64_t middle = x.low + (x.high - x.low) / 2;
      (reached[b] >= x.wanted ? x.high : x.low) = reached[b] >= x.wanted ? middle : middle + 1;
    }
  }
}

}  // namespace

std::vector<std::int32_t> spread(const parallel::Communicator& comm, const PairStore& store, const Core& core,
                                 const CoreRows& rows, const Amounts& amounts) {
  std::vector<Boundary> boundaries = boundaries_of(core, amounts);
  std::vector<std::vector<std::uint64_t>> ids(core.types());
  for (const Boundary& boundary : boundaries) {
    auto& mine = ids[boundary.type];
    if (!mine.empty()) continue;
    for (std::size_t row : rows.rows_of[boundary.type]) mine.push_back(store.id[row]);
    std::sort(mine.begin(), mine.end());
  }
  bisect(comm, ids, boundaries);

  std::vector<std::int32_t> choice = rows.choice;
  std::size_t next = 0;
  for (std::size_t t = 0; t < core.types(); ++t) {
    std::vector<std::uint64_t> last;  // last id of each option in use but the final one
    for (; next < boundaries.size() && boundaries[next].type == t; ++next) last.push_back(boundaries[next].high);
    std::vector<std::int32_t> offers;
    for (std::size_t o = core.first[t]; o < core.first[t + 1]; ++o)
      if (amounts[o] > 0) offers.push_back(core.offer[o]);
    for (std::size_t row : rows.rows_of[t]) {
      const auto at = std::lower_bound(last.begin(), last.end(), store.id[row]) - last.begin();
      choice[row] = offers[static_cast<std::size_t>(at)];
    }
  }
  return choice;
}

Amounts amounts_of(const parallel::Communicator& comm, const Core& core, const CoreRows& rows,
                   std::span<const std::int32_t> choice) {
  std::vector<std::int64_t> counts(core.options(), 0);
  for (std::size_t t = 0; t < core.types(); ++t)
    for (std::size_t row : rows.rows_of[t]) {
      const auto begin = core.offer.begin() + static_cast<std::ptrdiff_t>(core.first[t]);
      const auto end = core.offer.begin() + static_cast<std::ptrdiff_t>(core.first[t + 1]);
      const auto at = std::find(begin, end, choice[row]);
      expects(at != end, "a row of the core chose one of its options");
      ++counts[static_cast<std::size_t>(at - core.offer.begin())];
    }
  parallel::all_reduce_sum(comm, std::span(counts));
  return {counts.begin(), counts.end()};
}

}  // namespace proffer::allocation
