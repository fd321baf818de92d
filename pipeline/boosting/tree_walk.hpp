// A tree laid out for many rows at once: one step of a walk has no branch, and leaves are stepped on in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boosting/forest.hpp"

namespace proffer::boosting {

class TreeWalk {
 public:
  /// Independent. `tree` is not needed afterwards.
  explicit TreeWalk(const Tree& tree);

  /// Adds to each margin the leaf that its row reaches, as leaf_of finds it. `codes`: rows × features, row-major.
  void add_leaves(const std::uint8_t* codes, std::size_t features, std::span<float> margins) const;

 private:
  /// A row goes to `next`, or one further if its code, turned by `turn` (so that missing comes first where it goes
  /// left), is not below `threshold`. A leaf's next is itself.
  struct Step {
    std::uint32_t next = 0;
    std::uint32_t feature = 0;
    std::uint16_t threshold = 256;
    std::uint16_t turn = 0;
  };

  std::vector<Step> steps_;
  std::vector<float> leaves_;  ///< per step; 0 where it is none
  std::size_t depth_ = 0;
};

}  // namespace proffer::boosting
