// A choice made better by letting up to four rows of the core change at once.
#pragma once

#include <cstdint>
#include <span>

#include "allocation/core.hpp"

namespace proffer::allocation {

struct ExchangeOptions {
  std::size_t moves = 800;           ///< single changes looked at: those that lose least at the multipliers
  std::uint64_t work = 200'000'000;  ///< comparisons of pairs, so that it ends in reasonable time
  double enough = 0.0;               ///< stop once the core's value is this
};

/// Independent. `amounts` must hold every limit; so does what is returned, and it is worth no less. Serial and
/// deterministic.
[[nodiscard]] Amounts exchange(const Core& core, Amounts amounts, std::span<const double> lambda,
                               const ExchangeOptions& options);

}  // namespace proffer::allocation
