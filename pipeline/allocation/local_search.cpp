#include "allocation/local_search.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace proffer::allocation {
namespace {

constexpr std::size_t moves_in_pairs = 4'000;  ///< single moves that are also tried two at a time
constexpr int improvement_rounds = 60;

/// One row of a type goes from one option to another.
struct Move {
  std::size_t type = 0, from = 0, to = 0;
  double gain = 0.0;
};

class Search {
 public:
  Search(const Core& core, Amounts amounts, double margin)
      : core_(core), limits_(core.limits()), amounts_(std::move(amounts)), use_(limits_, 0.0), weight_(limits_, 1.0) {
    std::vector<double> largest(limits_, 0.0);
    for (std::size_t o = 0; o < core.options(); ++o)
      for (std::size_t k = 0; k < limits_; ++k) {
        use_[k] += amounts_[o] * core.uses(o)[k];
        largest[k] = std::max(largest[k], std::abs(core.uses(o)[k]));
      }
    for (std::size_t k = 0; k < limits_; ++k) {
      if (largest[k] > 0) weight_[k] = 1.0 / largest[k];
      const double slack = margin * core.fixed_size[k];
      UseRange range = core.ranges[k];
      if (range.high - range.low > 2 * slack) {
        range.low += slack;
        range.high -= slack;
      }
      ranges_.push_back(range);
    }
  }

  bool repair() {
    double violation = violation_after({}, {});
    for (std::size_t step = 0; violation > 0; ++step) {
      if (step > 4 * core_.types() + 100) return false;
      const double next = repair_step(violation);
      if (!(next < violation)) return false;
      violation = next;
    }
    return true;
  }

  void improve() {
    for (int round = 0; round < improvement_rounds; ++round)
      if (!improve_by_one() && !improve_by_two()) return;
  }

  [[nodiscard]] const Amounts& amounts() const { return amounts_; }

 private:
  /// Sum of how far the limits are missed, each in units of its largest use, after up to two moves.
  [[nodiscard]] double violation_after(const Move& a, const Move& b) const {
    double total = 0.0;
    for (std::size_t k = 0; k < limits_; ++k) {
      const double use = use_[k] + change(a, k) + change(b, k);
      total += weight_[k] * std::max({0.0, use - ranges_[k].high, ranges_[k].low - use});
    }
    return total;
  }
  [[nodiscard]] double change(const Move& move, std::size_t k) const {
    return move.from == move.to ? 0.0 : core_.uses(move.to)[k] - core_.uses(move.from)[k];
  }
  [[nodiscard]] bool allowed(const Move& a, const Move& b) const {
    for (std::size_t k = 0; k < limits_; ++k) {
      const double use = use_[k] + change(a, k) + change(b, k);
      if (use > ranges_[k].high || use < ranges_[k].low) return false;
    }
    return true;
  }
  [[nodiscard]] std::vector<Move> moves() const {
    std::vector<Move> all;
    for (std::size_t t = 0; t < core_.types(); ++t)
      for (std::size_t from = core_.first[t]; from < core_.first[t + 1]; ++from)
        for (std::size_t to = core_.first[t]; amounts_[from] > 0 && to < core_.first[t + 1]; ++to)
          if (to != from) all.push_back({t, from, to, core_.value[to] - core_.value[from]});
    return all;
  }
  void apply(const Move& move) {
    if (move.from == move.to) return;
    --amounts_[move.from];
    ++amounts_[move.to];
    for (std::size_t k = 0; k < limits_; ++k) use_[k] += change(move, k);
  }
  /// Two moves can be made together unless they take the same last row.
  [[nodiscard]] bool independent(const Move& a, const Move& b) const {
    return a.type != b.type || (a.from == b.from ? amounts_[a.from] >= 2 : true);
  }

  /// The move, or else the pair of moves, that loses least value per unit of violation. Returns what is left.
  double repair_step(double violation) {
    const std::vector<Move> all = moves();
    Move first, second;
    double best = infinity, left = violation;
    const auto consider = [&](const Move& a, const Move& b) {
      const double after = violation_after(a, b);
      const double less = violation - after;
      if (less <= 1e-12 * violation) return;
      const double loss = std::max(-(a.gain + b.gain), 0.0) / less;
      if (loss < best || (loss == best && after < left)) {
        best = loss;
        left = after;
        first = a;
        second = b;
      }
    };
    for (const Move& move : all) consider(move, {});
    if (best == infinity && all.size() <= moves_in_pairs)
      for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = i + 1; j < all.size(); ++j)
          if (independent(all[i], all[j])) consider(all[i], all[j]);
    apply(first);
    apply(second);
    return violation_after({}, {});
  }

  bool improve_by_one() {
    bool improved = false;
    while (true) {
      Move best;
      for (const Move& move : moves())
        if (move.gain > best.gain && allowed(move, {})) best = move;
      if (best.from == best.to) return improved;
      apply(best);
      improved = true;
    }
  }

  /// One sweep: each move, from the most gainful down, together with the best partner that keeps the limits.
  bool improve_by_two() {
    std::vector<Move> all = moves();
    if (all.size() > moves_in_pairs) {
      const std::size_t stride = (all.size() + moves_in_pairs - 1) / moves_in_pairs;
      for (std::size_t i = 0; i * stride < all.size(); ++i) all[i] = all[i * stride];
      all.resize((all.size() + stride - 1) / stride);
    }
    std::stable_sort(all.begin(), all.end(), [](const Move& a, const Move& b) { return a.gain > b.gain; });
    bool improved = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (amounts_[all[i].from] == 0) continue;
      for (std::size_t j = i + 1; j < all.size() && all[i].gain + all[j].gain > 0; ++j) {
        if (amounts_[all[j].from] == 0 || !independent(all[i], all[j]) || !allowed(all[i], all[j])) continue;
        apply(all[i]);
        apply(all[j]);
        improved = true;
        break;  // partners come in order of gain: this is the best one
      }
    }
    return improved;
  }

  const Core& core_;
  std::size_t limits_;
  Amounts amounts_;
  std::vector<double> use_, weight_;
  std::vector<UseRange> ranges_;
};

}  // namespace

std::optional<Amounts> repair_and_improve(const Core& core, Amounts amounts, double margin) {
  Search search(core, std::move(amounts), margin);
  if (!search.repair()) return std::nullopt;
  const Amounts repaired = search.amounts();
  search.improve();
  if (holds_exactly(core, search.amounts())) return search.amounts();
  if (holds_exactly(core, repaired)) return repaired;
  // A limit was met to the last bit in rounded arithmetic only: once more, a hair inside it.
  if (margin == 0.0) return repair_and_improve(core, repaired, 1e-13);
  return std::nullopt;
}

}  // namespace proffer::allocation
