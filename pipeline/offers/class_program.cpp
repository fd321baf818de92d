#include "offers/class_program.hpp"

#include <algorithm>
#include <limits>

namespace proffer::offers {
namespace {

/// A value while compiling: below leaf_references a leaf, else the selection number value − leaf_references.
using Value = std::uint32_t;

struct Pick {
  Value left;
  Value right;
};

/// Offers for which a subtree has the same value.
struct Part {
  OfferBits offers;
  Value value;
};

class Compiler {
 public:
  Compiler(const GridProblem& problem, const boosting::Tree& tree) : problem_(problem), tree_(tree) {}

  /// The values of the subtree at `index` for `offers`, which are not empty.
  std::vector<Part> subtree(std::size_t index, const OfferBits& offers) {
    const boosting::Node& node = tree_.nodes[index];
    if (node.is_leaf()) {
      leaves.push_back(node.leaf);
      return {{offers, static_cast<Value>(leaves.size() - 1)}};
    }
    const auto left = static_cast<std::size_t>(node.left);
    const auto right = static_cast<std::size_t>(node.right);
    if (problem_.on_offer(node)) return divide(problem_.sent_left(node), left, right, offers);
    if (node.split_code == 0 && !node.default_left) return subtree(right, offers);  // nobody goes left
    return select(node, subtree(left, offers), subtree(right, offers));
  }

  std::vector<float> leaves;
  std::vector<Test> tests;
  std::vector<Pick> picks;

 private:
  std::vector<Part> divide(const OfferBits& sent_left, std::size_t left, std::size_t right, const OfferBits& offers) {
    std::vector<Part> parts;
    if (const OfferBits some = both(offers, sent_left); !empty(some)) parts = subtree(left, some);
    if (const OfferBits some = without(offers, sent_left); !empty(some)) {
      const std::vector<Part> more = subtree(right, some);
      parts.insert(parts.end(), more.begin(), more.end());
    }
    return parts;
  }

  // code < split is code ≤ split − 1; missing (255) is above every threshold below 255. Where missing goes left,
  // (code + 1) mod 256 ≤ split says the same of the codes and is true of missing.
  std::vector<Part> select(const boosting::Node& node, const std::vector<Part>& left, const std::vector<Part>& right) {
    const auto input = static_cast<std::uint16_t>(2 * node.feature + (node.default_left ? 1 : 0));
    const auto threshold = static_cast<std::uint8_t>(node.default_left ? node.split_code : node.split_code - 1);
    const auto first = static_cast<std::uint32_t>(picks.size());
    std::vector<Part> parts;
    for (const Part& a : left)
      for (const Part& b : right)
        if (const OfferBits common = both(a.offers, b.offers); !empty(common)) {
          picks.push_back({a.value, b.value});
          parts.push_back({common, static_cast<Value>(leaf_references + picks.size() - 1)});
        }
    tests.push_back({input, threshold, first, static_cast<std::uint32_t>(picks.size())});
    return parts;
  }

  const GridProblem& problem_;
  const boosting::Tree& tree_;
};

/// Gives each selection a scratch slot, used again once its last reader is past: the scratch stays in the cache.
class SlotAllocator {
 public:
  explicit SlotAllocator(const std::vector<Pick>& picks, const std::vector<Part>& parts)
      : last_reader_(picks.size(), 0), slot_of_(picks.size(), 0) {
    for (std::size_t reader = 0; reader < picks.size(); ++reader)
      for (const Value value : {picks[reader].left, picks[reader].right})
        if (value >= leaf_references) last_reader_[value - leaf_references] = reader;
    for (const Part& part : parts)
      if (part.value >= leaf_references) last_reader_[part.value - leaf_references] = picks.size();
  }

  std::size_t take(std::size_t pick) {
    if (free_.empty()) free_.push_back(slots_++);
    slot_of_[pick] = free_.back();
    free_.pop_back();
    return reference(static_cast<Value>(leaf_references + pick));
  }

  void give_back_after(std::size_t reader, Value value) {
    if (value >= leaf_references && last_reader_[value - leaf_references] == reader) {
      free_.push_back(slot_of_[value - leaf_references]);
      last_reader_[value - leaf_references] = std::numeric_limits<std::size_t>::max();  // once only
    }
  }

  [[nodiscard]] std::size_t reference(Value value) const {
    return value < leaf_references ? value : leaf_references + slot_of_[value - leaf_references];
  }
  [[nodiscard]] std::size_t slots() const { return slots_; }

 private:
  std::vector<std::size_t> last_reader_;
  std::vector<std::size_t> slot_of_;
  std::vector<std::size_t> free_;
  std::size_t slots_ = 0;
};

void list_classes(const std::vector<Part>& parts, std::size_t offers, const SlotAllocator& slots,
                  TreeProgram& program) {
  for (const Part& part : parts) {
    OfferClass one;
    one.reference = static_cast<std::uint16_t>(slots.reference(part.value));
    one.first = static_cast<std::uint32_t>(program.columns.size());
    for (std::size_t offer = 0; offer < offers; ++offer)
      if (contains(part.offers, offer)) program.columns.push_back(static_cast<std::uint16_t>(offer));
    one.end = static_cast<std::uint32_t>(program.columns.size());
    program.classes.push_back(one);
  }
}

}  // namespace

std::optional<TreeProgram> compile(const GridProblem& problem, const boosting::Tree& tree) {
  const auto leaves = std::count_if(tree.nodes.begin(), tree.nodes.end(), [](const auto& n) { return n.is_leaf(); });
  if (static_cast<std::size_t>(leaves) > leaf_references) return std::nullopt;
  Compiler compiler(problem, tree);
  const std::vector<Part> parts = compiler.subtree(0, first_offers(problem.offers));
  if (compiler.picks.size() > std::numeric_limits<std::uint16_t>::max() - leaf_references) return std::nullopt;

  TreeProgram program;
  SlotAllocator slots(compiler.picks, parts);
  for (std::size_t index = 0; index < compiler.picks.size(); ++index) {
    const Pick& pick = compiler.picks[index];
    Selection selection;
    selection.left = static_cast<std::uint16_t>(slots.reference(pick.left));
    selection.right = static_cast<std::uint16_t>(slots.reference(pick.right));
    slots.give_back_after(index, pick.left);
    slots.give_back_after(index, pick.right);
    selection.slot = static_cast<std::uint16_t>(slots.take(index));
    program.selections.push_back(selection);
  }
  list_classes(parts, problem.offers, slots, program);
  program.tests = std::move(compiler.tests);
  program.leaves = std::move(compiler.leaves);
  program.slots = slots.slots();
  return program;
}

}  // namespace proffer::offers
