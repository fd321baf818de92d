// Random trees, codes and offers for tests and benchmarks of the offer grid.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "boosting/forest.hpp"

namespace proffer::test {

struct ForestShape {
  std::size_t trees = 20;
  int depth = 6;
  std::size_t borrower_features = 10;
  std::size_t offer_terms = 4;
  double offer_splits = 0.2;   ///< share of the splits
  double early_leaves = 0.1;   ///< share of the inner nodes that end early
  bool extreme_splits = true;  ///< also split codes 0 and 255
};

inline void grow(boosting::Tree& tree, std::size_t index, int depth, const ForestShape& shape,
                 std::mt19937_64& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  if (depth == 0 || unit(random) < shape.early_leaves) {
    tree.nodes[index].leaf = static_cast<float>(unit(random) - 0.5);
    return;
  }
  const bool offer = shape.offer_terms > 0 && (shape.borrower_features == 0 || unit(random) < shape.offer_splits);
  boosting::Node node;
  node.feature = static_cast<std::uint32_t>(offer ? shape.borrower_features + random() % shape.offer_terms
                                                  : random() % shape.borrower_features);
  node.split_code = static_cast<std::uint8_t>(shape.extreme_splits ? random() % 256 : 1 + random() % 254);
  node.default_left = random() % 2 == 0;
  node.left = static_cast<std::int32_t>(tree.nodes.size());
  node.right = node.left + 1;
  tree.nodes[index] = node;
  tree.nodes.resize(tree.nodes.size() + 2);
  grow(tree, static_cast<std::size_t>(node.left), depth - 1, shape, random);
  grow(tree, static_cast<std::size_t>(node.right), depth - 1, shape, random);
}

inline boosting::Forest random_forest(const ForestShape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  boosting::Forest forest;
  forest.base_margin = -1.25F;
  forest.features = static_cast<std::uint32_t>(shape.borrower_features + shape.offer_terms);
  forest.trees.resize(shape.trees);
  for (auto& tree : forest.trees) {
    tree.nodes.resize(1);
    grow(tree, 0, shape.depth, shape, random);
  }
  return forest;
}

/// Codes of which about a tenth are missing.
inline std::vector<std::uint8_t> random_codes(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> codes(count);
  for (auto& code : codes) {
    code = static_cast<std::uint8_t>(random() % 256);
    if (random() % 10 == 0) code = features::missing_code;
  }
  return codes;
}

}  // namespace proffer::test
