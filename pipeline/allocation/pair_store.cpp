#include "allocation/pair_store.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

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

/// Appends batches to a store.
class Reader {
 public:
  Reader(PairStore& store, std::vector<std::size_t> source_quantity)
      : store_(store), source_quantity_(std::move(source_quantity)) {}

  void take(const PairBatch& batch) {
    const std::size_t m = store_.offers;
    for (std::size_t i = 0; i < batch.rows; ++i) {
      store_.id.push_back(batch.id[i]);
      store_.group.push_back(group_of(batch.counted_by.empty() ? ~0ULL : batch.counted_by[i]));
      for (std::size_t j = 0; j < m; ++j)
        if (batch.eligible.empty() || batch.eligible[i * m + j]) take_pair(batch, i, j);
      store_.first.push_back(store_.value.size());
    }
  }

 private:
  void take_pair(const PairBatch& batch, std::size_t i, std::size_t j) {
    const std::size_t at = i * store_.offers + j;
    bool finite = std::isfinite(batch.value[at]);
    store_.offer.push_back(static_cast<std::uint8_t>(j));
    store_.value.push_back(batch.value[at]);
    for (std::size_t q = 0; q < source_quantity_.size(); ++q) {
      const double x = batch.quantities[source_quantity_[q]][at];
      finite = finite && std::isfinite(x);
      store_.quantity[q].push_back(x);
    }
    if (!finite)
      throw DataError({"row id " + std::to_string(batch.id[i]) + ", offer " + std::to_string(j) +
                           " has a value or use that is not a finite number",
                       "every eligible pair needs finite numbers", "mark the pair as not eligible or correct it"});
  }

  std::uint32_t group_of(std::uint64_t limits) {
    const auto [at, isnew] = groups_.try_emplace(limits, static_cast<std::uint32_t>(groups_.size()));
    if (isnew) store_.group_limits.push_back(limits);
    return at->second;
  }

  PairStore& store_;
  std::vector<std::size_t> source_quantity_;
  std::unordered_map<std::uint64_t, std::uint32_t> groups_;
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

void find_lowest_value(const parallel::Communicator& comm, PairStore& store) {
  parallel::ExactSum lowest;
  std::uint64_t without = ~0ULL;
  std::int64_t missing = 0;
  const bool none_allowed = store.rules->choose == Choose::at_most_one;
  for (std::size_t i = 0; i < store.rows(); ++i) {
    double low = none_allowed ? 0.0 : infinity;
    for (std::size_t p = store.first[i]; p < store.first[i + 1]; ++p) low = std::min(low, store.value[p]);
    if (low == infinity) {
      ++missing;
      without = std::min(without, store.id[i]);
    } else if (low != 0) {
      lowest.add(low);
    }
  }
  parallel::all_reduce(comm, std::span(&lowest, 1));
  parallel::all_reduce_min(comm, std::span(&without, 1));
  store.facts.lowest_value = std::nextafter(lowest.rounded(), -infinity);
  store.facts.someone_without = parallel::sum_over_ranks(comm, missing) > 0;
  store.facts.without_id = without;
}

void find_facts(const parallel::Communicator& comm, PairStore& store) {
  find_largest(comm, store);
  find_means(comm, store);
  find_lowest_value(comm, store);
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

PairStore read_pairs(const parallel::Communicator& comm, const PairSource& source, const Rules& rules) {
  PairStore store;
  parallel::together(comm, [&] {
    check_rules(source, rules);
    store.offers = source.offers();
    store.rules = &rules;
    const auto used = used_quantities(rules, store.limit_quantity);
    store.quantity.resize(used.size());
    store.id.reserve(source.rows());
    store.first.reserve(source.rows() + 1);
    store.first.push_back(0);
    // Reserved to the full: memory that is never touched is never resident, growing would copy.
    const std::size_t most = source.rows() * store.offers;
    store.offer.reserve(most);
    store.value.reserve(most);
    for (auto& quantity : store.quantity) quantity.reserve(most);
    Reader reader(store, used);
    source.visit([&](const PairBatch& batch) { reader.take(batch); });
  });
  find_facts(comm, store);
  return store;
}

PairStore sample_rows(const parallel::Communicator& comm, const PairStore& store, std::uint64_t rows_wanted) {
  const double fraction = static_cast<double>(rows_wanted) / static_cast<double>(store.facts.rows);
  const auto below = static_cast<std::uint64_t>(std::min(fraction, 0.999) * 0x1p64);
  PairStore sample;
  sample.offers = store.offers;
  sample.rules = store.rules;
  sample.group_limits = store.group_limits;
  sample.limit_quantity = store.limit_quantity;
  sample.quantity.resize(store.quantity.size());
  sample.first.push_back(0);
  for (std::size_t i = 0; i < store.rows(); ++i) {
    if (mix64(store.id[i] ^ 0x73616d706c65ULL) >= below) continue;
    sample.id.push_back(store.id[i]);
    sample.group.push_back(store.group[i]);
    for (std::size_t p = store.first[i]; p < store.first[i + 1]; ++p) {
      sample.offer.push_back(store.offer[p]);
      sample.value.push_back(store.value[p]);
      for (std::size_t q = 0; q < store.quantity.size(); ++q) sample.quantity[q].push_back(store.quantity[q][p]);
    }
    sample.first.push_back(sample.value.size());
  }
  find_facts(comm, sample);
  return sample;
}

}  // namespace proffer::allocation
