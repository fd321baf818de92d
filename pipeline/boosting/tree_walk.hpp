// A tree laid out for the rows of a tile at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boosting/code_tiles.hpp"
#include "boosting/forest.hpp"

namespace proffer::boosting {

/// A tree of few leaves is not walked: every split is decided for all rows of the tile, and the number of the leaf is
/// chosen from the leaves upwards, with a few operations of the processor for 16 rows or more. In a larger tree each
/// row is walked, several side by side.
class TreeWalk {
 public:
  /// Independent. `tree` is not needed afterwards. `portable`: without vector instructions beyond those every processor
  /// has, which change no leaf.
  explicit TreeWalk(const Tree& tree, bool portable = false);

  /// Adds to each margin (up to tile_rows) the leaf that its row of the tile reaches, as leaf_of finds it.
  void add_leaves(const TileColumn* tile, std::span<float> margins) const;

  /// Asks for what add_leaves will read of a tile where every split is decided, before it is needed.
  void prefetch(const TileColumn* tile) const {
    for (const Split& split : splits_) __builtin_prefetch(tile + split.feature);
  }

  /// A row goes right if its code, turned by `turn` (so that missing comes first where it goes left), is above `limit`.
  /// A side is the number of a leaf, or (−1) what the splits before have left on the stack, the right one on top.
  struct Split {
    std::uint32_t feature = 0;
    std::uint8_t turn = 0;
    std::uint8_t limit = 0;
    std::int16_t left = -1;
    std::int16_t right = -1;
  };

 private:
  /// A row goes to `next`, or one further if its turned code is not below `threshold`. A leaf's next is itself.
  struct Step {
    std::uint32_t next = 0;
    std::uint32_t feature = 0;
    std::uint16_t threshold = 256;
    std::uint16_t turn = 0;
  };
  void lay_out_splits(const Tree& tree);
  void lay_out_steps(const Tree& tree);
  void walk(const TileColumn* tile, std::span<float> margins) const;

  bool vectorised_;
  std::vector<Split> splits_;  ///< children before parents; none where the tree is walked
  std::vector<Step> steps_;    ///< none where every split is decided
  std::vector<float> leaves_;  ///< per leaf of splits_, or per step (0 where it is none)
  std::size_t depth_ = 0;
};

}  // namespace proffer::boosting
