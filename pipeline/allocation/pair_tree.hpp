// Pairs of changes as points, searched by boxes (k-d tree; Bentley 1975).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace proffer::allocation {

/// Add all points, build, then visit. Serial, deterministic.
class PairTree {
 public:
  static constexpr std::uint32_t nobody = ~0U;
  struct Pair {
    std::uint32_t first = nobody, second = nobody;
    double gain = 0.0, regret = 0.0;
  };

  explicit PairTree(std::size_t dimensions) : dimensions_(dimensions) {}
  void add(const Pair& pair, std::span<const double> at) {
    pairs_.push_back(pair);
    at_.insert(at_.end(), at.begin(), at.end());
  }
  void build();

  [[nodiscard]] std::size_t size() const { return pairs_.size(); }
  [[nodiscard]] const Pair& pair(std::size_t p) const { return pairs_[p]; }
  [[nodiscard]] const double* at(std::size_t p) const { return at_.data() + p * dimensions_; }

  /// Pairs b with floor ≤ at(b) ≤ high, and what is left in each dimension, high − at(b), less than reach − regret(b).
  struct Box {
    std::span<const double> floor, high;  ///< [dimensions]
    double reach = 0.0;
  };
  /// Calls `take` with every pair in the box, in a fixed order; returns how many points were looked at. `take` may make
  /// the box narrower.
  template <class Take>
  std::uint64_t visit(const Box& box, const Take& take) const {
    return pairs_.empty() ? 0 : visit_node(0, box, take);
  }

 private:
  static constexpr std::uint32_t leaf = ~0U;
  struct Node {
    std::uint32_t begin = 0, end = 0;
    std::uint32_t dimension = leaf;             ///< the number of dimensions stands for regret
    std::uint32_t right = 0;                    ///< the left child comes next
    double left_most = 0.0, right_least = 0.0;  ///< along the dimension
    double least_regret = 0.0;
  };

  [[nodiscard]] double along(std::size_t p, std::size_t d) const {
    return d == dimensions_ ? pairs_[p].regret : at(p)[d];
  }
  void split(std::vector<std::uint32_t>& order, std::uint32_t begin, std::uint32_t end);
  [[nodiscard]] std::size_t widest(const std::vector<std::uint32_t>& order, std::uint32_t begin,
                                   std::uint32_t end) const;

  [[nodiscard]] static double low(const Box& box, std::size_t d, double regret) {
    return std::max(box.floor[d], box.high[d] - (box.reach - regret));
  }

  template <class Take>
  std::uint64_t visit_node(std::uint32_t n, const Box& box, const Take& take) const {
    const Node& node = nodes_[n];
    if (!(node.least_regret < box.reach)) return 1;
    if (node.dimension != leaf) {
      const std::size_t d = node.dimension;
      const bool by_regret = d == dimensions_;
      std::uint64_t seen = 1;
      if (by_regret || low(box, d, nodes_[n + 1].least_regret) <= node.left_most) seen += visit_node(n + 1, box, take);
      if (by_regret || box.high[d] >= node.right_least) seen += visit_node(node.right, box, take);
      return seen;
    }
    for (std::uint32_t p = node.begin; p < node.end; ++p) {
      const double* point = at(p);
      const double left = box.reach - pairs_[p].regret;
      bool inside = left > 0;
      for (std::size_t d = 0; inside && d < dimensions_; ++d)
        inside = point[d] <= box.high[d] && point[d] >= box.high[d] - left && point[d] >= box.floor[d];
      if (inside) take(pairs_[p]);
    }
    return node.end - node.begin;
  }

  std::size_t dimensions_;
  std::vector<Pair> pairs_;
  std::vector<double> at_;  ///< [pairs, dimensions]
  std::vector<Node> nodes_;
};

}  // namespace proffer::allocation
