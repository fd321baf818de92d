#include "parallel/collectives.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "parallel/handle.hpp"
#include "support/world.hpp"

namespace proffer::parallel {
namespace {

using test::world;

/// How many values rank r holds: uneven, and none on rank 1 (and on rank 0 where it is alone, in variant 1).
std::size_t count_of(int rank, int variant) {
  constexpr std::array<std::array<std::size_t, 4>, 3> counts{{{5, 0, 11, 2}, {0, 3, 0, 9}, {0, 0, 0, 0}}};
  return counts[static_cast<std::size_t>(variant)][static_cast<std::size_t>(rank % 4)];
}

struct Pair {
  std::int32_t rank;
  float value;
  friend bool operator==(const Pair&, const Pair&) = default;
};

std::vector<Pair> values_of(int rank, int variant) {
  std::vector<Pair> values;
  for (std::size_t i = 0; i < count_of(rank, variant); ++i) values.push_back({rank, static_cast<float>(i) + 0.5F});
  return values;
}

std::vector<Pair> values_of_all(int variant) {
  std::vector<Pair> all;
  for (int rank = 0; rank < world().size(); ++rank) {
    const auto values = values_of(rank, variant);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

TEST(Reduce, SumsAndExtremes) {
  const int rank = world().rank();
  const int size = world().size();
  std::vector<std::int64_t> sums{rank, -1};
  all_reduce_sum(world(), sums);
  EXPECT_EQ(sums, (std::vector<std::int64_t>{size * (size - 1) / 2, -size}));
  std::vector<std::uint64_t> wrapping{std::numeric_limits<std::uint64_t>::max()};
  all_reduce_sum(world(), wrapping);
  EXPECT_EQ(wrapping[0], std::uint64_t{0} - static_cast<std::uint64_t>(size));
  EXPECT_EQ(max_over_ranks(world(), rank * 0.5), (size - 1) * 0.5);
  EXPECT_EQ(min_over_ranks(world(), -rank * 0.5), (size - 1) * -0.5);
  EXPECT_EQ(sum_over_ranks(world(), std::uint64_t{2}), static_cast<std::uint64_t>(2 * size));
  std::vector<std::uint64_t> low{static_cast<std::uint64_t>(rank + 3)}, high = low;
  all_reduce_min(world(), std::span(low));
  all_reduce_max(world(), std::span(high));
  EXPECT_EQ(low[0], 3U);
  EXPECT_EQ(high[0], static_cast<std::uint64_t>(size + 2));
  all_reduce_sum(world(), std::span<std::int64_t>());
}

TEST(Reduce, AZeroHasNoSignThatDependsOnTheOrder) {
  const double zero = min_over_ranks(world(), world().rank() % 2 == 0 ? -0.0 : 0.0);
  EXPECT_FALSE(std::signbit(zero));
}

TEST(Reduce, AnyAndBefore) {
  EXPECT_FALSE(any_over_ranks(world(), false));
  EXPECT_TRUE(any_over_ranks(world(), world().rank() == world().size() - 1));
  std::uint64_t expected = 0;
  for (int rank = 0; rank < world().rank(); ++rank) expected += count_of(rank, 0);
  EXPECT_EQ(sum_before(world(), count_of(world().rank(), 0)), expected);
}

TEST(Broadcast, FromEveryRoot) {
  for (int root = 0; root < world().size(); ++root) {
    const bool here = world().rank() == root;
    EXPECT_EQ(broadcast(world(), here ? std::string("größer\0!", 10) : std::string("other"), root),
              std::string("größer\0!", 10));
    EXPECT_EQ(broadcast(world(), here ? std::string() : std::string("other"), root), "");
    EXPECT_EQ(broadcast(world(), values_of(world().rank(), 0), root), values_of(root, 0));
  }
}

class Exchange : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Exchange, GatherKeepsTheOrderOfRanks) {
  for (int variant = 0; variant < 3; ++variant) {
    const auto mine = values_of(world().rank(), variant);
    const auto bytes = std::as_bytes(std::span(mine));
    std::vector<std::size_t> sizes;
    EXPECT_EQ(detail::to_values<Pair>(detail::all_gather_bytes(world(), bytes, sizes, GetParam())),
              values_of_all(variant));
    for (int rank = 0; rank < world().size(); ++rank)
      EXPECT_EQ(sizes[static_cast<std::size_t>(rank)], sizeof(Pair) * count_of(rank, variant));
    for (int root = 0; root < world().size(); ++root)
      EXPECT_EQ(detail::to_values<Pair>(detail::gather_bytes(world(), bytes, root, GetParam())),
                world().rank() == root ? values_of_all(variant) : std::vector<Pair>());
  }
}

TEST_P(Exchange, AllToAllDeliversToEachRank) {
  // Rank a sends (a + 2b) % 5 values to rank b.
  const auto count = [](int a, int b) { return static_cast<std::size_t>((a + 2 * b) % 5); };
  const auto add = [&](std::vector<Pair>& values, int a, int b) {
    for (std::size_t i = 0; i < count(a, b); ++i) values.push_back({10 * a + b, static_cast<float>(i)});
  };
  std::vector<Pair> sent, expected;
  std::vector<std::size_t> counts;
  for (int other = 0; other < world().size(); ++other) {
    add(sent, world().rank(), other);
    counts.push_back(count(world().rank(), other) * sizeof(Pair));
    add(expected, other, world().rank());
  }
  EXPECT_EQ(
      detail::to_values<Pair>(detail::all_to_all_bytes(world(), std::as_bytes(std::span(sent)), counts, GetParam())),
      expected);
}

TEST_P(Exchange, BroadcastOfLargeMessages) {
  std::vector<std::byte> bytes(1000, std::byte{0});
  if (world().is_root())
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i % 251);
  detail::broadcast_bytes(world(), bytes, 0, GetParam());
  for (std::size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], static_cast<std::byte>(i % 251));
}

// Chunks far smaller than the messages stand for messages above 2^29 bytes.
INSTANTIATE_TEST_SUITE_P(Chunks, Exchange, ::testing::Values(detail::chunk_bytes, 7, 64));

TEST(AllToAll, TypedFrontEnd) {
  std::vector<std::int32_t> sent(static_cast<std::size_t>(world().size()), world().rank());
  const std::vector<std::size_t> one_each(sent.size(), 1);
  std::vector<std::int32_t> expected(sent.size());
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all_to_all(world(), std::span<const std::int32_t>(sent), one_each), expected);
  EXPECT_EQ(all_gather(world(), std::span<const std::int32_t>(sent).first(1)), expected);
  EXPECT_EQ(gather(world(), std::span<const std::int32_t>(sent).first(1)),
            world().is_root() ? expected : std::vector<std::int32_t>());
}

TEST(AllToAll, RefusesCountsThatDoNotAddUp) {
  const std::vector<std::int32_t> sent(3);
  const std::vector<std::size_t> counts(static_cast<std::size_t>(world().size()), 9);
  EXPECT_THROW((void)all_to_all(world(), std::span<const std::int32_t>(sent), counts), std::logic_error);
}

#ifndef NDEBUG
TEST(Reduce, DebugBuildsNoticeDifferentCounts) {
  if (world().size() == 1) GTEST_SKIP() << "needs two ranks";
  std::vector<std::int64_t> values(world().is_root() ? 1 : 2);
  EXPECT_THROW(all_reduce_sum(world(), values), std::logic_error);
}
#endif

TEST(Communicator, Split) {
  const Communicator part = world().split(world().rank() % 2);
  EXPECT_EQ(part.size(), (world().size() + (world().rank() % 2 == 0 ? 1 : 0)) / 2);
  EXPECT_EQ(part.rank(), world().rank() / 2);
  EXPECT_EQ(sum_over_ranks(part, std::int64_t{1}), part.size());
  EXPECT_THROW((void)world().split(-1), std::logic_error);
}

TEST(Communicator, SelfAndHost) {
  EXPECT_EQ(self().size(), 1);
  EXPECT_EQ(sum_over_ranks(self(), std::int64_t{3}), 3);
  EXPECT_EQ(world().ranks_on_this_host(), world().size());  // the tests run on one host
}

TEST(Communicator, MpiErrorsBecomeExceptions) {
  int value = 0;
  const int no_such_root = world().size() + 5;
  try {
    check(MPI_Bcast(&value, 1, MPI_INT, no_such_root, world().handle().comm), "MPI_Bcast");
    FAIL() << "MPI accepted a root that does not exist";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("MPI_Bcast failed (MPI_ERR_ROOT"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace proffer::parallel
