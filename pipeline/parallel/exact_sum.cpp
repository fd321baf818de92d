#include "parallel/exact_sum.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "foundation/error.hpp"
#include "parallel/collectives.hpp"

namespace proffer::parallel {
namespace {

struct Parts {
  std::uint64_t mantissa;  // below 2^53
  int exponent;            // |value| = mantissa · 2^exponent
};

Parts parts_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto exponent = static_cast<int>(bits >> 52 & 0x7ff);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  return exponent == 0 ? Parts{fraction, -1074} : Parts{fraction | std::uint64_t{1} << 52, exponent - 1075};
}

}  // namespace

void ExactSum::refuse() {
  throw std::logic_error("ExactSum: only finite numbers can be added");
}

void ExactSum::add_product(double a, double b) {
  if (!std::isfinite(a) || !std::isfinite(b)) refuse();
  if (a == 0 || b == 0) return;
  if (!std::isfinite(a * b)) throw std::logic_error("ExactSum: the product overflows");
  const Parts left = parts_of(a);
  const Parts right = parts_of(b);
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(left.mantissa) * right.mantissa;  // below 2^106: two halves of 53 bits
  int position = left.exponent + right.exponent + lowest;
  for (; position < 0; ++position, product >>= 1)
    if ((product & 1) != 0) throw std::logic_error("ExactSum: the product underflows");
  const bool negative = std::signbit(a) != std::signbit(b);
  constexpr std::uint64_t half = (std::uint64_t{1} << 53) - 1;
  add_scaled(static_cast<std::uint64_t>(product) & half, position, negative);
  if (product >> 53 != 0) add_scaled(static_cast<std::uint64_t>(product >> 53), position + 53, negative);
}

void ExactSum::add(const ExactSum& other) {
  if (pending_ + other.pending_ + 1 >= most_pending) propagate();
  ExactSum carried = other;
  if (pending_ + other.pending_ + 1 >= most_pending) carried.propagate();
  for (std::size_t i = 0; i < limbs; ++i) limb_[i] += carried.limb_[i];
  pending_ += carried.pending_ + 1;
}

void ExactSum::propagate() {
  std::int64_t carry = 0;
  for (std::size_t i = 0; i + 1 < limbs; ++i) {
    const std::int64_t sum = limb_[i] + carry;
    carry = sum >> 32;  // rounds down, so that what stays is not negative
    limb_[i] = sum & 0xffffffff;
  }
  limb_[limbs - 1] += carry;
  pending_ = 1;
}

bool ExactSum::make_magnitude() {
  propagate();
  if (limb_[limbs - 1] >= 0) return false;
  for (auto& limb : limb_) limb = -limb;
  propagate();
  return true;
}

double ExactSum::rounded() const {
  ExactSum sum = *this;
  const bool negative = sum.make_magnitude();
  int top = limbs - 1;
  while (top >= 0 && sum.limb_[static_cast<std::size_t>(top)] == 0) --top;
  if (top < 0) return 0.0;
  const auto bit = [&](int position) {
    return sum.limb_[static_cast<std::size_t>(position >> 5)] >> (position & 31) & 1;
  };
  // The highest limb may hold more than 32 bits only beyond 2^1152, where the result is infinite anyway.
  const auto high = static_cast<std::uint64_t>(sum.limb_[static_cast<std::size_t>(top)]);
  const int highest_bit = 32 * top + static_cast<int>(std::bit_width(high)) - 1;
  if (highest_bit - lowest >= 1024) return negative ? -HUGE_VAL : HUGE_VAL;
  const int last = std::max(highest_bit - 52, lowest - 1074);  // the last bit the result can hold
  std::uint64_t mantissa = 0;
  for (int position = highest_bit; position >= last; --position)
    mantissa = mantissa << 1 | static_cast<std::uint64_t>(bit(position));
  if (bit(last - 1) != 0) {
    bool above_half = false;
    for (int position = last - 2; position >= 0 && !above_half; --position) above_half = bit(position) != 0;
    if (above_half || (mantissa & 1) != 0) ++mantissa;
  }
  const double magnitude = std::ldexp(static_cast<double>(mantissa), last - lowest);
  return negative ? -magnitude : magnitude;
}

int ExactSum::compare(double value) const {
  expects(!std::isnan(value), "ExactSum::compare: not a number");
  if (std::isinf(value)) return value > 0 ? -1 : 1;
  ExactSum difference = *this;
  difference.subtract(value);
  if (difference.make_magnitude()) return -1;
  for (const auto limb : difference.limb_)
    if (limb != 0) return 1;
  return 0;
}

void all_reduce(const Communicator& comm, std::span<ExactSum> sums) {
  std::vector<std::int64_t> limbs;
  limbs.reserve(sums.size() * ExactSum::limbs);
  for (auto& sum : sums) {
    sum.propagate();
    limbs.insert(limbs.end(), sum.limb_.begin(), sum.limb_.end());
  }
  all_reduce_sum(comm, limbs);
  auto from = limbs.begin();
  for (auto& sum : sums) {
    std::copy_n(from, ExactSum::limbs, sum.limb_.begin());
    from += ExactSum::limbs;
    sum.propagate();
  }
}

}  // namespace proffer::parallel
