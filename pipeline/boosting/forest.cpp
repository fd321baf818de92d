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

namespace {

std::vector<TreeWalk> walks_of(const Forest& forest, std::size_t first) {
  return {forest.trees.begin() + static_cast<std::ptrdiff_t>(first), forest.trees.end()};
}

}  // namespace

void add_margins(const Forest& forest, std::size_t first, std::span<const std::uint8_t> codes, std::span<float> margins,
                 int threads) {
  const std::size_t features = forest.features;
  expects(codes.size() == margins.size() * features, "one row of codes per margin");
  constexpr std::size_t few_rows = 8;  // are not worth laying out
  if (margins.size() < few_rows) {
    for (std::size_t i = 0; i < margins.size(); ++i)
      for (std::size_t t = first; t < forest.trees.size(); ++t)
        margins[i] += leaf_of(forest.trees[t], codes.data() + i * features);
    return;
  }
  const std::vector<TreeWalk> walks = walks_of(forest, first);
  in_threads(margins.size(), tile_rows, threads, [&](std::size_t begin, std::size_t end) {
    std::vector<TileColumn> tile(features);
    for (std::size_t from = begin; from < end; from += tile_rows) {
      const std::size_t rows = std::min(tile_rows, end - from);
      fill_tile(codes.subspan(from * features, rows * features), tile);
      for (const TreeWalk& walk : walks) walk.add_leaves(tile.data(), margins.subspan(from, rows));
    }
  });
}

void add_margins(const Forest& forest, std::size_t first, const CodeTiles& codes, std::span<float> margins,
                 int threads) {
  expects(codes.capacity() >= margins.size(), "a row of codes per margin");
  expects(margins.empty() || codes.features() == forest.features, "codes of the features of the forest");
  const std::vector<TreeWalk> walks = walks_of(forest, first);
  constexpr std::size_t ahead = 2 * tile_rows;  // one tree alone is done with a tile before the next is there
  in_threads(margins.size(), tile_rows, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t from = begin; from < end; from += tile_rows) {
      if (walks.size() == 1 && from + ahead < end) walks[0].prefetch(codes.tile((from + ahead) / tile_rows));
      const std::span<float> some = margins.subspan(from, std::min(tile_rows, end - from));
      for (const TreeWalk& walk : walks) walk.add_leaves(codes.tile(from / tile_rows), some);
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
  result.reserve(by_feature.size());
  for (const auto& [feature, sums] : by_feature) result.push_back(sums);
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.gain > b.gain; });
  return result;
}

}  // namespace proffer::boosting
