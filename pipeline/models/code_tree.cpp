#include "models/code_tree.hpp"

#include <algorithm>
#include <vector>

#include "features/binning.hpp"

namespace proffer::models {
namespace {

/// Codes first … with one value.
struct Run {
  std::size_t first = 0;
  float value = 0;
  double cover = 0;
};

std::vector<Run> runs_of(std::size_t bins, const PerCode& value, const PerCode& cover) {
  std::vector<Run> runs;
  for (std::size_t code = 0; code < bins; ++code) {
    const auto leaf = static_cast<float>(value[code]);
    if (runs.empty() || runs.back().value != leaf) runs.push_back({code, leaf, 0});
    runs.back().cover += cover[code];
  }
  for (Run& run : runs) run.cover = std::max(run.cover, 1.0);
  return runs;
}

class Builder {
 public:
  Builder(std::uint32_t feature, std::vector<Run> runs) : feature_(feature), runs_(std::move(runs)) {}

  [[nodiscard]] boosting::Tree build(float missing, double missing_cover) {
    // Everything that is not missing goes left, missing right.
    const std::int32_t root = add_split(features::missing_code, false);
    const Side present = add(0, runs_.size());
    const Side absent = add_leaf(missing, std::max(missing_cover, 1.0));
    join(root, present, absent);
    return with_siblings_together();
  }

 private:
  /// A subtree: its root, its cover and the sum of its leaves over it.
  struct Side {
    std::int32_t node = 0;
    double cover = 0, sum = 0;
  };

  /// The same tree with every right child right behind its sibling, where XGBoost looks for it.
  [[nodiscard]] boosting::Tree with_siblings_together() const {
    boosting::Tree ordered;
    ordered.nodes.push_back(tree_.nodes[0]);
    for (std::size_t at = 0; at < ordered.nodes.size(); ++at) {
      if (ordered.nodes[at].is_leaf()) continue;
      const boosting::Node node = ordered.nodes[at];
      ordered.nodes[at].left = static_cast<std::int32_t>(ordered.nodes.size());
      ordered.nodes[at].right = ordered.nodes[at].left + 1;
      ordered.nodes.push_back(tree_.nodes[static_cast<std::size_t>(node.left)]);
      ordered.nodes.push_back(tree_.nodes[static_cast<std::size_t>(node.right)]);
    }
    return ordered;
  }

  std::int32_t add_split(std::size_t code, bool default_left) {
    boosting::Node node;
    node.feature = feature_;
    node.split_code = static_cast<std::uint8_t>(code);
    node.default_left = default_left;
    tree_.nodes.push_back(node);
    return static_cast<std::int32_t>(tree_.nodes.size()) - 1;
  }

  Side add_leaf(float value, double cover) {
    boosting::Node node;
    node.leaf = value;
    node.cover = static_cast<float>(cover);
    tree_.nodes.push_back(node);
    return {static_cast<std::int32_t>(tree_.nodes.size()) - 1, cover, cover * static_cast<double>(value)};
  }

  Side add(std::size_t first, std::size_t end) {
    if (end - first == 1) return add_leaf(runs_[first].value, runs_[first].cover);
    const std::size_t middle = first + (end - first) / 2;
    const std::int32_t node = add_split(runs_[middle].first, true);
    const Side left = add(first, middle);
    const Side right = add(middle, end);
    return join(node, left, right);
  }

  Side join(std::int32_t at, const Side& left, const Side& right) {
    boosting::Node& node = tree_.nodes[static_cast<std::size_t>(at)];
    node.left = left.node;
    node.right = right.node;
    const double cover = left.cover + right.cover;
    const double apart = left.sum / left.cover - right.sum / right.cover;
    node.gain = static_cast<float>(left.cover * right.cover / cover * apart * apart);
    node.cover = static_cast<float>(cover);
    return {at, cover, left.sum + right.sum};
  }

  std::uint32_t feature_;
  std::vector<Run> runs_;
  boosting::Tree tree_;
};

}  // namespace

boosting::Tree tree_of_codes(std::uint32_t feature, std::size_t bins, const PerCode& value, const PerCode& cover) {
  return Builder(feature, runs_of(bins, value, cover))
      .build(static_cast<float>(value[features::missing_code]), cover[features::missing_code]);
}

PerCode rows_of_codes(const features::CodeCounts& counts) {
  PerCode rows{};
  std::ranges::transform(counts, rows.begin(),
                         [](const features::EventCount& count) { return static_cast<double>(count.rows); });
  return rows;
}

}  // namespace proffer::models
