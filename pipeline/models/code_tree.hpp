// A function of one feature's code as a tree, so that every kind of model is a forest.
#pragma once

#include <array>
#include <cstdint>

#include "boosting/forest.hpp"
#include "features/woe_counts.hpp"

namespace proffer::models {

/// One number per code.
using PerCode = std::array<double, features::code_values>;

/// The tree whose leaf for a code of `feature` is (float) value[code]: equal neighbours share a leaf, the others are
/// parted in halves, and missing_code parts first. `bins`: codes of the feature. `cover`: rows, or their curvature; a
/// leaf has 1 at least. Gain is the sum of squares between the two sides, so that importance is the variance a feature
/// explains. Pure.
[[nodiscard]] boosting::Tree tree_of_codes(std::uint32_t feature, std::size_t bins, const PerCode& value,
                                           const PerCode& cover);

/// The rows of each code, as cover. Pure.
[[nodiscard]] PerCode rows_of_codes(const features::CodeCounts& counts);

}  // namespace proffer::models
