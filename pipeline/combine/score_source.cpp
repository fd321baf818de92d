#include "combine/score_source.hpp"

#include <algorithm>

namespace proffer::combine {
namespace {
constexpr std::size_t batch_rows = 2048;
}

ScoreSource::ScoreSource(offers::ScoreRows rows, const offers::ScoreCatalog& catalog,
                         const std::vector<LimitUse>& limits)
    : rows_(std::move(rows)), offers_(catalog.size()), limits_(&limits) {
  for (const LimitUse& limit : limits) quantity_of_limit_.push_back(quantity_of(limit));
}

std::size_t ScoreSource::quantity_of(const LimitUse& limit) {
  if (limit.quantity.is_one()) return allocation::unit_quantity;
  const auto found =
      std::ranges::find_if(limit_of_quantity_, [&](std::size_t k) { return (*limits_)[k].quantity == limit.quantity; });
  if (found == limit_of_quantity_.end()) {
    limit_of_quantity_.push_back(static_cast<std::size_t>(&limit - limits_->data()));
    return limit_of_quantity_.size() - 1;
  }
  return static_cast<std::size_t>(found - limit_of_quantity_.begin());
}

allocation::Rules ScoreSource::rules(const std::vector<double>& bounds) const {
  allocation::Rules rules;
  for (std::size_t k = 0; k < limits_->size(); ++k) {
    const LimitUse& use = (*limits_)[k];
    rules.limits.push_back({.name = use.name,
                            .sense = use.settings.sense,
                            .bound = bounds[k],
                            .tolerance = use.settings.tolerance,
                            .quantity = quantity_of_limit_[k],
                            .weight = use.weight});
  }
  return rules;
}

void ScoreSource::fill(const LimitUse& limit, std::size_t first, std::size_t count, std::vector<double>& into) const {
  into.resize(count * offers_);
  for (std::size_t i = 0; i < count; ++i) {
    PairFacts pair;
    pair.row = {rows_.p_fraud[first + i], rows_.segment[first + i],
                rows_.group.empty() ? std::uint8_t{255} : rows_.group[first + i], no_offer};
    for (std::size_t j = 0; j < offers_; ++j) {
      pair.offer = j;
      pair.take = rows_.p_take[(first + i) * offers_ + j];
      pair.pd = rows_.p_default[(first + i) * offers_ + j];
      into[i * offers_ + j] = limit.quantity.of(pair, *limit.surroundings);
    }
  }
}

void ScoreSource::visit(const Take& take, const Wanted& wanted) const {
  std::vector<double> value;
  std::vector<std::vector<double>> quantity(quantities());
  std::vector<std::uint8_t> eligible;
  std::vector<std::uint64_t> counted;
  std::size_t count = 0;
  for (std::size_t first = 0; first < rows(); first += count) {
    // A run of rows that are wanted.
    const auto skipped = [&](std::size_t row) { return wanted && !wanted(rows_.id[row]); };
    count = 1;
    if (skipped(first)) continue;
    const std::size_t most = std::min(batch_rows, rows() - first);
    while (count < most && !skipped(first + count)) ++count;
    const std::size_t pairs = count * offers_;
    value.assign(rows_.value.begin() + static_cast<std::ptrdiff_t>(first * offers_),
                 rows_.value.begin() + static_cast<std::ptrdiff_t>(first * offers_ + pairs));
    eligible.resize(pairs);
    for (std::size_t p = 0; p < pairs; ++p) eligible[p] = rows_.reason[first * offers_ + p] == 0 ? 1 : 0;
    counted.assign(count, 0);
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < limits_->size(); ++k)
        if ((*limits_)[k].counts(rows_.segment[first + i])) counted[i] |= std::uint64_t{1} << k;
    allocation::PairBatch batch;
    batch.rows = count;
    batch.id = std::span(rows_.id).subspan(first, count);
    batch.value = value;
    for (std::size_t q = 0; q < quantities(); ++q) {
      fill((*limits_)[limit_of_quantity_[q]], first, count, quantity[q]);
      batch.quantities.emplace_back(quantity[q]);
    }
    batch.eligible = eligible;
    batch.counted_by = counted;
    take(batch);
  }
}

}  // namespace proffer::combine
