#include "allocation/pair_store.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "allocation/survivors.hpp"
#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::allocation {
namespace {

[[noreturn]] void misfit(const Limit& limit, const std::string& why) {
  throw UsageError({"limit '" + limit.name + "' does not fit the problem", why, "correct the limit"});
}

void check_rules(const PairSource& source, const Rules& rules) {
  if (source.offers() < 1 || source.offers() > max_offers)
    throw UsageError({std::to_string(source.offers()) + " offers", "1 to 256 are possible", "leave some out"});
  if (rules.limits.size() > max_limits)
    throw UsageError({std::to_string(rules.limits.size()) + " limits", "64 are possible", "leave some out"});
  for (const Limit& limit : rules.limits) {
    if (!std::isfinite(limit.bound)) misfit(limit, "its bound is not a finite number");
    if (!std::isfinite(limit.tolerance) || limit.tolerance < 0) misfit(limit, "its tolerance must be 0 or more");
    if (!limit.weight.empty() && limit.weight.size() != source.offers())
      misfit(limit, "it has " + std::to_string(limit.weight.size()) + " weights for " +
                        std::to_string(source.offers()) + " offers");
    for (double w : limit.weight)
      if (!std::isfinite(w)) misfit(limit, "a weight is not a finite number");
    if (limit.quantity != unit_quantity && limit.quantity >= source.quantities())
      misfit(limit, "there is no quantity " + std::to_string(limit.quantity));
  }
}

bool not_finite(double x) {
  return !std::isfinite(x);
}

/// What no choice is worth less than, and rows that nothing can be chosen for. Over all pairs, also those left out.
class LowestValue {
 public:
  explicit LowestValue(Choose choose) : none_allowed_(choose == Choose::at_most_one) {}
  void add(std::uint64_t id, std::span<const double> values) {
    double low = none_allowed_ ? 0.0 : infinity;
    for (double value : values) low = std::min(low, value);
    if (low == infinity) {
      ++missing_;
      without_ = std::min(without_, id);
    } else if (low != 0) {
      lowest_.add(low);
    }
  }
  /// Collective.
  void reduce(const parallel::Communicator& comm, PairFacts& facts) {
    parallel::all_reduce(comm, std::span(&lowest_, 1));
    parallel::all_reduce_min(comm, std::span(&without_, 1));
    facts.lowest_value = std::nextafter(lowest_.rounded(), -infinity);
    facts.someone_without = parallel::sum_over_ranks(comm, missing_) > 0;
    facts.without_id = without_;
  }

 private:
  bool none_allowed_;
  parallel::ExactSum lowest_;
  std::uint64_t without_ = ~0ULL;
  std::int64_t missing_ = 0;
};

/// Appends batches to a store.
class Reader {
 public:
  Reader(PairStore& store, std::vector<std::size_t> source_quantity)
      : store_(store), source_quantity_(std::move(source_quantity)), lowest_(store.rules->choose) {}

  void take(const PairBatch& batch) {
    const std::size_t m = store_.offers;
    for (std::size_t i = 0; i < batch.rows; ++i) {
      const std::size_t first = store_.value.size();
      store_.id.push_back(batch.id[i]);
      store_.group.push_back(group_of(batch.counted_by.empty() ? ~0ULL : batch.counted_by[i]));
      if (!batch.row_note.empty()) store_.row_note.push_back(batch.row_note[i]);
      for (std::size_t j = 0; j < m; ++j)
        if (batch.eligible.empty() || batch.eligible[i * m + j]) store_.offer.push_back(static_cast<std::uint8_t>(j));
      take_numbers(batch, i, first);
      lowest_.add(batch.id[i], std::span(store_.value).subspan(first));
      store_.close_row();
    }
  }
  /// Forgets the rows, not what was found out about them.
  void clear() {
    store_.id.clear();
    store_.group.clear();
    store_.row_note.clear();
    store_.offer.clear();
    store_.value.clear();
    store_.pair_note.clear();
    for (auto& quantity : store_.quantity) quantity.clear();
    store_.first.assign(1, 0);
  }
  [[nodiscard]] LowestValue& lowest() { return lowest_; }

 private:
  /// Values and quantities of the offers of the last row, which are known by now.
  void take_numbers(const PairBatch& batch, std::size_t i, std::size_t first) {
    const std::size_t from = i * store_.offers, pairs = store_.offer.size();
    const auto copy = [&](const auto& numbers, auto& into) {
      for (std::size_t p = first; p < pairs; ++p) into.push_back(numbers[from + store_.offer[p]]);
    };
    copy(batch.value, store_.value);
    for (std::size_t q = 0; q < source_quantity_.size(); ++q)
      copy(batch.quantities[source_quantity_[q]], store_.quantity[q]);
    if (!batch.pair_note.empty()) copy(batch.pair_note, store_.pair_note);
    for (std::size_t p = first; p < pairs; ++p) {
      bool bad = not_finite(store_.value[p]);
      for (const auto& quantity : store_.quantity) bad = bad || not_finite(quantity[p]);
      if (bad)
        throw DataError({"row id " + std::to_string(batch.id[i]) + ", offer " + std::to_string(store_.offer[p]) +
                             " has a value or use that is not a finite number",
                         "every eligible pair needs finite numbers", "mark the pair as not eligible or correct it"});
    }
  }

  std::uint32_t group_of(std::uint64_t limits) {
    if (!store_.group_limits.empty() && store_.group_limits[last_group_] == limits) return last_group_;
    const auto [at, isnew] = groups_.try_emplace(limits, static_cast<std::uint32_t>(groups_.size()));
    if (isnew) store_.group_limits.push_back(limits);
    return last_group_ = at->second;
  }

  PairStore& store_;
  std::vector<std::size_t> source_quantity_;
  std::unordered_map<std::uint64_t, std::uint32_t> groups_;
  std::uint32_t last_group_ = 0;
  LowestValue lowest_;
};

void find_largest(const parallel::Communicator& comm, PairStore& store) {
  const std::size_t limits = store.rules->limits.size();
  std::vector<double> largest(limits + 1, 0.0);
  for (std::size_t i = 0; i < store.rows(); ++i)
    for (std::size_t p = store.first[i]; p < store.first[i + 1]; ++p) {
      largest[limits] = std::max(largest[limits], std::abs(store.value[p]));
      for (std::size_t k = 0; k < limits; ++k) largest[k] = std::max(largest[k], std::abs(store.use(k, i, p)));
    }
  parallel::all_reduce_max(comm, largest);
  store.facts.value_max = largest[limits];
  store.facts.use_max.assign(largest.begin(), largest.end() - 1);
}

/// Means by fixed point relative to the largest, so that any partition gives the same. They are only used as scales:
/// of many rows a hash sample is enough.
void find_means(const parallel::Communicator& comm, PairStore& store) {
  const std::size_t limits = store.rules->limits.size();
  std::vector<std::int64_t> sums(2 * limits + 4, 0);
  const bool many = parallel::sum_over_ranks(comm, std::uint64_t{store.rows()}) > 200'000;
  const auto part = [](double x, double largest) {
    return largest > 0 ? static_cast<std::int64_t>(std::abs(x) / largest * 0x1p20) : 0;
  };
  for (std::size_t i = 0; i < store.rows(); ++i) {
    if (many && mix64(store.id[i]) % 64 != 0) continue;
    sums[2 * limits + 3] += static_cast<std::int64_t>(store.first[i + 1] - store.first[i]);
    for (std::size_t p = store.first[i]; p < store.first[i + 1]; ++p) {
      sums[2 * limits] += part(store.value[p], store.facts.value_max);
      for (std::size_t k = 0; k < limits; ++k) {
        const double a = store.use(k, i, p);
        if (a == 0) continue;
        sums[k] += part(a, store.facts.use_max[k]);
        ++sums[limits + k];
      }
    }
  }
  sums[2 * limits + 1] = static_cast<std::int64_t>(store.value.size());
  sums[2 * limits + 2] = static_cast<std::int64_t>(store.rows());
  parallel::all_reduce_sum(comm, std::span(sums));
  const auto mean = [](std::int64_t sum, std::int64_t count, double largest) {
    return count ? std::max(static_cast<double>(sum) * 0x1p-20 / static_cast<double>(count), 0x1p-20) * largest
                 : largest;
  };
  store.facts.use_mean.resize(limits);
  for (std::size_t k = 0; k < limits; ++k)
    store.facts.use_mean[k] = mean(sums[k], sums[limits + k], store.facts.use_max[k]);
  store.facts.value_mean = mean(sums[2 * limits], sums[2 * limits + 3], store.facts.value_max);
  store.facts.pairs = static_cast<std::uint64_t>(sums[2 * limits + 1]);
  store.facts.rows = static_cast<std::uint64_t>(sums[2 * limits + 2]);
}

void find_facts(const parallel::Communicator& comm, PairStore& store, LowestValue& lowest) {
  find_largest(comm, store);
  find_means(comm, store);
  lowest.reduce(comm, store.facts);
}

/// Which of the source's quantities the limits look at, and each limit's index among them.
std::vector<std::size_t> used_quantities(const Rules& rules, std::vector<std::size_t>& limit_quantity) {
  std::vector<std::size_t> used;
  for (const Limit& limit : rules.limits) {
    if (limit.quantity == unit_quantity) {
      limit_quantity.push_back(unit_quantity);
      continue;
    }
    const auto at = std::find(used.begin(), used.end(), limit.quantity);
    limit_quantity.push_back(static_cast<std::size_t>(at - used.begin()));
    if (at == used.end()) used.push_back(limit.quantity);
  }
  return used;
}

/// Checks the rules and makes the store ready for rows. Returns the source's quantities to read.
std::vector<std::size_t> start(const PairSource& source, const Rules& rules, PairStore& store) {
  check_rules(source, rules);
  store.offers = source.offers();
  store.rules = &rules;
  std::vector<std::size_t> used = used_quantities(rules, store.limit_quantity);
  store.quantity.resize(used.size());
  return used;
}

/// Offers of a row that pruning leaves, about: room for so many is made at first.
constexpr std::size_t usually_kept = 4;

void reserve(PairStore& store, std::size_t rows, std::size_t pairs) {
  store.id.reserve(rows);
  store.group.reserve(rows);
  store.first.reserve(rows + 1);
  store.offer.reserve(pairs);
  store.value.reserve(pairs);
  for (auto& quantity : store.quantity) quantity.reserve(pairs);
}

}  // namespace

UseRange range_of(const Limit& limit) {
  UseRange range;
  const bool exact = limit.tolerance == 0.0;
  if (limit.sense != Sense::at_least)
    range.high = exact ? limit.bound : std::nextafter(limit.bound + limit.tolerance, infinity);
  if (limit.sense != Sense::at_most)
    range.low = exact ? limit.bound : std::nextafter(limit.bound - limit.tolerance, -infinity);
  return range;
}

std::size_t PairStore::find(std::size_t i, std::int32_t wanted) const {
  const auto begin = offer.begin() + first[i], end = offer.begin() + first[i + 1];
  const auto at = std::lower_bound(begin, end, static_cast<std::uint8_t>(wanted));
  return wanted < 0 || at == end || *at != wanted ? no_pair : static_cast<std::size_t>(at - offer.begin());
}

PairStore PairStore::empty_copy() const {
  PairStore copy;
  copy.offers = offers;
  copy.rules = rules;
  copy.group_limits = group_limits;
  copy.limit_quantity = limit_quantity;
  copy.quantity.resize(quantity.size());
  copy.left_out_loses = left_out_loses;
  return copy;
}

void PairStore::append(const PairStore& from, std::size_t i, std::span<const std::size_t> pairs) {
  id.push_back(from.id[i]);
  group.push_back(from.group[i]);
  if (!from.row_note.empty()) row_note.push_back(from.row_note[i]);
  for (std::size_t p : pairs) {
    offer.push_back(from.offer[p]);
    value.push_back(from.value[p]);
    for (std::size_t q = 0; q < quantity.size(); ++q) quantity[q].push_back(from.quantity[q][p]);
    if (!from.pair_note.empty()) pair_note.push_back(from.pair_note[p]);
  }
  close_row();
}

void PairStore::close_row() {
  if (value.size() > std::numeric_limits<std::uint32_t>::max())
    throw SystemError(
        {"one rank holds more than 4,294,967,295 pairs", "that is as many as it can number", "use more ranks"});
  first.push_back(static_cast<std::uint32_t>(value.size()));
}

PairStore read_pairs(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
                     const PairSource::Wanted& wanted) {
  PairStore store;
  std::optional<Reader> reader;
  parallel::together(comm, [&] {
    reader.emplace(store, start(source, rules, store));
    // Reserved to the full: memory that is never touched is never resident, growing would copy.
    if (!wanted) reserve(store, source.rows(), source.rows() * store.offers);
    source.visit([&](const PairBatch& batch) { reader->take(batch); }, wanted);
  });
  find_facts(comm, store, reader->lowest());
  return store;
}

PairStore read_pairs_near(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
                          const MultiplierBox& box, double margin) {
  PairStore store, part;
  std::optional<Reader> reader;
  parallel::together(comm, [&] {
    reader.emplace(part, start(source, rules, part));
    store = part.empty_copy();
    store.left_out_loses = margin;
    reserve(store, source.rows(), source.rows() * std::min(store.offers, usually_kept));
    Survivors survivors(part, box, 2, margin);
    std::vector<std::size_t> kept;
    source.visit([&](const PairBatch& batch) {
      reader->clear();
      reader->take(batch);
      for (std::size_t i = 0; i < part.rows(); ++i) {
        survivors.look(i, kept);
        store.append(part, i, kept);
      }
    });
    store.group_limits = part.group_limits;
  });
  find_facts(comm, store, reader->lowest());
  return store;
}

void visit_parts(const PairSource& source, const Rules& rules, const std::function<void(const PairStore&)>& take) {
  PairStore part;
  Reader reader(part, start(source, rules, part));
  source.visit([&](const PairBatch& batch) {
    reader.clear();
    reader.take(batch);
    take(part);
  });
}

bool in_sample(std::uint64_t id, double share) {
  return mix64(id ^ 0x73616d706c65ULL) < static_cast<std::uint64_t>(std::min(share, 0.999) * 0x1p64);
}

std::size_t part_of_sample(std::uint64_t id, std::size_t parts) {
  return mix64(id ^ 0x70617274ULL) % parts;
}

PairStore rows_where(const parallel::Communicator& comm, const PairStore& store, const PairSource::Wanted& wanted) {
  PairStore some = store.empty_copy();
  LowestValue lowest(store.rules->choose);
  std::vector<std::size_t> pairs;
  for (std::size_t i = 0; i < store.rows(); ++i) {
    if (!wanted(store.id[i])) continue;
    pairs.resize(store.first[i + 1] - store.first[i]);
    std::iota(pairs.begin(), pairs.end(), std::size_t{store.first[i]});
    some.append(store, i, pairs);
    lowest.add(store.id[i], std::span(store.value).subspan(store.first[i], pairs.size()));
  }
  find_facts(comm, some, lowest);
  return some;
}

}  // namespace proffer::allocation
