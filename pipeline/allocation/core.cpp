#include "allocation/core.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <string>

#include "allocation/distinct.hpp"
#include "foundation/hash.hpp"
#include "parallel/collectives.hpp"

namespace proffer::allocation {
namespace {

/// Options of a row with how much less than the best each is worth at λ.
struct RowView {
  std::vector<std::size_t> pair;  ///< index into the store; `none` for no offer
  std::vector<double> regret;
  std::size_t best = 0;  ///< index of an option with regret 0
};
constexpr auto none = static_cast<std::size_t>(-1);

/// Looks at rows one after another at a fixed λ.
class Viewer {
 public:
  Viewer(const PairStore& store, std::span<const double> lambda) : store_(store), prices_(store, lambda) {}
  const RowView& look(std::size_t i) {
    const std::size_t n = prices_.reduced_values(i, 1.0, reduced_);
    view_.pair.clear();
    view_.regret.clear();
    if (store_.rules->choose == Choose::at_most_one) push(none, 0.0);
    for (std::size_t c = 0; c < n; ++c) push(store_.first[i] + c, reduced_[c]);
    const auto best = std::max_element(view_.regret.begin(), view_.regret.end());
    view_.best = static_cast<std::size_t>(best - view_.regret.begin());
    const double top = view_.regret.empty() ? 0.0 : *best;
    for (double& r : view_.regret) r = top - r;
    return view_;
  }

 private:
  void push(std::size_t pair, double reduced) {
    view_.pair.push_back(pair);
    view_.regret.push_back(reduced);
  }
  const PairStore& store_;
  Prices prices_;
  std::array<double, max_offers> reduced_{};
  RowView view_;
};

/// How much an option may lose to be in the core: anything, or less where it uses a limit otherwise than the row's best
/// option does, so that limits that few rows touch can be filled too.
struct Windows {
  double all = 0.0;
  std::vector<double> limit;  ///< [limits] at least `all`; empty = all
  double widest = 0.0;

  [[nodiscard]] bool holds(const PairStore& store, std::size_t row, const RowView& view, std::size_t option) const {
    const double regret = view.regret[option];
    if (regret <= all) return true;
    if (regret > widest) return false;
    for (std::size_t k = 0; k < limit.size(); ++k)
      if (regret <= limit[k] && use_of(store, k, row, view.pair[option]) != use_of(store, k, row, view.pair[view.best]))
        return true;
    return false;
  }
  [[nodiscard]] static double use_of(const PairStore& store, std::size_t k, std::size_t row, std::size_t pair) {
    return pair == none ? 0.0 : store.use(k, row, pair);
  }
};

/// The bytes of a row's options: rows with equal bytes are interchangeable. Bytes compare the same on every rank.
void append(std::string& bytes, const void* data, std::size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}

std::string describe(const PairStore& store, std::size_t row, const RowView& view, const Windows& windows) {
  std::string bytes;
  for (std::size_t c = 0; c < view.pair.size(); ++c) {
    if (!windows.holds(store, row, view, c)) continue;
    const std::size_t p = view.pair[c];
    const std::int32_t offer = p == none ? -1 : store.offer[p];
    const double value = p == none ? 0.0 : store.value[p] + 0.0;
    append(bytes, &offer, sizeof offer);
    append(bytes, &value, sizeof value);
    for (std::size_t k = 0; k < store.rules->limits.size(); ++k) {
      const double use = p == none ? 0.0 : store.use(k, row, p) + 0.0;
      append(bytes, &use, sizeof use);
    }
  }
  return bytes;
}

/// Adds the options of one type, as `describe` wrote them.
void add_type(Core& core, std::string_view bytes, std::uint32_t count) {
  const std::size_t limits = core.rules->limits.size();
  core.count.push_back(count);
  const char* at = bytes.data();
  const auto read = [&at](auto& x) {
    std::memcpy(&x, at, sizeof x);
    at += sizeof x;
  };
  while (at != bytes.data() + bytes.size()) {
    std::int32_t offer = 0;
    double number = 0.0;
    read(offer);
    core.offer.push_back(offer);
    read(number);
    core.value.push_back(number);
    for (std::size_t k = 0; k < limits; ++k) {
      read(number);
      core.use.push_back(number);
    }
  }
  core.first.push_back(core.offer.size());
}

/// Types of all ranks with their counts, in order of their bytes.
std::map<std::string, std::uint32_t> all_types(const parallel::Communicator& comm,
                                               const std::map<std::string, std::vector<std::size_t>>& mine) {
  std::vector<char> packed;
  const auto pack = [&packed](std::uint32_t number) {
    const auto* bytes = reinterpret_cast<const char*>(&number);
    packed.insert(packed.end(), bytes, bytes + sizeof number);
  };
  for (const auto& [bytes, rows] : mine) {
    pack(static_cast<std::uint32_t>(rows.size()));
    pack(static_cast<std::uint32_t>(bytes.size()));
    packed.insert(packed.end(), bytes.begin(), bytes.end());
  }
  const std::vector<char> everyones = parallel::all_gather(comm, std::span<const char>(packed));
  std::map<std::string, std::uint32_t> types;
  for (std::size_t at = 0; at < everyones.size();) {
    std::uint32_t count = 0, size = 0;
    std::memcpy(&count, &everyones[at], sizeof count);
    std::memcpy(&size, &everyones[at + sizeof count], sizeof size);
    at += 2 * sizeof count;
    types[std::string(&everyones[at], size)] += count;
    at += size;
  }
  return types;
}

/// What the fixed rows leave of each limit.
void set_ranges(Core& core) {
  for (std::size_t k = 0; k < core.rules->limits.size(); ++k) {
    UseRange range = range_of(core.rules->limits[k]);
    const double fixed = core.fixed_use[k].rounded();
    core.fixed_size.push_back(std::abs(fixed) + std::abs(core.rules->limits[k].bound));
    range.low -= fixed;
    range.high -= fixed;
    core.ranges.push_back(range);
  }
}

CoreAndRows collect(const parallel::Communicator& comm, const PairStore& store, std::span<const double> lambda,
                    const Windows& windows, bool whole) {
  CoreAndRows result;
  Core& core = result.core;
  const std::size_t limits = store.rules->limits.size();
  core.rules = store.rules;
  core.complete = whole;
  core.window = windows.all;
  std::vector<parallel::ExactSum> fixed(limits + 1);
  std::map<std::string, std::vector<std::size_t>> mine;
  result.rows.choice.assign(store.rows(), -2);
  Viewer viewer(store, lambda);
  for (std::size_t i = 0; i < store.rows(); ++i) {
    const RowView& view = viewer.look(i);
    std::size_t near = 0;
    for (std::size_t c = 0; c < view.pair.size(); ++c) near += windows.holds(store, i, view, c) ? 1 : 0;
    if (whole || near >= 2) {
      mine[describe(store, i, view, windows)].push_back(i);
      continue;
    }
    const std::size_t p = view.pair[view.best];
    result.rows.choice[i] = p == none ? -1 : store.offer[p];
    if (p == none) continue;
    fixed[limits].add(store.value[p]);
    for (std::size_t k = 0; k < limits; ++k)
      if (const double use = store.use(k, i, p); use != 0) fixed[k].add(use);
  }
  parallel::all_reduce(comm, std::span(fixed));
  core.fixed_value = fixed.back();
  fixed.pop_back();
  core.fixed_use = std::move(fixed);
  set_ranges(core);
  core.first.push_back(0);
  for (const auto& [bytes, count] : all_types(comm, mine)) {
    add_type(core, bytes, count);
    const auto here = mine.find(bytes);
    result.rows.rows_of.push_back(here == mine.end() ? std::vector<std::size_t>{} : std::move(here->second));
  }
  return result;
}

}  // namespace

CoreAndRows whole_core(const parallel::Communicator& comm, const PairStore& store) {
  return collect(comm, store, std::vector<double>(store.rules->limits.size(), 0.0), {infinity, {}, infinity}, true);
}

std::optional<CoreAndRows> core_at(const parallel::Communicator& comm, const PairStore& store,
                                   std::span<const double> lambda, std::uint64_t types_wanted, bool however_many) {
  constexpr std::size_t steps = 144;
  constexpr std::size_t equal = 40;             // a regret this small, 2^-47 of the mean value, may be rounding …
  constexpr std::size_t tied = 78;              // … and one of 2^-28 may come from multipliers that are hardly off
  constexpr std::uint64_t touching_share = 10;  // of the types wanted: options wanted that touch a limit
  // Distinct rows by the regret of their runner-up, in steps of √2 up to sixteen times the mean value.
  DistinctCounts counts(comm, steps);
  const auto step_of = [&](double regret) {
    const double at = 134.0 + 2.0 * std::log2(regret / std::max(store.facts.value_mean, 0x1p-1000));
    return static_cast<std::size_t>(std::clamp(std::ceil(at), 0.0, double(steps - 1)));
  };
  const auto regret_of = [&](std::size_t step) {
    return store.facts.value_mean * std::exp2((static_cast<double>(step) - 134.0) / 2.0);
  };
  // Options that touch a limit with a price otherwise than the row's best option does, by step.
  const std::size_t limits = lambda.size();
  std::vector<std::int64_t> touching(limits * steps, 0);
  Viewer viewer(store, lambda);
  for (std::size_t i = 0; i < store.rows(); ++i) {
    const RowView& view = viewer.look(i);
    double runner_up = infinity;
    for (std::size_t c = 0; c < view.regret.size(); ++c) {
      if (c == view.best) continue;
      runner_up = std::min(runner_up, view.regret[c]);
      const std::size_t step = step_of(view.regret[c]);
      for (std::size_t k = 0; k < limits && step + 1 < steps; ++k)
        if (lambda[k] != 0 &&
            Windows::use_of(store, k, i, view.pair[c]) != Windows::use_of(store, k, i, view.pair[view.best]))
          ++touching[k * steps + step];
    }
    if (runner_up == infinity) continue;
    const std::size_t step = step_of(runner_up);
    if (step + 1 < steps) counts.add(step, xxh3(describe(store, i, view, {infinity, {}, infinity})));
  }
  counts.reduce();
  parallel::all_reduce_sum(comm, std::span(touching));
  if (!however_many && counts.up_to(tied) > 4.0 * static_cast<double>(types_wanted)) return std::nullopt;
  std::size_t step = equal;
  while (step + 2 < steps && counts.up_to(step + 1) <= static_cast<double>(types_wanted)) ++step;
  Windows windows{regret_of(step), std::vector<double>(limits), 0.0};
  const auto quota = static_cast<std::int64_t>(types_wanted / touching_share);
  for (std::size_t k = 0; k < limits; ++k) {
    const auto begin = touching.begin() + static_cast<std::ptrdiff_t>(k * steps);
    std::int64_t so_far = std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(step + 1), std::int64_t{0});
    std::size_t wide = step;
    while (lambda[k] != 0 && wide + 2 < steps && so_far + touching[k * steps + wide + 1] <= quota)
      so_far += touching[k * steps + ++wide];
    windows.limit[k] = regret_of(wide);
    windows.widest = std::max(windows.widest, windows.limit[k]);
  }
  return collect(comm, store, lambda, windows, false);
}

bool within(const Limit& limit, const parallel::ExactSum& use) {
  // use − bound ∓ tolerance, exactly.
  const auto against = [&](double sign) {
    parallel::ExactSum rest = use;
    rest.subtract(limit.bound);
    rest.subtract(sign * limit.tolerance);
    return rest.compare(0.0);
  };
  if (limit.sense != Sense::at_least && against(1.0) > 0) return false;
  return limit.sense == Sense::at_most || against(-1.0) >= 0;
}

bool holds_exactly(const Core& core, const Amounts& amounts) {
  for (std::size_t k = 0; k < core.limits(); ++k) {
    parallel::ExactSum use = core.fixed_use[k];
    for (std::size_t o = 0; o < core.options(); ++o)
      if (amounts[o] && core.uses(o)[k] != 0) use.add_product(amounts[o], core.uses(o)[k]);
    if (!within(core.rules->limits[k], use)) return false;
  }
  return true;
}

double core_value(const Core& core, const Amounts& amounts) {
  double value = 0.0;
  for (std::size_t o = 0; o < core.options(); ++o) value += amounts[o] * core.value[o];
  return value;
}

}  // namespace proffer::allocation
