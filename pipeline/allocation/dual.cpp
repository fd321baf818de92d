#include "allocation/dual.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "parallel/collectives.hpp"

namespace proffer::allocation {
namespace {

// The same operations in the same order whatever the instruction set: contraction to FMA is off everywhere.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define PROFFER_VECTORISED __attribute__((optimize("O3"), target_clones("avx2", "default")))
#else
#define PROFFER_VECTORISED
#endif

PROFFER_VECTORISED void start_dense(std::size_t n, double factor, const double* value, const double* price,
                                    double* out) {
  for (std::size_t j = 0; j < n; ++j) out[j] = factor * value[j] - price[j];
}

PROFFER_VECTORISED void charge_dense(std::size_t n, const double* quantity, const double* price, double* out) {
  for (std::size_t j = 0; j < n; ++j) out[j] -= price[j] * quantity[j];
}

/// Largest exponent e with n · largest · 2^e < 2^62.
int fixed_point_exponent(double largest, std::uint64_t n) {
  const double total = largest * static_cast<double>(std::max<std::uint64_t>(n, 1));
  return total > 0 ? std::min(61 - std::ilogb(total), 1'000) : 60;
}

/// What one thread adds up.
struct Sums {
  std::int64_t value = 0;
  std::array<std::int64_t, max_limits> use{};
};

}  // namespace

double DualPoint::bound() const {
  return std::nextafter(value + error, infinity);
}

double limits_part(std::span<const UseRange> ranges, std::span<const double> lambda, std::span<double> slope) {
  double total = 0.0;
  for (std::size_t k = 0; k < ranges.size(); ++k) {
    // At λ_k = 0 either finite side serves; an absent limit (both infinite) has slope 0.
    const bool use_high = lambda[k] > 0 || (lambda[k] == 0 && std::isfinite(ranges[k].high));
    const double side = use_high ? ranges[k].high : ranges[k].low;
    slope[k] = std::isfinite(side) ? side : 0.0;
    total += lambda[k] * slope[k];
  }
  return total;
}

double natural_lowest(const UseRange& range) {
  return std::isfinite(range.low) ? -infinity : 0.0;
}
double natural_highest(const UseRange& range) {
  return std::isfinite(range.high) ? infinity : 0.0;
}

void Prices::set(std::span<const double> lambda, Of of) {
  const PairStore& store = store_;
  sizes_ = of == Of::sizes;
  const std::size_t m = store.offers, quantities = store.quantity.size();
  price_.assign(store.group_limits.size() * (quantities + 1) * m, 0.0);
  for (std::size_t g = 0; g < store.group_limits.size(); ++g)
    for (std::size_t k = 0; k < lambda.size(); ++k) {
      if (lambda[k] == 0 || !(store.group_limits[g] >> k & 1U)) continue;
      const Limit& limit = store.rules->limits[k];
      const std::size_t q = std::min(store.limit_quantity[k], quantities);
      double* price = price_.data() + (g * (quantities + 1) + q) * m;
      for (std::size_t j = 0; j < m; ++j) {
        const double term = lambda[k] * (limit.weight.empty() ? 1.0 : limit.weight[j]);
        price[j] += sizes_ ? std::abs(term) : term;
      }
    }
}

std::size_t Prices::reduced_values(std::size_t i, double value_factor, std::span<double> out) const {
  const std::size_t m = store_.offers, quantities = store_.quantity.size();
  const std::size_t first = store_.first[i], n = store_.first[i + 1] - first;
  const double* price = price_.data() + store_.group[i] * (quantities + 1) * m;
  if (sizes_) {
    for (std::size_t c = 0; c < n; ++c) {
      const std::size_t j = store_.offer[first + c];
      double r = -price[quantities * m + j];
      for (std::size_t q = 0; q < quantities; ++q) r -= price[q * m + j] * std::abs(store_.quantity[q][first + c]);
      out[c] = r;
    }
    return n;
  }
  if (n == m) {
    start_dense(n, value_factor, store_.value.data() + first, price + quantities * m, out.data());
    for (std::size_t q = 0; q < quantities; ++q)
      charge_dense(n, store_.quantity[q].data() + first, price + q * m, out.data());
    return n;
  }
  for (std::size_t c = 0; c < n; ++c) {
    const std::size_t j = store_.offer[first + c];
    double r = value_factor * store_.value[first + c] - price[quantities * m + j];
    for (std::size_t q = 0; q < quantities; ++q) r -= price[q * m + j] * store_.quantity[q][first + c];
    out[c] = r;
  }
  return n;
}

StoreDual::StoreDual(const parallel::Communicator& comm, const PairStore& store, int threads, double share,
                     bool with_values)
    : comm_(comm), store_(store), threads_(std::max(threads, 1)), with_values_(with_values) {
  for (const Limit& limit : store.rules->limits) {
    UseRange range = range_of(limit);
    range.low *= share;
    range.high *= share;
    ranges_.push_back(range);
  }
  for (double largest : store.facts.use_max) use_exponent_.push_back(fixed_point_exponent(largest, store.facts.rows));
}

std::vector<double> StoreDual::multiplier_scale() const {
  std::vector<double> scale(ranges_.size(), 1.0);
  const double value = with_values_ && store_.facts.value_mean > 0 ? store_.facts.value_mean : 1.0;
  for (std::size_t k = 0; k < scale.size(); ++k)
    if (store_.facts.use_mean[k] > 0) scale[k] = value / store_.facts.use_mean[k];
  return scale;
}

double StoreDual::value_scale() const {
  const double value = with_values_ && store_.facts.value_mean > 0 ? store_.facts.value_mean : 1.0;
  return value * static_cast<double>(std::max<std::uint64_t>(store_.facts.rows, 1));
}

DualPoint StoreDual::evaluate(std::span<const double> lambda) {
  ++evaluations_;
  const std::size_t limits = ranges_.size();
  const double factor = with_values_ ? 1.0 : 0.0;
  double largest = factor * store_.facts.value_max;
  for (std::size_t k = 0; k < limits; ++k) largest += std::abs(lambda[k]) * store_.facts.use_max[k];
  const int exponent = fixed_point_exponent(largest, store_.facts.rows);
  const double unit = std::ldexp(1.0, exponent);
  std::array<double, max_limits> use_unit{};
  for (std::size_t k = 0; k < limits; ++k) use_unit[k] = std::ldexp(1.0, use_exponent_[k]);

  const Prices prices(store_, lambda);
  const bool none_allowed = store_.rules->choose == Choose::at_most_one;
  const auto add_rows = [&](std::size_t begin, std::size_t end, Sums& sums) {
    std::array<double, max_offers> reduced;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t n = prices.reduced_values(i, factor, reduced);
      double best = none_allowed ? 0.0 : -infinity;
      std::size_t chosen = n;
      for (std::size_t c = 0; c < n; ++c)
        if (reduced[c] > best) best = reduced[chosen = c];
      if (chosen == n) continue;
      sums.value += static_cast<std::int64_t>(best * unit);
      for (std::size_t k = 0; k < limits; ++k)
        sums.use[k] += static_cast<std::int64_t>(store_.use(k, i, store_.first[i] + chosen) * use_unit[k]);
    }
  };

  std::vector<Sums> sums(static_cast<std::size_t>(threads_));
  std::vector<std::thread> helpers;
  const std::size_t rows = store_.rows();
  for (std::size_t t = 1; t < sums.size(); ++t)
    helpers.emplace_back(add_rows, rows * t / sums.size(), rows * (t + 1) / sums.size(), std::ref(sums[t]));
  add_rows(0, rows / sums.size(), sums[0]);
  for (auto& helper : helpers) helper.join();

  std::vector<std::int64_t> total(limits + 1, 0);
  for (const Sums& part : sums) {
    total[limits] += part.value;
    for (std::size_t k = 0; k < limits; ++k) total[k] += part.use[k];
  }
  parallel::all_reduce_sum(comm_, std::span(total));

  DualPoint point;
  point.lambda.assign(lambda.begin(), lambda.end());
  point.slope.resize(limits);
  point.value = std::ldexp(static_cast<double>(total[limits]), -exponent);
  point.value += limits_part(ranges_, lambda, point.slope);
  // Each row: truncation to the grid, and at most limits + quantities + 4 roundings of numbers up to `largest`.
  const double rows_all = static_cast<double>(store_.facts.rows);
  const double roundings = static_cast<double>(limits + store_.quantity.size() + 4) * 0x1p-52;
  double size = std::abs(point.value) + rows_all * largest;
  for (std::size_t k = 0; k < limits; ++k) {
    size += std::abs(lambda[k] * point.slope[k]);
    point.slope[k] -= std::ldexp(static_cast<double>(total[k]), -use_exponent_[k]);
  }
  point.error = 1.0001 * (roundings * size + rows_all / unit);
  point.intercept = point.value;
  for (std::size_t k = 0; k < limits; ++k) point.intercept -= point.slope[k] * lambda[k];
  return point;
}

}  // namespace proffer::allocation
