// exp of four numbers at once, to the same bits with any instructions.
#pragma once

#include "foundation/lanes.hpp"

namespace proffer::statistics {

/// Puts exp(x) in the place of x, for x ≤ 700, with a relative error below 4e-16; below −700 that of −700.
///
/// exp(x) = 2^k exp(r) with k = round(x/log 2), so that |r| ≤ log(2)/2, where Taylor's series to r^13 leaves 5e-18.
[[gnu::always_inline]] inline void exponential(Doubles& x) {
  constexpr double shift = 0x1.8p52;  // adding it leaves a whole number in the last bits
  constexpr double log_2_coarse = 0x1.62e42feep-1, log_2_rest = 0x1.a39ef35793c76p-33;
  const Doubles low = Doubles{} - 700;
  x = x < low ? low : x;
  const Doubles shifted = x * 0x1.71547652b82fep+0 + shift, k = shifted - shift;
  const Doubles r = (x - k * log_2_coarse) - k * log_2_rest;
  const Doubles r2 = r * r, r4 = r2 * r2;
  const Doubles c0 = (1 + r) + (1.0 / 2 + r * (1.0 / 6)) * r2;
  const Doubles c4 = (1.0 / 24 + r * (1.0 / 120)) + (1.0 / 720 + r * (1.0 / 5040)) * r2;
  const Doubles c8 = (1.0 / 40320 + r * (1.0 / 362880)) + (1.0 / 3628800 + r * (1.0 / 39916800)) * r2;
  const Doubles c12 = 1.0 / 479001600 + r * (1.0 / 6227020800);
  const Doubles series = c0 + (c4 + (c8 + c12 * r4) * r4) * r4;
  LongIntegers power;
  load(&shifted, power);
  power = (power + 1023) << 52;  // 2^k
  Doubles scale;
  load(&power, scale);
  x = series * scale;
}

}  // namespace proffer::statistics
