#include "allocation/pair_tree.hpp"

#include <algorithm>
#include <numeric>

#include "allocation/multiplier_box.hpp"

namespace proffer::allocation {
namespace {
constexpr std::uint32_t leaf_size = 12;
constexpr std::uint32_t looked_at = 33;  ///< points by which a dimension is chosen
}  // namespace

void PairTree::build() {
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0U);
  split(order, 0, static_cast<std::uint32_t>(size()));
  std::vector<Pair> pairs;
  std::vector<double> at;
  pairs.reserve(pairs_.size());
  at.reserve(at_.size());
  for (std::uint32_t p : order) {
    pairs.push_back(pairs_[p]);
    at.insert(at.end(), this->at(p), this->at(p) + dimensions_);
  }
  pairs_ = std::move(pairs);
  at_ = std::move(at);
}

/// The dimension along which the middle half of some points lies farthest apart; of those where it does not at all,
/// along which the outermost ones do.
std::size_t PairTree::widest(const std::vector<std::uint32_t>& order, std::uint32_t begin, std::uint32_t end) const {
  const std::uint32_t step = std::max((end - begin) / looked_at, 1U);
  std::size_t best = 0;
  double width = -1.0;
  std::vector<double> some;
  for (std::size_t d = 0; d <= dimensions_; ++d) {
    some.clear();
    for (std::uint32_t i = begin; i < end; i += step) some.push_back(along(order[i], d));
    std::sort(some.begin(), some.end());
    const double here = some[some.size() * 3 / 4] - some[some.size() / 4] + 1e-6 * (some.back() - some.front());
    if (here > width) {
      width = here;
      best = d;
    }
  }
  return width > 0 ? best : leaf;
}

void PairTree::split(std::vector<std::uint32_t>& order, std::uint32_t begin, std::uint32_t end) {
  const auto n = nodes_.size();
  nodes_.push_back({begin, end});
  double least_regret = infinity;
  for (std::uint32_t i = begin; i < end; ++i) least_regret = std::min(least_regret, pairs_[order[i]].regret);
  nodes_[n].least_regret = least_regret;
  if (end - begin <= leaf_size) return;
  const std::size_t d = widest(order, begin, end);
  if (d == leaf) return;
  const std::uint32_t middle = begin + (end - begin) / 2;
  const auto less = [&](std::uint32_t a, std::uint32_t b) {
    return along(a, d) < along(b, d) || (along(a, d) == along(b, d) && a < b);
  };
  std::nth_element(order.begin() + begin, order.begin() + middle, order.begin() + end, less);
  double left_most = along(order[begin], d);
  for (std::uint32_t i = begin; i < middle; ++i) left_most = std::max(left_most, along(order[i], d));
  const double right_least = along(order[middle], d);
  split(order, begin, middle);
  nodes_[n].dimension = static_cast<std::uint32_t>(d);
  nodes_[n].right = static_cast<std::uint32_t>(nodes_.size());
  nodes_[n].left_most = left_most;
  nodes_[n].right_least = right_least;
  split(order, middle, end);
}

}  // namespace proffer::allocation
