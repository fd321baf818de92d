#include "allocation/problem.hpp"

#include <algorithm>

namespace proffer::allocation {

PairBatch MemorySource::part(std::size_t first, std::size_t count) const {
  PairBatch batch;
  batch.rows = count;
  const std::size_t pairs = count * offer_count;
  batch.id = std::span(id).subspan(first, count);
  batch.value = std::span(value).subspan(first * offer_count, pairs);
  for (const auto& q : quantity) batch.quantities.push_back(std::span(q).subspan(first * offer_count, pairs));
  if (!eligible.empty()) batch.eligible = std::span(eligible).subspan(first * offer_count, pairs);
  if (!counted_by.empty()) batch.counted_by = std::span(counted_by).subspan(first, count);
  if (!row_note.empty()) batch.row_note = std::span(row_note).subspan(first, count);
  if (!pair_note.empty()) batch.pair_note = std::span(pair_note).subspan(first * offer_count, pairs);
  return batch;
}

void MemorySource::visit(const Take& take, const Wanted& wanted) const {
  constexpr std::size_t batch_rows = 4'096;
  for (std::size_t first = 0; first < id.size();) {
    const std::size_t end = std::min(id.size(), first + batch_rows);
    if (!wanted) {
      take(part(first, end - first));
      first = end;
      continue;
    }
    // Runs of wanted rows.
    while (first < end && !wanted(id[first])) ++first;
    std::size_t last = first;
    while (last < end && wanted(id[last])) ++last;
    if (last > first) take(part(first, last - first));
    first = last;
  }
}

}  // namespace proffer::allocation
