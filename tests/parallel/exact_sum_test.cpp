#include "parallel/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "parallel/partition.hpp"
#include "support/world.hpp"

namespace proffer::parallel {
namespace {

using test::world;

/// A plain integer of 8192 bits.
using Wide = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
    8192, 8192, boost::multiprecision::signed_magnitude, boost::multiprecision::unchecked, void>>;

constexpr int scale = 2200;  // the reference counts in units of 2^-scale: below the product of any two doubles

/// value · 2^scale, exactly.
Wide exact(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  const Wide mantissa = static_cast<long long>(std::ldexp(fraction, 53));
  return mantissa << (exponent - 53 + scale);
}

/// Whether `rounded` is the double nearest to sum/2^scale, ties to even: by its distance against both neighbours'.
::testing::AssertionResult is_nearest(double rounded, const Wide& sum) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isinf(rounded)) {
    const Wide halfway = exact(std::numeric_limits<double>::max()) + (Wide(1) << (970 + scale));
    const bool right = rounded > 0 ? sum >= halfway : sum <= -halfway;
    return right ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "infinite too early";
  }
  const Wide distance = abs(sum - exact(rounded));
  for (const double side : {-infinity, infinity}) {
    const double neighbour = std::nextafter(rounded, side);
    if (std::isinf(neighbour)) continue;
    const Wide other = abs(sum - exact(neighbour));
    int exponent = 0;
    const bool even =
        std::fmod(std::ldexp(std::frexp(rounded, &exponent), 53), 2) == 0 || std::fpclassify(rounded) != FP_NORMAL;
    if (other < distance || (other == distance && !even))
      return ::testing::AssertionFailure() << rounded << " is not as near as " << neighbour;
  }
  return ::testing::AssertionSuccess();
}

/// Random doubles of a kind: 0 any bits, 1 like money, 2 subnormal, 3 huge, 4 pairs that cancel, 5 halfway cases.
std::vector<double> numbers(int kind, std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  while (values.size() < count) {
    const std::uint64_t bits = random();
    double value = 0;
    switch (kind) {
      case 0:
        value = std::bit_cast<double>(bits);
        break;
      case 1:
        value = std::ldexp(static_cast<double>(bits >> 11), -40) - 1000;
        break;
      case 2:
        value = std::bit_cast<double>(bits & 0x801fffffffffffffULL);
        break;
      case 3:
        value = std::bit_cast<double>((bits & 0x800fffffffffffffULL) | 0x7fe0000000000000ULL);
        break;
      case 4:
        value = values.size() % 2 == 1 ? -values.back() : std::ldexp(static_cast<double>(bits >> 11), 200);
        break;
      default:
        value = std::ldexp(1.0, static_cast<int>(bits % 160) - 80);
        break;
    }
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

TEST(ExactSum, RoundsTheExactSumOnce) {
  for (int kind = 0; kind < 6; ++kind)
    for (unsigned seed = 0; seed < 60; ++seed) {
      const auto values = numbers(kind, 1 + seed * 3 % 50, seed);
      ExactSum sum;
      Wide reference = 0;
      for (const double value : values) {
        sum.add(value);
        reference += exact(value);
      }
      ASSERT_TRUE(is_nearest(sum.rounded(), reference)) << "kind " << kind << " seed " << seed;
    }
}

TEST(ExactSum, ClassicCases) {
  ExactSum sum;
  EXPECT_EQ(sum.rounded(), 0.0);
  for (const double value : {1e16, 1.0, -1e16}) sum.add(value);
  EXPECT_EQ(sum.rounded(), 1.0);
  sum.subtract(1.0);
  EXPECT_EQ(sum.rounded(), 0.0);
  EXPECT_FALSE(std::signbit(sum.rounded()));
  // Ten times 0.1 is 1 when rounded once (as Python's math.fsum([.1] * 10) says), 0.9999999999999999 step by step.
  for (int i = 0; i < 10; ++i) sum.add(0.1);
  EXPECT_EQ(sum.rounded(), 1.0);
  ExactSum tie;  // 1 + 2^-53 is a tie and goes to the even 1; any bit more goes up
  tie.add(1);
  tie.add(0x1p-53);
  EXPECT_EQ(tie.rounded(), 1.0);
  tie.add(std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(tie.rounded(), 1 + 0x1p-52);
}

TEST(ExactSum, BeyondTheLargestDoubleAndBack) {
  constexpr double largest = std::numeric_limits<double>::max();
  ExactSum sum;
  for (int i = 0; i < 1000; ++i) sum.add(largest);
  EXPECT_EQ(sum.rounded(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(sum.compare(largest), 1);
  EXPECT_EQ(sum.compare(std::numeric_limits<double>::infinity()), -1);
  for (int i = 0; i < 999; ++i) sum.subtract(largest);
  EXPECT_EQ(sum.rounded(), largest);
  EXPECT_EQ(sum.compare(largest), 0);
}

TEST(ExactSum, ProductsAreExact) {
  for (int kind = 0; kind < 3; ++kind)
    for (unsigned seed = 0; seed < 100; ++seed) {
      const auto left = numbers(kind == 0 ? 1 : kind, 20, seed);
      const auto right = numbers(1, 20, seed + 1000);
      ExactSum sum;
      Wide reference = 0;
      for (std::size_t i = 0; i < left.size(); ++i) {
        const double a = kind == 2 ? std::ldexp(left[i], 400) : left[i];
        const double b = kind == 2 ? std::ldexp(right[i], -350) : right[i];
        sum.add_product(a, b);
        Wide product = exact(a) * exact(b);
        product >>= scale;  // exact: the products here have no bits so far down
        reference += product;
      }
      ASSERT_TRUE(is_nearest(sum.rounded(), reference)) << "kind " << kind << " seed " << seed;
    }
  ExactSum sum;
  sum.add_product(0.1, 3.0);
  sum.subtract(0.30000000000000004);
  // 0.1 is 3602879701896397 · 2^-55, thrice that is 10808639105689191 · 2^-55, and the number above ends in 192.
  EXPECT_EQ(sum.rounded(), -0x1p-55);
  sum.add_product(0, 5);
  sum.add_product(5, -0.0);
}

TEST(ExactSum, RefusesWhatItCannotHold) {
  ExactSum sum;
  EXPECT_THROW(sum.add(std::numeric_limits<double>::infinity()), std::logic_error);
  EXPECT_THROW(sum.add(std::nan("")), std::logic_error);
  EXPECT_THROW(sum.add_product(1e200, 1e200), std::logic_error);
  EXPECT_THROW(sum.add_product(1e-200, 1.1e-200), std::logic_error);
  EXPECT_THROW(sum.add_product(std::nan(""), 0), std::logic_error);
  EXPECT_EQ(sum.rounded(), 0.0);
}

TEST(ExactSum, ComparesExactly) {
  ExactSum sum;
  for (int i = 0; i < 10; ++i) sum.add(0.1);  // a little above 1, though it rounds to 1
  EXPECT_EQ(sum.rounded(), 1.0);
  EXPECT_EQ(sum.compare(1.0), 1);
  EXPECT_EQ(sum.compare(std::nextafter(1.0, 2.0)), -1);
  ExactSum negative;
  negative.add(-3);
  EXPECT_EQ(negative.compare(-3), 0);
  EXPECT_EQ(negative.compare(-2), -1);
  EXPECT_EQ(negative.compare(-4), 1);
  EXPECT_THROW((void)negative.compare(std::nan("")), std::logic_error);
}

TEST(ExactSum, AddsOtherSumsAndManyOfThem) {
  ExactSum one;
  one.add(0.1);
  one.add(-1e290);
  ExactSum doubled = one;
  for (int i = 0; i < 40; ++i) {  // 2^40 times: far beyond what a limb holds without carrying
    const ExactSum copy = doubled;
    doubled.add(copy);
  }
  ExactSum back;
  back.add_product(0.1, 0x1p40);
  back.add_product(-1e290, 0x1p40);
  EXPECT_EQ(doubled.rounded(), back.rounded());
  ExactSum negative;
  negative.subtract(doubled.rounded());
  doubled.add(negative);
  EXPECT_EQ(doubled.rounded(), 0.1 * 0x1p40);
}

TEST(ExactSum, ManyAdditionsCarryInTime) {
  ExactSum sum;
  constexpr std::uint64_t additions = (std::uint64_t{1} << 29) + 12345;
  // add(other) moves the count of pending carries on by leaps, so that the threshold is crossed without 2^29 steps.
  sum.add(std::nextafter(1.0, 0.0));
  for (int i = 0; i < 29; ++i) {
    const ExactSum copy = sum;
    sum.add(copy);
  }
  for (int i = 0; i < 12345; ++i) sum.add(std::nextafter(1.0, 0.0));
  ExactSum expected;
  expected.add_product(static_cast<double>(additions), std::nextafter(1.0, 0.0));
  EXPECT_EQ(sum.rounded(), expected.rounded());
  EXPECT_EQ(sum.compare(expected.rounded()), expected.compare(expected.rounded()));
}

TEST(ExactSumAllReduce, IsTheSerialSumWhateverTheRanks) {
  for (int kind = 0; kind < 6; ++kind)
    for (const std::uint64_t rows : {0ULL, 1ULL, 3ULL, 1000ULL}) {
      const auto values = numbers(kind, rows, 99);
      std::vector<ExactSum> serial(3), reduced(3);
      for (std::uint64_t i = 0; i < rows; ++i) serial[i % 3].add(values[i]);
      const RowRange part = part_of(rows, world().rank(), world().size(), 400);  // leaves the last ranks empty
      for (std::uint64_t i = part.end; i > part.begin; --i) reduced[(i - 1) % 3].add(values[i - 1]);
      all_reduce(world(), reduced);
      for (std::size_t s = 0; s < 3; ++s) ASSERT_EQ(reduced[s].rounded(), serial[s].rounded()) << kind << ' ' << rows;
    }
  all_reduce(world(), std::span<ExactSum>());
}

}  // namespace
}  // namespace proffer::parallel
