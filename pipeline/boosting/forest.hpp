// Trees on 8-bit codes, as plain data: what training hands out and scoring walks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "boosting/code_tiles.hpp"
#include "features/binning.hpp"

namespace proffer::boosting {

/// A split sends a row left if its code of `feature` is below `split_code`; missing (features::missing_code) goes where
/// `default_left` says. split_code 0 sends every row that is not missing right, 255 sends it left.
struct Node {
  std::int32_t left = -1;  ///< index in Tree::nodes; −1 for a leaf
  std::int32_t right = -1;
  std::uint32_t feature = 0;
  std::uint8_t split_code = 0;
  bool default_left = false;
  float leaf = 0;   ///< value of a leaf, learning rate included
  float gain = 0;   ///< what the split improved the regularised loss by (0 for a leaf)
  float cover = 0;  ///< sum of second derivatives of the training rows that came here

  [[nodiscard]] bool is_leaf() const { return left < 0; }
  friend bool operator==(const Node&, const Node&) = default;
};

/// nodes[0] is the root; children stand after their parent.
struct Tree {
  std::vector<Node> nodes;
  friend bool operator==(const Tree&, const Tree&) = default;
};

struct Forest {
  std::vector<Tree> trees;
  float base_margin = 0;
  std::uint32_t features = 0;  ///< columns of the code matrix
  friend bool operator==(const Forest&, const Forest&) = default;
};

/// The leaf value that a row of codes reaches.
[[nodiscard]] inline float leaf_of(const Tree& tree, const std::uint8_t* codes) {
  const Node* node = tree.nodes.data();
  while (!node->is_leaf()) {
    const std::uint8_t code = codes[node->feature];
    const bool left = code == features::missing_code ? node->default_left : code < node->split_code;
    node = tree.nodes.data() + (left ? node->left : node->right);
  }
  return node->leaf;
}

/// base_margin plus the leaves in the order of the trees, added in float: bit for bit XGBoost's margin.
/// `codes`: one row of forest.features codes.
[[nodiscard]] float margin(const Forest& forest, std::span<const std::uint8_t> codes);

/// Margins of many rows (rows × features codes, row-major) into `out` (one per row). Independent, one thread.
void margins(const Forest& forest, std::span<const std::uint8_t> codes, std::span<float> out);
/// The same of so many rows, as numbers of their own; `threads` threads share the rows.
[[nodiscard]] std::vector<float> margins(const Forest& forest, std::span<const std::uint8_t> codes, std::size_t rows,
                                         int threads = 1);

/// Adds the leaves of trees first … end − 1 to `margins`, in order. Independent, `threads` threads share the rows.
void add_margins(const Forest& forest, std::size_t first, std::span<const std::uint8_t> codes, std::span<float> margins,
                 int threads = 1);
/// The same of codes that are laid out already; there may be more rows of them than margins.
void add_margins(const Forest& forest, std::size_t first, const CodeTiles& codes, std::span<float> margins,
                 int threads = 1);

/// {"base_margin", "features", "trees": [{"left": […], …}]}; reading gives back the same floats. DataError where it is
/// no such object, or where a child or a feature points outside.
void to_json(nlohmann::json& json, const Forest& forest);
void from_json(const nlohmann::json& json, Forest& forest);

/// What a feature was worth: sums over the splits on it.
struct Importance {
  std::uint32_t feature = 0;
  std::uint64_t splits = 0;
  double gain = 0;
  double cover = 0;
};
/// One entry per feature that is split on, by falling gain (ties: by feature).
[[nodiscard]] std::vector<Importance> importance(const Forest& forest);

/// Ordinary XGBoost JSON on raw feature values: Python's xgboost loads it and predicts the same margins
/// (output_margin=True). `bins` are those of the columns the forest was trained on.
[[nodiscard]] std::string as_xgboost_json(const Forest& forest, const features::BinTable& bins);

}  // namespace proffer::boosting
