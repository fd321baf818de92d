#include "allocation/core_dual.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace proffer::allocation {

AmountBounds free_bounds(const Core& core) {
  AmountBounds bounds;
  bounds.low.assign(core.options(), 0);
  for (std::size_t t = 0; t < core.types(); ++t)
    bounds.high.insert(bounds.high.end(), core.first[t + 1] - core.first[t], core.count[t]);
  return bounds;
}

CoreDual::CoreDual(const Core& core, const AmountBounds& bounds)
    : core_(core), bounds_(bounds), scale_(core.limits(), 1.0), use_max_(core.limits(), 0.0) {
  double value_sum = 0.0;
  std::vector<double> use_sum(core.limits(), 0.0), uses(core.limits(), 0.0);
  for (std::size_t o = 0; o < core.options(); ++o) {
    value_sum += std::abs(core.value[o]);
    value_max_ = std::max(value_max_, std::abs(core.value[o]));
    for (std::size_t k = 0; k < core.limits(); ++k) {
      const double a = std::abs(core.uses(o)[k]);
      use_sum[k] += a;
      uses[k] += a > 0;
      use_max_[k] = std::max(use_max_[k], a);
    }
  }
  const double value = value_sum > 0 ? value_sum / static_cast<double>(core.options()) : 1.0;
  for (std::size_t k = 0; k < core.limits(); ++k)
    if (uses[k] > 0) scale_[k] = value * uses[k] / use_sum[k];
  for (std::size_t t = 0; t < core.types(); ++t) {
    rows_ += core.count[t];
    std::uint64_t low = 0, high = 0;
    for (std::size_t o = core.first[t]; o < core.first[t + 1]; ++o) {
      low += bounds.low[o];
      high += bounds.high[o];
      possible_ = possible_ && bounds.low[o] <= bounds.high[o];
    }
    possible_ = possible_ && low <= core.count[t] && core.count[t] <= high;
  }
  unit_ = value * std::max(rows_, 1.0);
}

void CoreDual::reduced_values(std::span<const double> lambda, std::vector<double>& reduced) const {
  reduced.resize(core_.options());
  for (std::size_t o = 0; o < core_.options(); ++o) {
    double r = core_.value[o];
    const double* use = core_.uses(o);
    for (std::size_t k = 0; k < lambda.size(); ++k) r -= lambda[k] * use[k];
    reduced[o] = r;
  }
}

void CoreDual::take_best(std::size_t type, const std::vector<double>& reduced, Amounts& amounts) {
  const std::size_t begin = core_.first[type], end = core_.first[type + 1];
  std::uint32_t left = core_.count[type];
  for (std::size_t o = begin; o < end; ++o) left -= amounts[o] = bounds_.low[o];
  if (left == 1) {
    std::size_t best = end;
    for (std::size_t o = begin; o < end; ++o)
      if (bounds_.high[o] > bounds_.low[o] && (best == end || reduced[o] > reduced[best])) best = o;
    if (best < end) ++amounts[best];
    return;
  }
  if (left == 0) return;
  order_.resize(end - begin);
  std::iota(order_.begin(), order_.end(), begin);
  std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return reduced[a] > reduced[b] || (reduced[a] == reduced[b] && a < b);
  });
  for (std::size_t o : order_) {
    const std::uint32_t more = std::min(left, bounds_.high[o] - bounds_.low[o]);
    amounts[o] += more;
    left -= more;
  }
}

DualPoint CoreDual::evaluate(std::span<const double> lambda) {
  const std::size_t limits = core_.limits();
  reduced_values(lambda, reduced_);
  auto pick = std::make_shared<Pick>();
  pick->amounts.assign(core_.options(), 0);
  pick->use.assign(limits, 0.0);
  for (std::size_t t = 0; t < core_.types(); ++t) take_best(t, reduced_, pick->amounts);
  double total = 0.0;
  for (std::size_t o = 0; o < core_.options(); ++o) {
    if (pick->amounts[o] == 0) continue;
    const double amount = pick->amounts[o];
    total += amount * reduced_[o];
    pick->value += amount * core_.value[o];
    for (std::size_t k = 0; k < limits; ++k) pick->use[k] += amount * core_.uses(o)[k];
  }
  DualPoint point;
  point.lambda.assign(lambda.begin(), lambda.end());
  point.slope.resize(limits);
  point.value = total + limits_part(core_.ranges, lambda, point.slope);
  double size = rows_ * value_max_;
  for (std::size_t k = 0; k < limits; ++k) {
    size += std::abs(lambda[k]) * (rows_ * use_max_[k] + std::abs(point.slope[k]) + core_.fixed_size[k]);
    point.slope[k] -= pick->use[k];
  }
  // Products and sums of reduced values, then one sum over options.
  point.error = size * static_cast<double>(2 * limits + core_.options() + 4) * 0x1p-52;
  point.intercept = pick->value;
  point.tag = picks_.size();
  pick->line = {point.intercept, point.slope, 0};
  picks_.push_back(std::move(pick));
  return point;
}

void CoreDual::adopt(const std::shared_ptr<const Pick>& pick) {
  for (std::size_t o = 0; o < core_.options(); ++o)
    if (pick->amounts[o] < bounds_.low[o] || pick->amounts[o] > bounds_.high[o]) return;
  picks_.push_back(pick);
}

std::vector<KnownLine> CoreDual::known_lines() const {
  std::vector<KnownLine> lines;
  for (std::size_t tag = 0; tag < picks_.size(); ++tag) {
    lines.push_back(picks_[tag]->line);
    lines.back().tag = tag;
  }
  return lines;
}

}  // namespace proffer::allocation
