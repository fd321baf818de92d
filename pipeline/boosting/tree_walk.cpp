#include "boosting/tree_walk.hpp"

#include <algorithm>
#include <array>

namespace proffer::boosting {

static_assert(features::missing_code == 255, "one more than it is 0: what `turn` relies on");

TreeWalk::TreeWalk(const Tree& tree) {
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

void TreeWalk::add_leaves(const std::uint8_t* codes, std::size_t features, std::span<float> margins) const {
  // Each step of one row waits for the one before; steps of several rows go on side by side.
  constexpr std::size_t lanes = 16;
  const Step* const steps = steps_.data();
  const auto walk = [&](std::size_t first, std::size_t count) {
    std::array<std::uint32_t, lanes> at{};
    for (std::size_t level = 0; level < depth_; ++level)
      for (std::size_t lane = 0; lane < count; ++lane) {
        const Step& step = steps[at[lane]];
        const auto turned = static_cast<std::uint8_t>(codes[(first + lane) * features + step.feature] + step.turn);
        at[lane] = step.next + (turned >= step.threshold ? 1 : 0);
      }
    for (std::size_t lane = 0; lane < count; ++lane) margins[first + lane] += leaves_[at[lane]];
  };
  std::size_t row = 0;
  for (; row + lanes <= margins.size(); row += lanes) walk(row, lanes);
  if (row < margins.size()) walk(row, margins.size() - row);
}

}  // namespace proffer::boosting
