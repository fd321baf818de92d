#include "models/reasons_shap.hpp"

#include <algorithm>
#include <optional>

#include "foundation/error.hpp"

namespace proffer::models {
namespace {

using boosting::Node;
using boosting::Tree;

/// One input that the way from the root has asked.
struct Step {
  std::int64_t feature = -1;
  double zero = 0;    ///< share of the rows without it that go this way
  double one = 0;     ///< 1 where the row itself goes this way
  double weight = 0;  ///< of the subsets with as many steps
};

void extend(std::vector<Step>& path, double zero, double one, std::int64_t feature) {
  const std::size_t depth = path.size();
  path.push_back({feature, zero, one, depth == 0 ? 1.0 : 0.0});
  for (std::size_t i = depth; i-- > 0;) {
    const auto n = static_cast<double>(depth + 1);
    path[i + 1].weight += one * path[i].weight * static_cast<double>(i + 1) / n;
    path[i].weight = zero * path[i].weight * static_cast<double>(depth - i) / n;
  }
}

/// Undoes extend for the step at `at`.
void unwind(std::vector<Step>& path, std::size_t at) {
  const std::size_t depth = path.size() - 1;
  const double one = path[at].one, zero = path[at].zero;
  const auto n = static_cast<double>(depth + 1);
  double next = path[depth].weight;
  for (std::size_t i = depth; i-- > 0;) {
    if (one != 0) {
      const double before = path[i].weight;
      path[i].weight = next * n / (static_cast<double>(i + 1) * one);
      next = before - path[i].weight * zero * static_cast<double>(depth - i) / n;
    } else {
      path[i].weight = path[i].weight * n / (zero * static_cast<double>(depth - i));
    }
  }
  for (std::size_t i = at; i < depth; ++i) {
    path[i].feature = path[i + 1].feature;
    path[i].zero = path[i + 1].zero;
    path[i].one = path[i + 1].one;
  }
  path.pop_back();
}

/// Sum of the weights that unwinding would leave.
double unwound_sum(const std::vector<Step>& path, std::size_t at) {
  const std::size_t depth = path.size() - 1;
  const double one = path[at].one, zero = path[at].zero;
  const auto n = static_cast<double>(depth + 1);
  double next = path[depth].weight, total = 0;
  for (std::size_t i = depth; i-- > 0;) {
    const auto places = static_cast<double>(depth - i);
    if (one != 0) {
      const double weight = next * n / (static_cast<double>(i + 1) * one);
      total += weight;
      next = path[i].weight - weight * zero * places / n;
    } else if (zero != 0) {
      total += path[i].weight / (zero * places / n);
    }
  }
  return total;
}

/// Share of a node's training rows that go to a child; half where no row came to it.
double cover_share(const Tree& tree, const Node& node, std::int32_t child) {
  const auto cover = [&](std::int32_t at) {
    return static_cast<double>(tree.nodes[static_cast<std::size_t>(at)].cover);
  };
  const double both = cover(node.left) + cover(node.right);
  return both > 0 ? cover(child) / both : 0.5;
}

struct Walk {
  const Tree& tree;
  const std::uint8_t* codes;
  std::span<double> out;

  void down(std::int32_t at, std::vector<Step> path, double zero, double one, std::int64_t feature) const {
    extend(path, zero, one, feature);
    const Node& node = tree.nodes[static_cast<std::size_t>(at)];
    if (node.is_leaf()) {
      for (std::size_t i = 1; i < path.size(); ++i)
        out[static_cast<std::size_t>(path[i].feature)] +=
            unwound_sum(path, i) * (path[i].one - path[i].zero) * static_cast<double>(node.leaf);
      return;
    }
    const std::uint8_t code = codes[node.feature];
    const bool left = code == features::missing_code ? node.default_left : code < node.split_code;
    double zero_before = 1, one_before = 1;
    for (std::size_t i = 1; i < path.size(); ++i) {
      if (path[i].feature != static_cast<std::int64_t>(node.feature)) continue;
      zero_before = path[i].zero;
      one_before = path[i].one;
      unwind(path, i);
      break;
    }
    const auto child = [&](std::int32_t to, bool hot) {
      const double share = zero_before * cover_share(tree, node, to);
      // Nobody goes there, neither the row nor any that trained: it says nothing.
      if (share == 0 && !(hot && one_before != 0)) return;
      down(to, path, share, hot ? one_before : 0, node.feature);
    };
    child(node.left, left);
    child(node.right, !left);
  }
};

double mean_below(const Tree& tree, std::size_t at) {
  const Node& node = tree.nodes[at];
  if (node.is_leaf()) return static_cast<double>(node.leaf);
  return cover_share(tree, node, node.left) * mean_below(tree, static_cast<std::size_t>(node.left)) +
         cover_share(tree, node, node.right) * mean_below(tree, static_cast<std::size_t>(node.right));
}

/// The only input that a tree splits on; nothing for a single leaf.
std::optional<std::uint32_t> only_input(const Tree& tree, bool& single) {
  std::optional<std::uint32_t> found;
  for (const Node& node : tree.nodes) {
    if (node.is_leaf()) continue;
    if (found && *found != node.feature) single = false;
    found = node.feature;
  }
  return found;
}

double leaf_at(const Tree& tree, std::uint32_t input, std::uint8_t code, std::vector<std::uint8_t>& codes) {
  codes[input] = code;
  return static_cast<double>(boosting::leaf_of(tree, codes.data()));
}

}  // namespace

TreeShap::TreeShap(const boosting::Forest& forest) : forest_(forest) {
  expected_ = static_cast<double>(forest.base_margin);
  for (const Tree& tree : forest.trees) expected_ += mean_below(tree, 0);
  std::vector<std::vector<double>> sums(forest.features);
  std::vector<std::uint8_t> codes(forest.features, 0);
  for (const Tree& tree : forest.trees) {
    const auto input = only_input(tree, additive_);
    if (!additive_) return;
    if (!input) continue;
    sums[*input].resize(256);
    for (std::size_t code = 0; code < 256; ++code)
      sums[*input][code] += leaf_at(tree, *input, static_cast<std::uint8_t>(code), codes);
  }
  for (const std::vector<double>& of_input : sums)
    best_.push_back(of_input.empty() ? 0.0 : *std::ranges::min_element(of_input));
}

void TreeShap::contributions(std::span<const std::uint8_t> codes, std::span<double> out) const {
  expects(codes.size() == inputs() && out.size() == inputs(), "one code and one contribution per input");
  std::ranges::fill(out, 0.0);
  for (const Tree& tree : forest_.trees) Walk{tree, codes.data(), out}.down(0, {}, 1, 1, -1);
}

void TreeShap::lost(std::span<const std::uint8_t> codes, std::span<double> out) const {
  expects(additive_, "only an additive forest has points to lose");
  expects(codes.size() == inputs() && out.size() == inputs(), "one code and one number per input");
  std::ranges::fill(out, 0.0);
  for (const Tree& tree : forest_.trees) {
    bool single = true;
    if (const auto input = only_input(tree, single))
      out[*input] += static_cast<double>(boosting::leaf_of(tree, codes.data()));
  }
  for (std::size_t f = 0; f < out.size(); ++f) out[f] -= best_[f];
}

}  // namespace proffer::models
