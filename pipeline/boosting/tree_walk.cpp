#include "boosting/tree_walk.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "foundation/lanes.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace proffer::boosting {

static_assert(features::missing_code == 255, "one more than it is 0: what `turn` relies on");

namespace {

constexpr std::size_t most_leaves = 256;  // whose numbers fit into a code's place
constexpr std::size_t most_pending = 32;  // on the stack of decide()
constexpr std::size_t few_leaves = 16;    // that a pair of vectors holds

using Numbers = std::array<std::uint8_t, tile_rows>;

using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;  // what every x86-64 takes at once
using ThirtyTwo [[gnu::vector_size(32)]] = std::uint8_t;

/// Numbers of the leaves that the rows of a tile reach, as many rows at once as a vector has.
template <class Lanes>
[[gnu::always_inline]] inline void decide(std::span<const TreeWalk::Split> splits, const TileColumn* tile,
                                          Numbers& leaf) {
  constexpr std::size_t parts = tile_rows / sizeof(Lanes);
  std::array<std::array<Lanes, parts>, most_pending> pending;
  pending[0] = {};
  std::size_t count = 0;
  for (const TreeWalk::Split& split : splits) {
    const std::uint8_t* codes = tile[split.feature].codes.data();
    std::array<Lanes, parts> left{}, right{};
    if (split.right < 0)
      right = pending[--count];
    else
      for (Lanes& part : right) part += static_cast<std::uint8_t>(split.right);
    if (split.left < 0)
      left = pending[--count];
    else
      for (Lanes& part : left) part += static_cast<std::uint8_t>(split.left);
    for (std::size_t p = 0; p < parts; ++p) {
      Lanes code;
      std::memcpy(&code, codes + p * sizeof code, sizeof code);
      pending[count][p] = code + split.turn > split.limit ? right[p] : left[p];
    }
    ++count;
  }
  std::memcpy(leaf.data(), pending.data(), sizeof leaf);
}

void decide_portable(std::span<const TreeWalk::Split> splits, const TileColumn* tile, Numbers& leaf) {
  decide<Sixteen>(splits, tile, leaf);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void decide_avx2(std::span<const TreeWalk::Split> splits, const TileColumn* tile,
                                         Numbers& leaf) {
  decide<ThirtyTwo>(splits, tile, leaf);
}

/// Adds the leaf of each row of a whole tile, of at most two registers of leaves.
[[gnu::target("avx2")]] void add_few_leaves_avx2(std::span<const float> leaves, const Numbers& leaf, float* margins) {
  std::array<float, few_leaves> all{};
  std::copy(leaves.begin(), leaves.end(), all.begin());
  const __m256 low = _mm256_loadu_ps(all.data()), high = _mm256_loadu_ps(all.data() + 8);
  for (std::size_t i = 0; i < tile_rows; i += 8) {
    const __m128i numbers = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(leaf.data() + i));
    const __m256i number = _mm256_cvtepu8_epi32(numbers);
    const __m256 of_low = _mm256_permutevar8x32_ps(low, number), of_high = _mm256_permutevar8x32_ps(high, number);
    const __m256 is_high = _mm256_castsi256_ps(_mm256_slli_epi32(number, 28));  // 8 and more, by its sign
    const __m256 value = _mm256_blendv_ps(of_low, of_high, is_high);
    _mm256_storeu_ps(margins + i, _mm256_add_ps(_mm256_loadu_ps(margins + i), value));
  }
}

#endif

/// The tree below a node that sends every row to the right is the one on its right.
std::size_t deciding(const Tree& tree, std::size_t at) {
  while (!tree.nodes[at].is_leaf() && tree.nodes[at].split_code == 0 && !tree.nodes[at].default_left)
    at = static_cast<std::size_t>(tree.nodes[at].right);
  return at;
}

}  // namespace

TreeWalk::TreeWalk(const Tree& tree, bool portable) : vectorised_(!portable && avx2_runs_here()) {
  lay_out_splits(tree);
  if (leaves_.empty()) lay_out_steps(tree);
}

void TreeWalk::lay_out_splits(const Tree& tree) {
  if (tree.nodes.size() >= 2 * most_leaves) return;
  // Depth first from the root, right sides first, gives parents before children: turned round, it is as decide() takes
  // it, with what is left of the right side on top.
  std::vector<std::size_t> open{deciding(tree, 0)};
  std::size_t pending = 0, deepest = 0;
  const auto side = [&](std::int32_t child) {
    const std::size_t at = deciding(tree, static_cast<std::size_t>(child));
    if (!tree.nodes[at].is_leaf()) return std::pair{std::int16_t{-1}, at};
    leaves_.push_back(tree.nodes[at].leaf);
    return std::pair{static_cast<std::int16_t>(leaves_.size() - 1), at};
  };
  if (tree.nodes[open[0]].is_leaf()) {
    leaves_.push_back(tree.nodes[open[0]].leaf);
    return;
  }
  while (!open.empty()) {
    const Node& node = tree.nodes[open.back()];
    open.pop_back();
    const std::uint8_t turn = node.default_left ? 1 : 0;
    const auto [left, left_at] = side(node.left);
    const auto [right, right_at] = side(node.right);
    splits_.push_back({.feature = node.feature,
                       .turn = turn,
                       .limit = static_cast<std::uint8_t>(node.split_code + turn - 1),
                       .left = left,
                       .right = right});
    if (left < 0) open.push_back(left_at);
    if (right < 0) open.push_back(right_at);
  }
  std::reverse(splits_.begin(), splits_.end());
  for (const Split& split : splits_) {
    pending -= (split.left < 0 ? 1U : 0U) + (split.right < 0 ? 1U : 0U);
    deepest = std::max(deepest, ++pending);
  }
  if (deepest <= most_pending) return;
  splits_.clear();
  leaves_.clear();
}

void TreeWalk::lay_out_steps(const Tree& tree) {
  // Level by level, so that siblings are neighbours and the number of levels is the length of the longest way.
  std::vector<std::size_t> level{0}, below;
  steps_.reserve(tree.nodes.size());
  leaves_.reserve(tree.nodes.size());
  for (std::size_t end = 1; !level.empty(); level.swap(below), below.clear()) {
    for (const std::size_t at : level) {
      const Node& node = tree.nodes[at];
      Step step{.next = static_cast<std::uint32_t>(steps_.size())};
      if (!node.is_leaf()) {
        const std::uint16_t turn = node.default_left ? 1 : 0;
        step = {.next = static_cast<std::uint32_t>(end),
                .feature = node.feature,
                .threshold = static_cast<std::uint16_t>(node.split_code + turn),
                .turn = turn};
        below.push_back(static_cast<std::size_t>(node.left));
        below.push_back(static_cast<std::size_t>(node.right));
        end += 2;
      }
      steps_.push_back(step);
      leaves_.push_back(node.is_leaf() ? node.leaf : 0.0F);
    }
    if (!below.empty()) ++depth_;
  }
}

void TreeWalk::add_leaves(const TileColumn* tile, std::span<float> margins) const {
  if (!steps_.empty()) return walk(tile, margins);
  Numbers leaf{};
  if (!splits_.empty()) {
#if defined(__x86_64__)
    vectorised_ ? decide_avx2(splits_, tile, leaf) : decide_portable(splits_, tile, leaf);
    if (vectorised_ && leaves_.size() <= few_leaves && margins.size() == tile_rows)
      return add_few_leaves_avx2(leaves_, leaf, margins.data());
#else
    decide_portable(splits_, tile, leaf);
#endif
  }
  for (std::size_t i = 0; i < margins.size(); ++i) margins[i] += leaves_[leaf[i]];
}

void TreeWalk::walk(const TileColumn* tile, std::span<float> margins) const {
  // Each step of one row waits for the one before; steps of several rows go on side by side.
  std::array<std::uint32_t, tile_rows> at{};
  for (std::size_t level = 0; level < depth_; ++level)
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const Step& step = steps_[at[i]];
      const auto turned = static_cast<std::uint8_t>(tile[step.feature].codes[i] + step.turn);
      at[i] = step.next + (turned >= step.threshold ? 1 : 0);
    }
  for (std::size_t i = 0; i < margins.size(); ++i) margins[i] += leaves_[at[i]];
}

}  // namespace proffer::boosting
