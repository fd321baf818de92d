#include "allocation/branch_and_bound.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "allocation/core_dual.hpp"
#include "allocation/local_search.hpp"
#include "allocation/propagation.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::allocation {
namespace {

constexpr double integral = 1e-7;  ///< how near to a whole number counts as one

constexpr auto none = static_cast<std::size_t>(-1);

struct Node {
  std::size_t option = none;  ///< on which its parent branched …
  bool above = false;         ///< … and to which side
  double distance = 0.0;      ///< of the parent's fraction to this side
  AmountBounds bounds;
  double bound = infinity;
  std::vector<double> lambda;
  std::vector<std::shared_ptr<const Pick>> picks;  ///< of the parent
};

/// How much the bound fell per unit of fraction when this option was branched on.
struct Cost {
  double total = 0.0;
  int times = 0;
};

class TreeSearch {
 public:
  TreeSearch(const Core& core, const SearchOptions& options)
      : core_(core), options_(options), fixed_value_(core.fixed_value.rounded()) {
    for (std::size_t t = 0; t < core.types(); ++t) {
      double low = infinity;
      for (std::size_t o = core.first[t]; o < core.first[t + 1]; ++o) low = std::min(low, core.value[o]);
      lowest_ += low * core.count[t];
    }
    lowest_ -= 1e-9 * std::abs(lowest_) + 1e-300;
    grid_ = value_grid();
    down_.resize(core.options());
    up_.resize(core.options());
  }

  SearchResult run() {
    Node root;
    root.bounds = free_bounds(core_);
    root.bound = options_.bound_known;
    root.lambda = options_.start;
    root.lambda.resize(core_.limits(), 0.0);
    open_.push_back(std::make_unique<Node>(std::move(root)));
    while (!open_.empty() && result_.nodes < options_.node_limit && work_ < options_.work_limit) {
      const std::unique_ptr<Node> node = next();
      visit(*node);
    }
    result_.exhausted = open_.empty();
    result_.bound = std::max(result_.found ? value_ : -infinity, closed_);
    for (const auto& node : open_) result_.bound = std::max(result_.bound, node->bound);
    result_.bound = std::min(result_.bound, options_.bound_known);
    return std::move(result_);
  }

 private:
  /// A node whose bound is no larger is not worth looking at.
  [[nodiscard]] double cutoff() const {
    if (!result_.found) return lowest_;
    const double near = 0.5 * options_.gap_tolerance * std::max(1.0, std::abs(value_ + fixed_value_));
    return value_ + std::max(near, grid_ * (1 - 1e-6));
  }

  /// The largest step of which every value is a whole multiple, if that is at least 2^-10, else 0: two choices then
  /// differ by nothing or by a step.
  [[nodiscard]] double value_grid() const {
    std::int64_t divisor = 0;
    for (double v : core_.value) {
      const double scaled = v * 0x1p10;
      if (std::abs(scaled) > 0x1p50 || scaled != std::floor(scaled)) return 0.0;
      divisor = std::gcd(divisor, static_cast<std::int64_t>(scaled));
    }
    return static_cast<double>(divisor) * 0x1p-10;
  }

  /// While a plunge lasts or nothing is found yet, the newest node; else the one with the largest bound.
  std::unique_ptr<Node> next() {
    std::size_t at = open_.size() - 1;
    constexpr std::size_t many = 200'000'000;  // options of open nodes: beyond, depth first saves memory
    if (!plunging_ && result_.found && open_.size() * core_.options() < many)
      for (std::size_t i = open_.size(); i-- > 0;)
        if (open_[i]->bound > open_[at]->bound) at = i;
    std::unique_ptr<Node> node = std::move(open_[at]);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
    plunging_ = false;
    return node;
  }
  /// No choice of the node beats the best known one by a step of the grid; without a grid, by more than its bound.
  void close(double bound) {
    if (result_.found && grid_ == 0.0) closed_ = std::max(closed_, bound);
    if (result_.found && grid_ > 0.0) closed_ = std::max(closed_, bound < value_ + grid_ * (1 - 1e-6) ? value_ : bound);
  }

  void visit(Node& node) {
    if (node.bound <= cutoff()) return close(node.bound);
    ++result_.nodes;
    work_ += static_cast<double>(core_.options() * (core_.limits() + 1));
    if (!propagate(core_, node.bounds)) return;
    CoreDual dual(core_, node.bounds);
    if (!dual.possible()) return;
    for (const auto& pick : node.picks) dual.adopt(pick);
    BundleOptions bundle;
    bundle.tolerance = 1e-10;
    bundle.stop_at_or_below = cutoff();
    bundle.radius = node.picks.empty() ? 1.0 : 0.1;
    bundle.evaluation_limit = 500;
    const std::size_t known = dual.picks().size();
    const BundleResult relaxed = minimise(dual, node.lambda, bundle, dual.known_lines());
    work_ += static_cast<double>(relaxed.evaluations) *
             static_cast<double>(core_.options() * (core_.limits() + 2) + 20 * core_.limits() * core_.limits());
    const double before = node.bound;
    node.bound = std::min(node.bound, relaxed.best.bound());
    if (node.option != none && relaxed.converged) {
      Cost& cost = (node.above ? up_ : down_)[node.option];
      cost.total += (before - node.bound) / std::max(node.distance, 1e-3);
      ++cost.times;
    }
    node.lambda = relaxed.best.lambda;
    for (std::size_t p = known; p < dual.picks().size(); ++p) try_pick(*dual.picks()[p]);
    if (node.bound <= cutoff()) return close(node.bound);

    const std::vector<double> mix = mixture(dual, relaxed);
    round_and_repair(node, mix);
    if (node.bound <= cutoff()) return close(node.bound);
    if (result_.found) narrow(dual, node);
    branch(node, mix, kept_picks(dual, relaxed));
  }

  void try_pick(const Pick& pick) {
    if (result_.found && pick.value <= value_) return;
    for (std::size_t k = 0; k < core_.limits(); ++k) {
      const double room = 1e-9 * (core_.fixed_size[k] + std::abs(pick.use[k]));
      if (pick.use[k] > core_.ranges[k].high + room || pick.use[k] < core_.ranges[k].low - room) return;
    }
    offer(pick.amounts);
  }
  void offer(const Amounts& amounts) {
    const double value = core_value(core_, amounts);
    if ((result_.found && value <= value_) || !holds_exactly(core_, amounts)) return;
    result_.found = true;
    result_.amounts = amounts;
    value_ = value;
  }

  /// The choice of the linear relaxation, in fractions.
  [[nodiscard]] std::vector<double> mixture(const CoreDual& dual, const BundleResult& relaxed) const {
    std::vector<double> mix(core_.options(), 0.0);
    for (std::size_t c = 0; c < relaxed.tag.size(); ++c) {
      if (relaxed.weight[c] <= 0) continue;
      const Amounts& amounts = dual.picks()[relaxed.tag[c]]->amounts;
      for (std::size_t o = 0; o < mix.size(); ++o) mix[o] += relaxed.weight[c] * amounts[o];
    }
    return mix;
  }

  /// Rounds every type so that its rows stay all placed (largest remainders first), then repairs.
  void round_and_repair(const Node& node, const std::vector<double>& mix) {
    // At the first nodes, then as often as it takes no more work than the bounds do.
    if (result_.nodes > 8 && repair_work_ > 0.5 * work_) return;
    Amounts amounts(core_.options(), 0);
    std::vector<std::size_t> order;
    for (std::size_t t = 0; t < core_.types(); ++t) {
      std::uint32_t left = core_.count[t];
      order.clear();
      for (std::size_t o = core_.first[t]; o < core_.first[t + 1]; ++o) {
        const auto whole = static_cast<std::uint32_t>(std::clamp(mix[o] + integral, 0.0, double(left)));
        amounts[o] = whole;
        left -= whole;
        order.push_back(o);
      }
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const double left_a = mix[a] - amounts[a], left_b = mix[b] - amounts[b];
        return left_a > left_b || (left_a == left_b && a < b);
      });
      for (std::size_t o : order) {
        if (left == 0) break;
        const std::uint32_t more = std::min(left, node.bounds.high[o] > amounts[o] ? 1U : 0U);
        amounts[o] += more;
        left -= more;
      }
      if (left > 0) amounts[order.front()] += left;
    }
    const auto moves = static_cast<double>(core_.options());
    const double effort = 4.0 * moves * std::min(moves, 4'000.0);
    repair_work_ += effort;
    work_ += effort;
    if (const auto repaired = repair_and_improve(core_, std::move(amounts))) offer(*repaired);
  }

  /// Options whose taking once more would cost more than the gap to the best known choice are closed at what the
  /// bound's own choice takes.
  void narrow(const CoreDual& dual, Node& node) {
    std::vector<double> reduced;
    dual.reduced_values(node.lambda, reduced);
    const double gap = node.bound - value_;
    std::vector<std::size_t> order;
    for (std::size_t t = 0; t < core_.types(); ++t) {
      // The worst reduced value the bound's choice takes once the lower amounts are set; others cost the difference.
      std::uint32_t left = core_.count[t];
      order.clear();
      for (std::size_t o = core_.first[t]; o < core_.first[t + 1]; ++o) {
        left -= node.bounds.low[o];
        order.push_back(o);
      }
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return reduced[a] > reduced[b] || (reduced[a] == reduced[b] && a < b);
      });
      double worst = infinity;
      for (std::size_t o : order) {
        const std::uint32_t room = node.bounds.high[o] - node.bounds.low[o];
        if (left > 0) {
          left -= std::min(left, room);
          if (room > 0) worst = reduced[o];
          continue;
        }
        const double regret = (worst - reduced[o]) * (1 - 1e-12);
        if (room > 0 && regret > 0) {
          const double more = std::floor((gap * (1 + 1e-9)) / regret);
          if (more < room) node.bounds.high[o] = node.bounds.low[o] + static_cast<std::uint32_t>(more);
        }
      }
    }
  }

  [[nodiscard]] std::vector<std::shared_ptr<const Pick>> kept_picks(const CoreDual& dual,
                                                                    const BundleResult& relaxed) const {
    const std::size_t most = 3 * (core_.limits() + 4);
    std::vector<std::shared_ptr<const Pick>> kept;
    for (std::size_t c = 0; c < relaxed.tag.size(); ++c)
      if (relaxed.weight[c] > 0) kept.push_back(dual.picks()[relaxed.tag[c]]);
    for (std::size_t c = relaxed.tag.size(); c-- > 0 && kept.size() < most;)
      if (relaxed.weight[c] <= 0) kept.push_back(dual.picks()[relaxed.tag[c]]);
    return kept;
  }

  void branch(const Node& node, const std::vector<double>& mix, std::vector<std::shared_ptr<const Pick>> picks) {
    std::size_t option = select(node, mix);
    for (std::size_t o = 0; option == none && o < core_.options(); ++o)
      if (node.bounds.low[o] < node.bounds.high[o]) option = o;
    if (option == none) return offer(node.bounds.low);  // everything is decided
    const double at = std::clamp(mix[option], double(node.bounds.low[option]), double(node.bounds.high[option]));
    auto split = static_cast<std::uint32_t>(at + integral);
    split = std::min(split, node.bounds.high[option] - 1);
    const double fraction = std::clamp(at - split, 0.0, 1.0);
    auto below = std::make_unique<Node>(Node{option, false, fraction, node.bounds, node.bound, node.lambda, picks});
    auto above = std::make_unique<Node>(
        Node{option, true, 1 - fraction, node.bounds, node.bound, node.lambda, std::move(picks)});
    below->bounds.high[option] = split;
    above->bounds.low[option] = split + 1;
    const bool above_first = fraction >= 0.5;
    open_.push_back(std::move(above_first ? below : above));
    open_.push_back(std::move(above_first ? above : below));
    plunging_ = true;
  }

  /// The option whose branches promise to lower the bound most: product of estimated falls on both sides (pseudo-costs;
  /// Benichou et al. 1971, Achterberg 2007). `none` where all amounts are whole.
  [[nodiscard]] std::size_t select(const Node& node, const std::vector<double>& mix) const {
    const auto mean = [](const std::vector<Cost>& costs) {
      double total = 0.0;
      int times = 0;
      for (const Cost& cost : costs)
        if (cost.times > 0) {
          total += cost.total / cost.times;
          ++times;
        }
      return times > 0 ? total / times : 1.0;
    };
    const double mean_down = mean(down_), mean_up = mean(up_);
    std::size_t option = none;
    double best = -1.0;
    for (std::size_t o = 0; o < core_.options(); ++o) {
      if (node.bounds.low[o] == node.bounds.high[o]) continue;
      const double fraction = mix[o] - std::floor(mix[o]);
      if (std::min(fraction, 1 - fraction) <= integral) continue;
      const double down = fraction * (down_[o].times ? down_[o].total / down_[o].times : mean_down);
      const double up = (1 - fraction) * (up_[o].times ? up_[o].total / up_[o].times : mean_up);
      const double score = std::max(down, 1e-12) * std::max(up, 1e-12);
      if (score > best) {
        best = score;
        option = o;
      }
    }
    return option;
  }

  const Core& core_;
  const SearchOptions& options_;
  double fixed_value_;
  double lowest_ = 0.0;  ///< every choice of the core is worth more
  double value_ = 0.0;
  double grid_ = 0.0;
  double closed_ = -infinity;
  double work_ = 0.0, repair_work_ = 0.0;
  std::vector<std::unique_ptr<Node>> open_;
  bool plunging_ = true;  ///< the last node left children: go on with the nearer one
  std::vector<Cost> down_, up_;
  SearchResult result_;
};

}  // namespace

SearchResult search(const Core& core, const SearchOptions& options) {
  return TreeSearch(core, options).run();
}

SearchResult search(const parallel::Communicator& comm, const Core& core, const SearchOptions& options) {
  SearchResult result;
  parallel::on_root(comm, [&] { result = search(core, options); });
  result.amounts = parallel::broadcast(comm, std::move(result.amounts));
  struct Facts {
    double bound;
    std::uint64_t nodes, found, exhausted;
  } facts{result.bound, result.nodes, result.found, result.exhausted};
  parallel::broadcast(comm, std::span(&facts, 1));
  result.bound = facts.bound;
  result.nodes = facts.nodes;
  result.found = facts.found != 0;
  result.exhausted = facts.exhausted != 0;
  return result;
}

}  // namespace proffer::allocation
