#include "allocation/propagation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace proffer::allocation {
namespace {

/// Extreme use of limit k by one type within its bounds: sign +1 the least, −1 the largest (then negated).
class Extremes {
 public:
  Extremes(const Core& core, const AmountBounds& bounds, std::size_t k, double sign)
      : core_(core), bounds_(bounds), k_(k), sign_(sign) {}

  [[nodiscard]] double use(std::size_t option) const { return sign_ * core_.uses(option)[k_]; }

  /// The least (signed) use of a type; `marginal` gets the use of the last unit that was freely placed.
  double least(std::size_t type, double& marginal) {
    std::uint32_t left = core_.count[type];
    double total = 0.0;
    order_.clear();
    for (std::size_t o = core_.first[type]; o < core_.first[type + 1]; ++o) {
      left -= bounds_.low[o];
      total += bounds_.low[o] * use(o);
      if (bounds_.high[o] > bounds_.low[o]) order_.push_back(o);
    }
    marginal = infinity;
    if (left == 0) return total;
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return use(a) < use(b) || (use(a) == use(b) && a < b); });
    for (std::size_t o : order_) {
      const std::uint32_t more = std::min(left, bounds_.high[o] - bounds_.low[o]);
      if (more == 0) break;
      total += more * use(o);
      left -= more;
      marginal = use(o);
    }
    return total;
  }

 private:
  const Core& core_;
  const AmountBounds& bounds_;
  std::size_t k_;
  double sign_;
  std::vector<std::size_t> order_;
};

bool consistent(const Core& core, const AmountBounds& bounds) {
  for (std::size_t t = 0; t < core.types(); ++t) {
    std::uint64_t low = 0, high = 0;
    for (std::size_t o = core.first[t]; o < core.first[t + 1]; ++o) {
      low += bounds.low[o];
      high += bounds.high[o];
    }
    if (low > core.count[t] || high < core.count[t]) return false;
  }
  return true;
}

/// Limits that one side of limit k sets. False where it cannot hold. `changed` tells whether bounds became tighter.
bool propagate_side(const Core& core, AmountBounds& bounds, std::size_t k, double sign, double limit, bool& changed) {
  Extremes extremes(core, bounds, k, sign);
  std::vector<double> marginal(core.types());
  double least = 0.0, size = core.fixed_size[k] + std::abs(limit);
  for (std::size_t t = 0; t < core.types(); ++t) {
    const double part = extremes.least(t, marginal[t]);
    least += part;
    size += std::abs(part);
  }
  const double rounding = 1e-12 * size;
  const double room = limit - least + rounding;
  if (room < 0) return false;
  for (std::size_t t = 0; t < core.types(); ++t) {
    if (marginal[t] == infinity) continue;
    for (std::size_t o = core.first[t]; o < core.first[t + 1]; ++o) {
      // One unit more of this option replaces one at the marginal use at best.
      const double extra = extremes.use(o) - marginal[t];
      if (extra <= 0 || bounds.high[o] == bounds.low[o]) continue;
      const double more = std::floor(room / extra + 1e-9);
      if (more >= bounds.high[o] - bounds.low[o]) continue;
      bounds.high[o] = bounds.low[o] + static_cast<std::uint32_t>(more);
      changed = true;
    }
  }
  return true;
}

}  // namespace

bool propagate(const Core& core, AmountBounds& bounds) {
  constexpr int rounds = 3;
  bool changed = true;
  for (int round = 0; round < rounds && changed; ++round) {
    if (!consistent(core, bounds)) return false;
    changed = false;
    for (std::size_t k = 0; k < core.limits(); ++k) {
      if (std::isfinite(core.ranges[k].high) && !propagate_side(core, bounds, k, 1.0, core.ranges[k].high, changed))
        return false;
      if (!consistent(core, bounds)) return false;
      if (std::isfinite(core.ranges[k].low) && !propagate_side(core, bounds, k, -1.0, -core.ranges[k].low, changed))
        return false;
      if (!consistent(core, bounds)) return false;
    }
  }
  return true;
}

}  // namespace proffer::allocation
