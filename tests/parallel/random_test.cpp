#include "parallel/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace proffer::parallel {
namespace {

TEST(RandomStream, IsAFunctionOfSeedIdPurposeAndCounter) {
  RandomStream stream(7, 42, "test.one");
  EXPECT_EQ(stream.bits(), random_bits(7, 42, purpose("test.one"), 0));
  EXPECT_EQ(stream.bits(), random_bits(7, 42, purpose("test.one"), 1));
  EXPECT_NE(random_bits(7, 42, purpose("test.one")), random_bits(8, 42, purpose("test.one")));
  EXPECT_NE(random_bits(7, 42, purpose("test.one")), random_bits(7, 43, purpose("test.one")));
  EXPECT_NE(random_bits(7, 42, purpose("test.one")), random_bits(7, 42, purpose("test.two")));
}

TEST(ToUnitInterval, StaysStrictlyInside) {
  EXPECT_EQ(to_unit_interval(0), 0x1p-53);
  EXPECT_EQ(to_unit_interval(std::numeric_limits<std::uint64_t>::max()), 1 - 0x1p-53);
}

/// χ² of counts that should be equal; its mean is bins − 1 and its variance 2(bins − 1).
double chi_squared(const std::vector<int>& counts, double expected) {
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST(RandomBits, NeighbouringIdsGiveUniformIndependentNumbers) {
  constexpr int draws = 200000;
  constexpr std::size_t bins = 64;
  std::vector<int> of_ids(bins * bins, 0), of_counters(bins * bins, 0), of_seeds(bins * bins, 0);
  const auto cell = [](std::uint64_t a, std::uint64_t b) {  // pairs: also sees dependence between neighbours
    return static_cast<std::size_t>(to_unit_interval(a) * bins) * bins +
           static_cast<std::size_t>(to_unit_interval(b) * bins);
  };
  const std::uint64_t code = purpose("test.uniform");
  for (std::uint64_t i = 0; i < draws; ++i) {
    ++of_ids[cell(random_bits(1, i, code), random_bits(1, i + 1, code))];
    ++of_counters[cell(random_bits(1, 5, code, i), random_bits(1, 5, code, i + 1))];
    ++of_seeds[cell(random_bits(i, 5, code), random_bits(i + 1, 5, code))];
  }
  const double cells = bins * bins;
  for (const auto* counts : {&of_ids, &of_counters, &of_seeds})
    EXPECT_NEAR(chi_squared(*counts, draws / cells), cells - 1, 5 * std::sqrt(2 * cells));
}

TEST(RandomStream, BelowIsUniform) {
  RandomStream stream(3, 1, "test.below");
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70000; ++i) ++counts[stream.below(7)];
  EXPECT_LT(chi_squared(counts, 10000), 22.5);  // 0.999 quantile with 6 degrees of freedom
  EXPECT_EQ(stream.below(1), 0U);
}

}  // namespace
}  // namespace proffer::parallel
