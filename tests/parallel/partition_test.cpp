#include "parallel/partition.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace proffer::parallel {
namespace {

TEST(PartOf, PartsFollowEachOtherAndCoverAllRowsInWholeBlocks) {
  for (const std::uint64_t rows : {0ULL, 1ULL, 2ULL, 7ULL, 100ULL, 101ULL, 4096ULL})
    for (const std::uint64_t block : {1ULL, 2ULL, 10ULL, 64ULL, 5000ULL})
      for (const int size : {1, 2, 3, 4, 7, 200}) {
        std::uint64_t next = 0;
        std::uint64_t least = rows;
        std::uint64_t most = 0;
        for (int rank = 0; rank < size; ++rank) {
          const RowRange part = part_of(rows, rank, size, block);
          ASSERT_EQ(part.begin, next) << rows << ' ' << block << ' ' << rank << '/' << size;
          ASSERT_TRUE(part.end == rows || part.end % block == 0);
          next = part.end;
          const std::uint64_t blocks = (part.size() + block - 1) / block;
          least = std::min(least, blocks);
          most = std::max(most, blocks);
        }
        ASSERT_EQ(next, rows);
        ASSERT_LE(most, least + 1);
      }
}

TEST(PartOf, DoesNotOverflow) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(part_of(most, 2, 3, std::uint64_t{1} << 62).end, most);
  EXPECT_EQ(part_of(most, 0, 1, most).end, most);
}

TEST(PartOf, RefusesWhatIsNoRank) {
  EXPECT_THROW((void)part_of(1, 3, 3), std::logic_error);
  EXPECT_THROW((void)part_of(1, 0, 1, 0), std::logic_error);
}

}  // namespace
}  // namespace proffer::parallel
