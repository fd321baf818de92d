// The portable kernel: each tree is walked once per borrower with a bit mask of the offers still on this path. A
// borrower split sends the whole mask one way, an offer split divides it by a mask made beforehand.
#include <algorithm>
#include <bit>
#include <vector>

#include "offers/grid_kernel.hpp"
#include "offers/offer_grid.hpp"

namespace proffer::offers {
namespace {

template <std::size_t Words>
using Mask = std::array<std::uint64_t, Words>;

template <std::size_t Words>
bool any(const Mask<Words>& mask) {
  std::uint64_t bits = 0;
  for (const auto word : mask) bits |= word;
  return bits != 0;
}

struct WalkNode {
  enum class Kind : std::uint8_t { leaf, borrower, offer };
  Kind kind = Kind::leaf;
  std::uint8_t split_code = 0;
  bool default_left = false;
  std::uint32_t input = 0;  ///< borrower: feature; offer: index of its mask
  std::uint32_t left = 0;   ///< in all nodes of the forest
  std::uint32_t right = 0;
  float leaf = 0;
};

template <std::size_t Words>
class MaskWalk final : public GridKernel {
 public:
  explicit MaskWalk(const GridProblem& problem)
      : base_(problem.forest.base_margin), features_(problem.borrower_features), offers_(problem.offers) {
    all_ = narrow(first_offers(offers_));
    for (const auto& tree : problem.forest.trees) add(problem, tree);
  }

  [[nodiscard]] std::size_t block_rows() const override { return 64; }

  void block(std::span<const std::uint8_t> codes, std::size_t rows, std::span<float> out) const override {
    std::fill_n(out.begin(), rows * offers_, base_);
    std::vector<Pending> pending(deepest_ + 1);
    for (const std::uint32_t root : roots_)
      for (std::size_t row = 0; row < rows; ++row)
        walk(root, codes.data() + row * features_, out.data() + row * offers_, pending.data());
  }

 private:
  struct Pending {
    std::uint32_t node;
    Mask<Words> mask;
  };

  static Mask<Words> narrow(const OfferBits& bits) {
    Mask<Words> mask;
    std::copy_n(bits.begin(), Words, mask.begin());
    return mask;
  }

  void add(const GridProblem& problem, const boosting::Tree& tree) {
    const auto root = static_cast<std::uint32_t>(nodes_.size());
    roots_.push_back(root);
    std::vector<std::size_t> depth(tree.nodes.size(), 0);
    for (std::size_t index = 0; index < tree.nodes.size(); ++index) {
      const boosting::Node& node = tree.nodes[index];
      WalkNode walk_node;
      if (node.is_leaf()) {
        walk_node.leaf = node.leaf;
      } else {
        walk_node.kind = problem.on_offer(node) ? WalkNode::Kind::offer : WalkNode::Kind::borrower;
        walk_node.split_code = node.split_code;
        walk_node.default_left = node.default_left;
        walk_node.input = node.feature;
        walk_node.left = root + static_cast<std::uint32_t>(node.left);
        walk_node.right = root + static_cast<std::uint32_t>(node.right);
        if (problem.on_offer(node)) {
          walk_node.input = static_cast<std::uint32_t>(sent_left_.size());
          sent_left_.push_back(narrow(problem.sent_left(node)));
        }
        for (const auto child : {node.left, node.right}) depth[static_cast<std::size_t>(child)] = depth[index] + 1;
      }
      deepest_ = std::max(deepest_, depth[index]);
      nodes_.push_back(walk_node);
    }
  }

  /// Adds to each offer of the mask its leaf of the tree. At most one branch per level waits in `pending`.
  void walk(std::uint32_t root, const std::uint8_t* codes, float* out, Pending* pending) const {
    std::size_t waiting = 0;
    pending[waiting++] = {root, all_};
    while (waiting > 0) {
      auto [index, mask] = pending[--waiting];
      const WalkNode* node = &nodes_[index];
      while (node->kind != WalkNode::Kind::leaf) {
        if (node->kind == WalkNode::Kind::borrower) {
          const std::uint8_t code = codes[node->input];
          const bool left = code == features::missing_code ? node->default_left : code < node->split_code;
          node = &nodes_[left ? node->left : node->right];
          continue;
        }
        Mask<Words> left;
        Mask<Words> right;
        for (std::size_t word = 0; word < Words; ++word) {
          left[word] = mask[word] & sent_left_[node->input][word];
          right[word] = mask[word] & ~sent_left_[node->input][word];
        }
        if (!any(left)) {
          node = &nodes_[node->right];
          continue;
        }
        if (any(right)) pending[waiting++] = {node->right, right};
        mask = left;
        node = &nodes_[node->left];
      }
      add_leaf(mask, node->leaf, out);
    }
  }

  void add_leaf(const Mask<Words>& mask, float leaf, float* out) const {
    if (mask == all_) {
      for (std::size_t offer = 0; offer < offers_; ++offer) out[offer] += leaf;
      return;
    }
    for (std::size_t word = 0; word < Words; ++word)
      for (std::uint64_t bits = mask[word]; bits != 0; bits &= bits - 1)
        out[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))] += leaf;
  }

  float base_;
  std::size_t features_;
  std::size_t offers_;
  std::size_t deepest_ = 0;
  Mask<Words> all_{};
  std::vector<std::uint32_t> roots_;
  std::vector<WalkNode> nodes_;
  std::vector<Mask<Words>> sent_left_;
};

}  // namespace

std::unique_ptr<GridKernel> make_mask_walk(const GridProblem& problem) {
  if (problem.offers <= 64) return std::make_unique<MaskWalk<1>>(problem);
  return std::make_unique<MaskWalk<4>>(problem);
}

}  // namespace proffer::offers
