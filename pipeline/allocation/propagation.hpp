// What the limits alone say about how often options can be taken.
#pragma once

#include "allocation/core_dual.hpp"

namespace proffer::allocation {

/// Tightens upper amounts by comparing the least and the largest use that the bounds allow with each limit. False where
/// some limit cannot hold: proved, with room for rounding. Serial.
[[nodiscard]] bool propagate(const Core& core, AmountBounds& bounds);

}  // namespace proffer::allocation
