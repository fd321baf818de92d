#include "boosting/xgboost_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "foundation/error.hpp"

namespace proffer::boosting {
namespace {

constexpr std::int32_t no_parent = 2147483647;

/// A float as XGBoost writes it: shortest digits that read back as the same float, always with an exponent, so that no
/// number is taken for an integer.
std::string number(float value) {
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  return {text.data(), end};
}

/// "code < c" as a raw threshold: code(x) < c exactly where x < cuts[c − 1].
float threshold(const Node& node, const features::BinTable& bins) {
  const auto& cuts = bins.cuts[node.feature];
  constexpr float infinite = std::numeric_limits<float>::infinity();
  if (node.split_code == 0) return -infinite;
  if (node.split_code > cuts.size()) return infinite;
  return cuts[node.split_code - 1U];
}

class Writer {
 public:
  template <class Get>
  void list(std::string_view key, const Tree& tree, Get get) {
    text += '"';
    text += key;
    text += "\":[";
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      if (i > 0) text += ',';
      text += get(tree.nodes[i]);
    }
    text += "],";
  }
  std::string text;
};

void write_tree(Writer& out, const Tree& tree, std::size_t id, const features::BinTable& bins) {
  std::vector<std::int32_t> parent(tree.nodes.size(), no_parent);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    if (tree.nodes[i].is_leaf()) continue;
    for (const std::int32_t child : {tree.nodes[i].left, tree.nodes[i].right})
      parent[static_cast<std::size_t>(child)] = static_cast<std::int32_t>(i);
  }
  const auto index = [&](const Node& node) { return static_cast<std::size_t>(&node - tree.nodes.data()); };
  out.text += "{";
  out.list("base_weights", tree, [](const Node& n) { return number(n.leaf); });
  out.text += R"("categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],)";
  out.list("default_left", tree, [](const Node& n) { return n.default_left ? "1" : "0"; });
  out.text += "\"id\":" + std::to_string(id) + ",";
  out.list("left_children", tree, [](const Node& n) { return std::to_string(n.left); });
  out.list("loss_changes", tree, [](const Node& n) { return number(n.gain); });
  out.list("parents", tree, [&](const Node& n) { return std::to_string(parent[index(n)]); });
  out.list("right_children", tree, [](const Node& n) { return std::to_string(n.right); });
  out.list("split_conditions", tree, [&](const Node& n) { return number(n.is_leaf() ? n.leaf : threshold(n, bins)); });
  out.list("split_indices", tree, [](const Node& n) { return std::to_string(n.feature); });
  out.list("split_type", tree, [](const Node&) { return "0"; });
  out.list("sum_hessian", tree, [](const Node& n) { return number(n.cover); });
  const std::string nodes = std::to_string(tree.nodes.size());
  out.text += R"("tree_param":{"num_deleted":"0","num_feature":")" + std::to_string(bins.features()) +
              R"(","num_nodes":")" + nodes + R"(","size_leaf_vector":"0"}})";
}

/// XGBoost's threshold between codes as ours: the smallest integer that is not below it, as far as codes go.
std::uint8_t split_code_of(float condition) {
  return static_cast<std::uint8_t>(std::clamp(std::ceil(condition), 0.0F, 255.0F));
}

Tree read_tree(const nlohmann::json& json) {
  const auto& left = json.at("left_children");
  Tree tree;
  tree.nodes.resize(left.size());
  if (!json.at("categories").empty()) throw SystemError({"XGBoost made a split on categories", "", ""});
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    Node& node = tree.nodes[i];
    node.cover = json.at("sum_hessian")[i].get<float>();
    node.left = left[i].get<std::int32_t>();
    const float condition = json.at("split_conditions")[i].get<float>();
    if (node.is_leaf()) {
      node.leaf = condition;
      continue;
    }
    node.right = json.at("right_children")[i].get<std::int32_t>();
    node.feature = json.at("split_indices")[i].get<std::uint32_t>();
    node.split_code = split_code_of(condition);
    const auto& default_left = json.at("default_left")[i];
    node.default_left = default_left.is_boolean() ? default_left.get<bool>() : default_left.get<int>() != 0;
    node.gain = json.at("loss_changes")[i].get<float>();
  }
  return tree;
}

}  // namespace

std::vector<Tree> trees_of_xgboost_json(std::string_view text) {
  try {
    std::vector<Tree> trees;
    const auto json = nlohmann::json::parse(text);
    for (const auto& tree : json.at("learner").at("gradient_booster").at("model").at("trees"))
      trees.push_back(read_tree(tree));
    return trees;
  } catch (const nlohmann::json::exception& error) {
    throw SystemError(
        {"XGBoost's model is not as expected", error.what(), "use a version that proffer was tested with"});
  }
}

std::string as_xgboost_json(const Forest& forest, const features::BinTable& bins) {
  expects(bins.features() == forest.features, "bins of the columns the forest was trained on");
  const std::string trees = std::to_string(forest.trees.size());
  Writer out;
  out.text = R"({"learner":{"attributes":{},"feature_names":)" + nlohmann::json(bins.names).dump() +
             R"(,"feature_types":[],"gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1",)" +
             R"("num_trees":")" + trees + R"(","size_leaf_vector":"0"},"iteration_indptr":[0)";
  for (std::size_t t = 1; t <= forest.trees.size(); ++t) out.text += "," + std::to_string(t);
  out.text += "],\"tree_info\":[";
  for (std::size_t t = 0; t < forest.trees.size(); ++t) out.text += t > 0 ? ",0" : "0";
  out.text += "],\"trees\":[";
  for (std::size_t t = 0; t < forest.trees.size(); ++t) {
    if (t > 0) out.text += ',';
    write_tree(out, forest.trees[t], t, bins);
  }
  out.text +=
      R"(]},"name":"gbtree"},"learner_model_param":{"base_score":")" + number(forest.base_margin) +
      R"(","boost_from_average":"0","num_class":"0","num_feature":")" + std::to_string(bins.features()) +
      R"(","num_target":"1"},"objective":{"name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}}},)" +
      R"("version":[1,7,4]})";
  return out.text;
}

}  // namespace proffer::boosting
