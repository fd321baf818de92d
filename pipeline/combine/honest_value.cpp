#include "combine/honest_value.hpp"

#include <array>
#include <unordered_map>

#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::combine {
namespace {

/// Row among this rank's scores of each chosen borrower.
std::unordered_map<std::uint64_t, std::size_t> chosen_rows(const offers::ScoreRows& scores,
                                                           const allocation::Solution& solution) {
  std::unordered_map<std::uint64_t, std::size_t> rows;
  for (std::size_t i = 0; i < scores.rows(); ++i)
    if (solution.choice[i] >= 0) rows.emplace(scores.id[i], i);
  return rows;
}

}  // namespace

HonestValue honest_value(const parallel::Communicator& comm, const offers::ScoredBatches& batches,
                         const ScoreSource& source, const allocation::Solution& solution) {
  HonestValue honest;
  honest.value = solution.certificate.value;
  std::array<parallel::ExactSum, 2> sums;  // planned, second opinion
  std::uint64_t count = 0;
  parallel::together(comm, [&] {
    const offers::ScoreRows& scores = source.scores();
    const auto rows = chosen_rows(scores, solution);
    const offers::SecondValues second = batches.second();
    for (std::size_t s = 0; s < second.id.size(); ++s) {
      const auto found = rows.find(second.id[s]);
      if (found == rows.end()) continue;
      const auto j = static_cast<std::size_t>(solution.choice[found->second]);
      sums[0].add(static_cast<double>(scores.value[found->second * source.offers() + j]));
      sums[1].add(static_cast<double>(second.value[s * source.offers() + j]));
      ++count;
    }
  });
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  honest.offered_in_sample = parallel::sum_over_ranks(comm, count);
  const double planned = sums[0].rounded();
  honest.known = planned > 0;
  if (honest.known) honest.ratio = sums[1].rounded() / planned;
  honest.value = solution.certificate.value * honest.ratio;
  return honest;
}

}  // namespace proffer::combine
