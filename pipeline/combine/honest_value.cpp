#include "combine/honest_value.hpp"

#include <array>
#include <unordered_map>

#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::combine {

HonestValue honest_value(const parallel::Communicator& comm, const offers::ScoredBatches& batches,
                         const allocation::Population& population, const allocation::Solution& solution,
                         double planned_value) {
  HonestValue honest;
  honest.value = planned_value;
  std::array<parallel::ExactSum, 2> sums;  // planned, second opinion
  std::uint64_t count = 0;
  parallel::together(comm, [&] {
    const offers::SecondValues second = batches.second();
    const std::size_t offers = batches.schema().catalog.size();
    std::unordered_map<std::uint64_t, std::size_t> entry_of;
    for (std::size_t s = 0; s < second.id.size(); ++s) entry_of.emplace(second.id[s], s);
    for (std::size_t row = 0; row < solution.choice.size() && !entry_of.empty(); ++row) {
      if (solution.choice[row] < 0) continue;
      const auto found = entry_of.find(population.id(row));
      if (found == entry_of.end()) continue;
      const auto j = static_cast<std::size_t>(solution.choice[row]);
      sums[0].add(population.value(row, solution.choice[row]));
      sums[1].add(static_cast<double>(second.value[found->second * offers + j]));
      ++count;
    }
  });
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  honest.offered_in_sample = parallel::sum_over_ranks(comm, count);
  const double planned = sums[0].rounded();
  honest.known = planned > 0;
  if (honest.known) honest.ratio = sums[1].rounded() / planned;
  honest.value = planned_value * honest.ratio;
  return honest;
}

}  // namespace proffer::combine
