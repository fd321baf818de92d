#include "allocation/problem.hpp"

#include <algorithm>

namespace proffer::allocation {

void MemorySource::visit(const std::function<void(const PairBatch&)>& take) const {
  constexpr std::size_t batch_rows = 65'536;
  for (std::size_t first = 0; first < id.size(); first += batch_rows) {
    PairBatch batch;
    batch.rows = std::min(batch_rows, id.size() - first);
    const std::size_t pairs = batch.rows * offer_count;
    batch.id = std::span(id).subspan(first, batch.rows);
    batch.value = std::span(value).subspan(first * offer_count, pairs);
    for (const auto& q : quantity) batch.quantities.push_back(std::span(q).subspan(first * offer_count, pairs));
    if (!eligible.empty()) batch.eligible = std::span(eligible).subspan(first * offer_count, pairs);
    if (!counted_by.empty()) batch.counted_by = std::span(counted_by).subspan(first, batch.rows);
    take(batch);
  }
}

}  // namespace proffer::allocation
