// How many different things there are, without holding them.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parallel/collectives.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// Counts different hashes per step over all ranks by maxima of leading zeros (HyperLogLog; Flajolet et al. 2007), so
/// that the estimate is the same on any partition.
class DistinctCounts {
 public:
  DistinctCounts(const parallel::Communicator& comm, std::size_t steps)
      : comm_(comm), steps_(steps), registers_(steps * slots, 0) {}

  void add(std::size_t step, std::uint64_t hash) {
    auto& slot = registers_[step * slots + hash % slots];
    slot = std::max(slot, static_cast<std::int64_t>(std::countl_zero(hash | (slots - 1)) + 1));
  }

  /// Collective, once, after everything was added.
  void reduce() {
    parallel::all_reduce_max(comm_, std::span(registers_));
    std::vector<std::int64_t> merged(slots, 0);
    for (std::size_t step = 0; step < steps_; ++step) {
      for (std::size_t s = 0; s < slots; ++s) merged[s] = std::max(merged[s], registers_[step * slots + s]);
      up_to_.push_back(estimate(merged));
    }
  }
  /// About how many different hashes were added to steps 0 … step.
  [[nodiscard]] double up_to(std::size_t step) const { return up_to_[step]; }

 private:
  static constexpr std::size_t slots = 1024;

  [[nodiscard]] static double estimate(std::span<const std::int64_t> merged) {
    constexpr double m = slots;
    double harmonic = 0.0;
    int empty = 0;
    for (std::int64_t zeros : merged) {
      harmonic += std::ldexp(1.0, -static_cast<int>(zeros));
      empty += zeros == 0;
    }
    const double raw = 0.7213 / (1.0 + 1.079 / m) * m * m / harmonic;
    return raw <= 2.5 * m && empty > 0 ? m * std::log(m / empty) : raw;
  }

  const parallel::Communicator& comm_;
  std::size_t steps_;
  std::vector<std::int64_t> registers_;
  std::vector<double> up_to_;
};

}  // namespace proffer::allocation
