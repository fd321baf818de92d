#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "boosting/forest.hpp"
#include "foundation/error.hpp"

namespace proffer::boosting {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw DataError({"the model file's trees cannot be read", why, "take a model file that proffer wrote"});
}

template <class Get>
nlohmann::json column(const Tree& tree, Get get) {
  nlohmann::json values = nlohmann::json::array();
  for (const Node& node : tree.nodes) values.push_back(get(node));
  return values;
}

nlohmann::json tree_json(const Tree& tree) {
  return {{"left", column(tree, [](const Node& n) { return n.left; })},
          {"right", column(tree, [](const Node& n) { return n.right; })},
          {"feature", column(tree, [](const Node& n) { return n.feature; })},
          {"split_code", column(tree, [](const Node& n) { return n.split_code; })},
          {"default_left", column(tree, [](const Node& n) { return n.default_left ? 1 : 0; })},
          {"leaf", column(tree, [](const Node& n) { return n.leaf; })},
          {"gain", column(tree, [](const Node& n) { return n.gain; })},
          {"cover", column(tree, [](const Node& n) { return n.cover; })}};
}

Tree read_tree(const nlohmann::json& json) {
  Tree tree;
  const auto left = json.at("left").get<std::vector<std::int32_t>>();
  const auto right = json.at("right").get<std::vector<std::int32_t>>();
  const auto feature = json.at("feature").get<std::vector<std::uint32_t>>();
  const auto split_code = json.at("split_code").get<std::vector<std::uint8_t>>();
  const auto default_left = json.at("default_left").get<std::vector<int>>();
  const auto leaf = json.at("leaf").get<std::vector<float>>();
  const auto gain = json.at("gain").get<std::vector<float>>();
  const auto cover = json.at("cover").get<std::vector<float>>();
  for (const std::size_t size :
       {right.size(), feature.size(), split_code.size(), default_left.size(), leaf.size(), gain.size(), cover.size()})
    if (size != left.size()) refuse("lists of one tree differ in length");
  for (std::size_t i = 0; i < left.size(); ++i)
    tree.nodes.push_back(
        {left[i], right[i], feature[i], split_code[i], default_left[i] != 0, leaf[i], gain[i], cover[i]});
  return tree;
}

/// Children stand after their one parent, so that every walk ends.
void check_tree(const Tree& tree, std::uint32_t features) {
  if (tree.nodes.empty()) refuse("a tree without nodes");
  const auto size = static_cast<std::int64_t>(tree.nodes.size());
  std::vector<std::uint8_t> has_parent(tree.nodes.size());
  for (std::int64_t i = 0; i < size; ++i) {
    const Node& node = tree.nodes[static_cast<std::size_t>(i)];
    if (node.is_leaf() && !std::isfinite(node.leaf)) refuse("a leaf that is no number");
    if (node.is_leaf()) continue;
    if (std::min(node.left, node.right) <= i || std::max(node.left, node.right) >= size)
      refuse("a node whose children are not after it");
    if (node.feature >= features) refuse("a split on a feature that is not there");
    for (const std::int32_t child : {node.left, node.right})
      if (std::exchange(has_parent[static_cast<std::size_t>(child)], std::uint8_t{1}) != 0)
        refuse("a node with two parents");
  }
}

}  // namespace

void to_json(nlohmann::json& json, const Forest& forest) {
  json = {{"base_margin", forest.base_margin}, {"features", forest.features}, {"trees", nlohmann::json::array()}};
  for (const Tree& tree : forest.trees) json["trees"].push_back(tree_json(tree));
}

void from_json(const nlohmann::json& json, Forest& forest) {
  try {
    forest.base_margin = json.at("base_margin").get<float>();
    forest.features = json.at("features").get<std::uint32_t>();
    forest.trees.clear();
    for (const auto& tree : json.at("trees")) forest.trees.push_back(read_tree(tree));
  } catch (const nlohmann::json::exception& error) {
    refuse(error.what());
  }
  for (const Tree& tree : forest.trees) check_tree(tree, forest.features);
}

}  // namespace proffer::boosting
