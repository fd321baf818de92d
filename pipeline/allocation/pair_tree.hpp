// Pairs of changes as points, searched by boxes (k-d tree; Bentley 1975).
#pragma once

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
  [[nodiscard]] double least_regret() const { return least_regret_; }

  /// Calls `take` with every pair in low ≤ at ≤ high, in a fixed order; returns how many points were looked at.
  template <class Take>
  std::uint64_t visit(std::span<const double> low, std::span<const double> high, const Take& take) const {
    return pairs_.empty() ? 0 : visit_node(0, low, high, take);
  }

 private:
  static constexpr std::uint32_t leaf = ~0U;
  struct Node {
    std::uint32_t begin = 0, end = 0;
    std::uint32_t dimension = leaf;
    std::uint32_t right = 0;                    ///< the left child comes next
    double left_most = 0.0, right_least = 0.0;  ///< along the dimension
  };

  void split(std::vector<std::uint32_t>& order, std::uint32_t begin, std::uint32_t end);
  [[nodiscard]] std::size_t widest(const std::vector<std::uint32_t>& order, std::uint32_t begin,
                                   std::uint32_t end) const;

  template <class Take>
  std::uint64_t visit_node(std::uint32_t n, std::span<const double> low, std::span<const double> high,
                           const Take& take) const {
    const Node& node = nodes_[n];
    if (node.dimension != leaf) {
      const std::size_t d = node.dimension;
      std::uint64_t seen = 1;
      if (low[d] <= node.left_most) seen += visit_node(n + 1, low, high, take);
      if (high[d] >= node.right_least) seen += visit_node(node.right, low, high, take);
      return seen;
    }
    for (std::uint32_t p = node.begin; p < node.end; ++p) {
      const double* point = at(p);
      bool inside = true;
      for (std::size_t d = 0; inside && d < dimensions_; ++d) inside = point[d] >= low[d] && point[d] <= high[d];
      if (inside) take(pairs_[p]);
    }
    return node.end - node.begin;
  }

  std::size_t dimensions_;
  std::vector<Pair> pairs_;
  std::vector<double> at_;  ///< [pairs, dimensions]
  std::vector<Node> nodes_;
  double least_regret_ = 0.0;
};

}  // namespace proffer::allocation
