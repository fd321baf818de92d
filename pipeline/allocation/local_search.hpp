// Repair and improvement of a choice of the core by moving single rows, or two at once.
#pragma once

#include <optional>

#include "allocation/core.hpp"

namespace proffer::allocation {

/// Starts from `amounts` (so many rows of each type in all, limits perhaps broken), moves rows to other options until
/// every limit holds, each time losing the least value per unit of violation removed, then moves rows where that gains
/// value and keeps the limits. Limits are checked in double arithmetic against ranges narrowed by `margin` (relative);
/// the result has passed the exact check. Empty where no such choice was reached. Serial, deterministic.
[[nodiscard]] std::optional<Amounts> repair_and_improve(const Core& core, Amounts amounts, double margin = 0.0);

}  // namespace proffer::allocation
