// Sums of doubles that do not depend on order, ranks or threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "parallel/communicator.hpp"

namespace proffer::parallel {

/// The exact sum of any doubles: a fixed-point number wide enough for all of them (a "long accumulator", Kulisch &
/// Miranker 1981), limbs of 32 bits with carries propagated lazily. Finite inputs only (std::logic_error otherwise).
class ExactSum {
 public:
  void add(double value);
  /// Adds value_a · value_b exactly (its rounded product and the rounding error, both exact; products that over- or
  /// underflow are a std::logic_error).
  void add_product(double a, double b);
  void add(const ExactSum& other);
  void subtract(double value) { add(-value); }
  /// The sum rounded once, to nearest, ties to even.
  [[nodiscard]] double rounded() const;
  /// -1, 0 or 1: the exact sum against a double.
  [[nodiscard]] int compare(double value) const;

 private:
  friend void all_reduce(const Communicator& comm, std::span<ExactSum> sums);
  static constexpr int limbs = 70;  // 2^-1088 … 2^1152
  std::array<std::int64_t, limbs> limb_{};
  std::uint32_t pending_ = 0;  // additions since carries were propagated
  void propagate();
};

/// Collective. In place: every rank's sums added up element by element, exactly.
void all_reduce(const Communicator& comm, std::span<ExactSum> sums);

}  // namespace proffer::parallel
