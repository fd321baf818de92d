#include "boosting/forest.hpp"

#include <algorithm>
#include <map>

#include "boosting/threads.hpp"
#include "boosting/tree_walk.hpp"
#include "foundation/error.hpp"

namespace proffer::boosting {

float margin(const Forest& forest, std::span<const std::uint8_t> codes) {
  expects(codes.size() == forest.features, "one code per feature");
  float sum = forest.base_margin;
  for (const Tree& tree : forest.trees) sum += leaf_of(tree, codes.data());
  return sum;
}

void margins(const Forest& forest, std::span<const std::uint8_t> codes, std::span<float> out) {
  std::fill(out.begin(), out.end(), forest.base_margin);
  add_margins(forest, 0, codes, out);
}

std::vector<float> margins(const Forest& forest, std::span<const std::uint8_t> codes, std::size_t rows, int threads) {
  std::vector<float> made(rows, forest.base_margin);
  add_margins(forest, 0, codes, made, threads);
  return made;
}

void add_margins(const Forest& forest, std::size_t first, std::span<const std::uint8_t> codes, std::span<float> margins,
                 int threads) {
  expects(codes.size() == margins.size() * forest.features, "one row of codes per margin");
  // A few hundred rows stay in the cache while every tree passes over them.
  constexpr std::size_t block = 256;
  const std::vector<TreeWalk> walks(forest.trees.begin() + static_cast<std::ptrdiff_t>(first), forest.trees.end());
  in_threads(margins.size(), block, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t from = begin; from < end; from += block) {
      const std::span<float> some = margins.subspan(from, std::min(block, end - from));
      for (const TreeWalk& walk : walks) walk.add_leaves(codes.data() + from * forest.features, forest.features, some);
    }
  });
}

std::vector<Importance> importance(const Forest& forest) {
  std::map<std::uint32_t, Importance> by_feature;
  for (const Tree& tree : forest.trees)
    for (const Node& node : tree.nodes) {
      if (node.is_leaf()) continue;
      Importance& sums = by_feature[node.feature];
      sums.feature = node.feature;
      sums.splits += 1;
      sums.gain += static_cast<double>(node.gain);
      sums.cover += static_cast<double>(node.cover);
    }
  std::vector<Importance> result;
  for (const auto& [feature, sums] : by_feature) result.push_back(sums);
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.gain > b.gain; });
  return result;
}

}  // namespace proffer::boosting
