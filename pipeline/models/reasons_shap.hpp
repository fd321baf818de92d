// What each input adds to a margin: exact Shapley values of trees.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "boosting/forest.hpp"

namespace proffer::models {

/// TreeSHAP with the training cover as weights (Lundberg, Erion & Lee 2018, "Consistent individualized feature
/// attribution for tree ensembles", algorithm 2): what XGBoost's pred_contribs gives. Const after construction; threads
/// may share it.
class TreeShap {
 public:
  /// `forest` must outlive it.
  explicit TreeShap(const boosting::Forest& forest);
  [[nodiscard]] std::size_t inputs() const { return forest_.features; }
  /// The mean margin over the training rows: what contributions are measured from.
  [[nodiscard]] double expected() const { return expected_; }
  /// Independent. One row of codes; `out` gets one number per input. expected() + their sum is the margin (up to the
  /// float additions of the margin itself). Time: trees × leaves × depth².
  void contributions(std::span<const std::uint8_t> codes, std::span<double> out) const;

  /// Independent. Whether every tree splits on one input only, as a scorecard does: contributions then do not depend on
  /// other inputs.
  [[nodiscard]] bool additive() const { return additive_; }
  /// Independent. Of an additive forest: how much more margin each input gives than at its best (lowest margin), the
  /// points lost of a scorecard in units of the margin. std::logic_error where it is not additive.
  void lost(std::span<const std::uint8_t> codes, std::span<double> out) const;

 private:
  const boosting::Forest& forest_;
  double expected_ = 0;
  bool additive_ = true;
  std::vector<double> best_;  // of an additive forest: per input, the lowest sum of leaves over its codes
};

}  // namespace proffer::models
