#include "combine/score_source.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace proffer::combine {
namespace {

constexpr std::size_t batch_rows = 2048;

/// KeptRow in sixteen bytes. Reasons are numbers of bits, below 32.
struct PackedRow {
  float p_fraud;
  std::int16_t previous;
  std::uint8_t segment, group, decision;
  std::array<std::uint8_t, 4> reasons;
  std::array<std::uint8_t, 3> unused;
};
static_assert(sizeof(PackedRow) == sizeof(allocation::RowNote) && std::is_trivially_copyable_v<PackedRow>);
constexpr std::uint8_t packed_no_reason = 255;

}  // namespace

allocation::RowNote note_of(const KeptRow& row) {
  PackedRow packed{};
  packed.p_fraud = static_cast<float>(row.facts.p_fraud);
  packed.previous = row.facts.previous;
  packed.segment = row.facts.segment;
  packed.group = row.facts.group;
  packed.decision = static_cast<std::uint8_t>(row.decided.decision);
  for (std::size_t r = 0; r < packed.reasons.size(); ++r)
    packed.reasons[r] =
        row.decided.reasons[r] == no_reason ? packed_no_reason : static_cast<std::uint8_t>(row.decided.reasons[r]);
  return std::bit_cast<allocation::RowNote>(packed);
}

KeptRow kept_row(const allocation::RowNote& note) {
  const auto packed = std::bit_cast<PackedRow>(note);
  KeptRow row;
  row.facts = {packed.p_fraud, packed.segment, packed.group, packed.previous};
  row.decided.decision = static_cast<Decision>(packed.decision);
  for (std::size_t r = 0; r < packed.reasons.size(); ++r)
    row.decided.reasons[r] = packed.reasons[r] == packed_no_reason ? no_reason : packed.reasons[r];
  return row;
}

std::uint64_t note_of(const KeptPair& pair) {
  return std::bit_cast<std::uint64_t>(std::array<float, 2>{pair.take, pair.pd});
}

KeptPair kept_pair(std::uint64_t note) {
  const auto packed = std::bit_cast<std::array<float, 2>>(note);
  return {packed[0], packed[1]};
}

/// The arrays behind one batch.
struct ScoreSource::Numbers {
  std::size_t rows = 0;
  std::vector<double> value;
  std::vector<std::vector<double>> quantity;
  std::vector<std::uint8_t> eligible;
  std::vector<std::uint64_t> counted, pair_note;
  std::vector<allocation::RowNote> row_note;
};

ScoreSource::ScoreSource(const offers::ScoredBatches& scores, const std::vector<LimitUse>& limits, const Log& log,
                         Reserved reserved)
    : scores_(scores), offers_(scores.schema().catalog.size()), limits_(limits), log_(log), reserved_(reserved) {
  for (const LimitUse& limit : limits) quantity_of_limit_.push_back(quantity_of(limit));
}

std::size_t ScoreSource::quantity_of(const LimitUse& limit) {
  if (limit.quantity.is_one()) return allocation::unit_quantity;
  const auto found =
      std::ranges::find_if(limit_of_quantity_, [&](std::size_t k) { return limits_[k].quantity == limit.quantity; });
  if (found == limit_of_quantity_.end()) {
    limit_of_quantity_.push_back(static_cast<std::size_t>(&limit - limits_.data()));
    return limit_of_quantity_.size() - 1;
  }
  return static_cast<std::size_t>(found - limit_of_quantity_.begin());
}

allocation::Rules ScoreSource::rules(const std::vector<double>& bounds) const {
  allocation::Rules rules;
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    const LimitUse& use = limits_[k];
    rules.limits.push_back({.name = use.name,
                            .sense = use.settings.sense,
                            .bound = bounds[k],
                            .tolerance = use.settings.tolerance,
                            .quantity = quantity_of_limit_[k],
                            .weight = use.weight});
  }
  return rules;
}

RowFacts ScoreSource::facts_of(const offers::ScoreRows& rows, std::size_t i) const {
  return {rows.p_fraud[i], rows.segment[i], rows.group.empty() ? std::uint8_t{255} : rows.group[i],
          reserved_.previous ? reserved_.previous->offer_of(rows.id[i]) : no_offer};
}

void ScoreSource::fill(const LimitUse& limit, const offers::ScoreRows& rows, std::size_t first,
                       std::vector<double>& into) const {
  for (std::size_t i = 0; i < into.size() / offers_; ++i) {
    PairFacts pair;
    pair.row = facts_of(rows, first + i);
    for (std::size_t j = 0; j < offers_; ++j) {
      pair.offer = j;
      pair.take = rows.p_take[(first + i) * offers_ + j];
      pair.pd = rows.p_default[(first + i) * offers_ + j];
      into[i * offers_ + j] = limit.quantity.of(pair, *limit.surroundings);
    }
  }
}

void ScoreSource::fill_rows(const offers::ScoreRows& rows, std::size_t first, Numbers& numbers) const {
  numbers.counted.assign(numbers.rows, 0);
  numbers.row_note.resize(numbers.rows);
  const std::span<const std::uint32_t> reasons = rows.reason;
  for (std::size_t i = 0; i < numbers.rows; ++i) {
    const RowFacts facts = facts_of(rows, first + i);
    for (std::size_t k = 0; k < limits_.size(); ++k)
      if (limits_[k].counts(facts.segment)) numbers.counted[i] |= std::uint64_t{1} << k;
    const auto own = reasons.subspan((first + i) * offers_, offers_);
    Decided decided = decide(-1, own, scores_.schema().reason_class);
    if (reserved_.cells && reserved_.cells->of(rows.unit[first + i]) == Cell::control) decided = control_decision();
    numbers.row_note[i] = note_of(KeptRow{facts, decided});
  }
}

/// Nobody in a cell is chosen for: control gets nothing, exploration what was drawn.
void ScoreSource::take_out_cells(const offers::ScoreRows& rows, std::size_t first, Numbers& numbers) const {
  for (std::size_t i = 0; i < numbers.rows; ++i)
    if (reserved_.cells->of(rows.unit[first + i]) != Cell::chosen)
      std::fill_n(numbers.eligible.begin() + static_cast<std::ptrdiff_t>(i * offers_), offers_, std::uint8_t{0});
}

void ScoreSource::fill_pairs(const offers::ScoreRows& rows, std::size_t first, Numbers& numbers) const {
  const std::size_t begin = first * offers_, pairs = numbers.rows * offers_;
  numbers.value.resize(pairs);
  numbers.eligible.resize(pairs);
  numbers.pair_note.resize(pairs);
  numbers.quantity.resize(quantities());
  for (std::size_t p = 0; p < pairs; ++p) {
    numbers.value[p] = rows.value[begin + p];
    numbers.eligible[p] = rows.reason[begin + p] == 0 ? 1 : 0;
    numbers.pair_note[p] = note_of(KeptPair{rows.p_take[begin + p], rows.p_default[begin + p]});
  }
  for (std::size_t q = 0; q < quantities(); ++q) {
    numbers.quantity[q].resize(pairs);
    fill(limits_[limit_of_quantity_[q]], rows, first, numbers.quantity[q]);
  }
}

void ScoreSource::visit(const Take& take, const Wanted& wanted) const {
  Progress progress(log_, wanted ? "combine: sampling scores" : "combine: reading scores", rows());
  Numbers numbers;
  scores_.visit(
      [&](const offers::ScoreRows& rows) {
        for (std::size_t first = 0; first < rows.rows(); first += batch_rows) {
          numbers.rows = std::min(batch_rows, rows.rows() - first);
          fill_rows(rows, first, numbers);
          fill_pairs(rows, first, numbers);
          if (reserved_.cells && reserved_.cells->any()) take_out_cells(rows, first, numbers);
          allocation::PairBatch batch;
          batch.rows = numbers.rows;
          batch.id = std::span(rows.id).subspan(first, numbers.rows);
          batch.value = numbers.value;
          for (const auto& quantity : numbers.quantity) batch.quantities.emplace_back(quantity);
          batch.eligible = numbers.eligible;
          batch.counted_by = numbers.counted;
          batch.row_note = numbers.row_note;
          batch.pair_note = numbers.pair_note;
          take(batch);
        }
        progress.advance(rows.rows());
      },
      wanted);
}

}  // namespace proffer::combine
