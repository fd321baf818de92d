#include "allocation/exchange.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "allocation/pair_tree.hpp"

namespace proffer::allocation {
namespace {

constexpr std::size_t passes = 40;
constexpr std::uint32_t nobody = PairTree::nobody;

/// One row of a type goes from one option to another.
struct Move {
  std::size_t type = 0, from = 0, to = 0;
  double gain = 0.0;
  double regret = 0.0;  ///< what it loses at the multipliers, uses priced
};

class Exchange {
 public:
  Exchange(const Core& core, Amounts amounts, std::span<const double> lambda, const ExchangeOptions& options)
      : core_(core), lambda_(lambda), options_(options), amounts_(std::move(amounts)), use_(core.limits(), 0.0) {
    for (std::size_t k = 0; k < core.limits(); ++k)
      if (lambda[k] != 0) priced_.push_back(k);
    for (std::size_t o = 0; o < core.options(); ++o)
      for (std::size_t k = 0; k < use_.size(); ++k) use_[k] += amounts_[o] * core.uses(o)[k];
  }

  Amounts run() {
    value_ = core_value(core_, amounts_);
    std::size_t wide = std::min<std::size_t>(options_.moves, first_moves);
    for (std::size_t pass = 0; pass < passes && work_ < options_.work && value_ < options_.enough; ++pass) {
      if (improve(wide)) continue;
      if (wide >= options_.moves) break;
      wide = std::min(options_.moves, 2 * wide);
    }
    return std::move(amounts_);
  }

 private:
  static constexpr std::size_t first_moves = 150;

  [[nodiscard]] double change(const Move& move, std::size_t k) const {
    return core_.uses(move.to)[k] - core_.uses(move.from)[k];
  }

  /// The moves that lose least: half of them whatever they touch, the others shared out to the limits they touch.
  [[nodiscard]] std::vector<Move> moves(std::size_t wanted) const {
    std::vector<Move> all;
    for (std::size_t t = 0; t < core_.types(); ++t)
      for (std::size_t from = core_.first[t]; from < core_.first[t + 1]; ++from)
        for (std::size_t to = core_.first[t]; amounts_[from] > 0 && to < core_.first[t + 1]; ++to) {
          if (to == from) continue;
          Move move{t, from, to, core_.value[to] - core_.value[from], 0.0};
          for (std::size_t k : priced_) move.regret += lambda_[k] * change(move, k);
          move.regret -= move.gain;
          all.push_back(move);
        }
    std::stable_sort(all.begin(), all.end(), [](const Move& a, const Move& b) { return a.regret < b.regret; });
    if (all.size() <= wanted) return all;
    std::vector<bool> taken(all.size(), false);
    std::fill(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(wanted / 2), true);
    const std::size_t quota = (wanted - wanted / 2) / std::max<std::size_t>(priced_.size(), 1);
    for (std::size_t k : priced_) {
      std::size_t left = quota;
      for (std::size_t i = 0; i < all.size() && left > 0; ++i) {
        if (change(all[i], k) == 0) continue;
        taken[i] = true;
        --left;
      }
    }
    std::vector<Move> some;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (taken[i]) some.push_back(all[i]);
    return some;
  }

  /// Every pair of moves of different types, every single one, and none at all; priced uses are the coordinates.
  [[nodiscard]] PairTree pairs_of(const std::vector<Move>& moves) const {
    PairTree tree(priced_.size());
    std::vector<double> at(priced_.size(), 0.0);
    tree.add({nobody, nobody, 0.0, 0.0}, at);
    for (std::uint32_t a = 0; a < moves.size(); ++a)
      for (std::uint32_t b = a; b < moves.size(); ++b) {
        const bool single = a == b;
        if (!single && moves[a].type == moves[b].type) continue;
        for (std::size_t d = 0; d < at.size(); ++d) {
          const std::size_t k = priced_[d];
          at[d] = lambda_[k] * (change(moves[a], k) + (single ? 0.0 : change(moves[b], k)));
        }
        tree.add({a, single ? nobody : b, moves[a].gain + (single ? 0.0 : moves[b].gain),
                  moves[a].regret + (single ? 0.0 : moves[b].regret)},
                 at);
      }
    return tree;
  }

  /// What is left of each priced limit on the side its price pushes to, and on the other, in value.
  void measure_room(std::vector<double>& ahead, std::vector<double>& behind) const {
    for (std::size_t k : priced_) {
      const double up = core_.ranges[k].high - use_[k], down = use_[k] - core_.ranges[k].low;
      const double price = std::abs(lambda_[k]);
      const double hair = 1e-12 * price * (core_.fixed_size[k] + std::abs(use_[k]));
      ahead.push_back(price * (lambda_[k] > 0 ? up : down) + hair);
      behind.push_back(price * (lambda_[k] > 0 ? down : up) + hair);
    }
  }

  /// Makes the exchange of up to four moves that gains most; false where none gains anything.
  ///
  /// With y the priced changes of use, t what is left, ρ the regrets: gain = Σ y − Σ ρ and y ≤ t. So what an exchange
  /// that gains more than the best one known leaves of any limit is less than Σ t − best − Σ ρ: a narrow box at each
  /// pair's complement, in which its partners are looked for.
  bool improve(std::size_t wanted) {
    const std::vector<Move> moves = this->moves(wanted);
    PairTree tree = pairs_of(moves);
    tree.build();
    std::vector<double> ahead, behind, floor(priced_.size()), high(priced_.size());
    measure_room(ahead, behind);
    double room = 0.0;
    for (double r : ahead) room += r;
    double best = 1e-12 * std::abs(value_);
    constexpr std::array<std::uint32_t, 4> none{nobody, nobody, nobody, nobody};
    std::array<std::uint32_t, 4> chosen = none;
    for (std::size_t q = 0; q < tree.size() && work_ < options_.work; ++q) {
      const PairTree::Pair a = tree.pair(q);
      PairTree::Box box{floor, high, room - best - a.regret};
      const double* at = tree.at(q);
      for (std::size_t d = 0; d < high.size(); ++d) {
        high[d] = ahead[d] - at[d];
        floor[d] = -behind[d] - at[d];
      }
      work_ += tree.visit(box, [&](const PairTree::Pair& b) {
        if (!(a.gain + b.gain > best)) return;
        const std::array<std::uint32_t, 4> all{a.first, a.second, b.first, b.second};
        if (!allowed(moves, all)) return;
        best = a.gain + b.gain;
        box.reach = room - best - a.regret;
        chosen = all;
      });
    }
    if (chosen == none) return false;
    apply(moves, chosen, amounts_);
    for (std::uint32_t m : chosen)
      for (std::size_t k = 0; m != nobody && k < use_.size(); ++k) use_[k] += change(moves[m], k);
    value_ = core_value(core_, amounts_);
    return true;
  }

  static void apply(const std::vector<Move>& moves, const std::array<std::uint32_t, 4>& chosen, Amounts& amounts) {
    for (std::uint32_t m : chosen) {
      if (m == nobody) continue;
      --amounts[moves[m].from];
      ++amounts[moves[m].to];
    }
  }

  /// Of different types, within every limit, exactly.
  [[nodiscard]] bool allowed(const std::vector<Move>& moves, const std::array<std::uint32_t, 4>& chosen) const {
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = i + 1; j < 4; ++j)
        if (chosen[i] != nobody && chosen[j] != nobody && moves[chosen[i]].type == moves[chosen[j]].type) return false;
    for (std::size_t k = 0; k < use_.size(); ++k) {
      double use = use_[k];
      for (std::uint32_t m : chosen)
        if (m != nobody) use += change(moves[m], k);
      const double hair = 1e-12 * (core_.fixed_size[k] + std::abs(use));
      if (use > core_.ranges[k].high + hair || use < core_.ranges[k].low - hair) return false;
    }
    Amounts amounts = amounts_;
    apply(moves, chosen, amounts);
    return holds_exactly(core_, amounts);
  }

  const Core& core_;
  std::span<const double> lambda_;
  const ExchangeOptions& options_;
  Amounts amounts_;
  std::vector<double> use_;
  std::vector<std::size_t> priced_;  ///< limits with a price
  double value_ = 0.0;
  std::uint64_t work_ = 0;
};

}  // namespace

Amounts exchange(const Core& core, Amounts amounts, std::span<const double> lambda, const ExchangeOptions& options) {
  return Exchange(core, std::move(amounts), lambda, options).run();
}

}  // namespace proffer::allocation
