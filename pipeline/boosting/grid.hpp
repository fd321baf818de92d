// The grid on which XGBoost's sums of derivatives are exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace proffer::boosting {

/// The power of two to whose multiples numbers up to `largest` are rounded, so that each is exact in float and the sum
/// of `rows` of them exact in double: |x|/grid ≤ 2^24 and rows · |x|/grid ≤ 2^53.
[[nodiscard]] double grid_for(double largest, std::uint64_t rows);

/// Of some numbers as floats, before they were put on a grid.
struct Range {
  float least = 0;    ///< or 0
  float most = 0;     ///< or 0
  bool sound = true;  ///< all of them are finite
};

/// Rounds values to float and then to the nearest multiple of the grid (the even one of two), for less than 2^51 of
/// them: beyond that the results mean nothing, but the range is told. `portable`: without AVX2, to the same bits.
[[nodiscard]] Range round_to_grid(std::span<const double> values, double grid, float* out, bool portable = false);

}  // namespace proffer::boosting
