// Sums of doubles that do not depend on order, ranks or threads.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "parallel/communicator.hpp"

namespace proffer::parallel {

/// The exact sum of any doubles: a fixed-point number wide enough for all of them (a "long accumulator", Kulisch &
/// Miranker 1981), limbs of 32 bits with carries propagated lazily. Finite inputs only (std::logic_error otherwise).
class ExactSum {
 public:
  void add(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto exponent = static_cast<int>(bits >> 52 & 0x7ff);
    if (exponent == 0x7ff) refuse();
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    // value = ± mantissa · 2^(exponent − 1075); subnormals have exponent 1 and no hidden bit.
    const std::uint64_t mantissa = exponent == 0 ? fraction : fraction | std::uint64_t{1} << 52;
    add_scaled(mantissa, (exponent == 0 ? 1 : exponent) - 1075 + lowest, (bits >> 63) != 0);
  }
  /// Adds a · b exactly, in integers. std::logic_error where the product overflows or has bits below 2^-1088.
  void add_product(double a, double b);
  void add(const ExactSum& other);
  void subtract(double value) { add(-value); }
  /// The sum rounded once, to nearest, ties to even; beyond the largest double ±infinity, as IEEE 754 does.
  [[nodiscard]] double rounded() const;
  /// -1, 0 or 1: the exact sum against a double (not NaN).
  [[nodiscard]] int compare(double value) const;

 private:
  friend void all_reduce(const Communicator& comm, std::span<ExactSum> sums);
  static constexpr int limbs = 70;                                       // 2^-1088 … 2^1152
  static constexpr int lowest = 1088;                                    // bit 0 of limb 0 is 2^-lowest
  static constexpr std::uint32_t most_pending = std::uint32_t{1} << 29;  // limbs stay below 2^62
  std::array<std::int64_t, limbs> limb_{};
  std::uint32_t pending_ = 0;  // additions since carries were propagated, each below 2^32 per limb

  [[noreturn]] static void refuse();
  /// Afterwards every limb but the highest is in 0 … 2^32 − 1; the highest carries the sign.
  void propagate();
  /// Makes a non-negative number of it; true if it was negative. Carries are propagated.
  bool make_magnitude();
  /// ± mantissa · 2^(position − lowest); mantissa below 2^53, position in 0 … 32·limbs − 85.
  void add_scaled(std::uint64_t mantissa, int position, bool negative) {
    const auto at = static_cast<std::size_t>(position >> 5);
    const int shift = position & 31;
    const std::int64_t sign = negative ? -1 : 0;  // (x ^ sign) − sign is ± x
    constexpr std::uint64_t low = 0xffffffff;
    limb_[at] += (static_cast<std::int64_t>(mantissa << shift & low) ^ sign) - sign;
    limb_[at + 1] += (static_cast<std::int64_t>(mantissa >> (32 - shift) & low) ^ sign) - sign;
    limb_[at + 2] += (static_cast<std::int64_t>(mantissa >> 32 >> (32 - shift)) ^ sign) - sign;
    if (++pending_ >= most_pending) propagate();
  }
};

/// Collective. In place: every rank's sums added up element by element, exactly.
void all_reduce(const Communicator& comm, std::span<ExactSum> sums);

}  // namespace proffer::parallel
