// Items go to the ranks that own them and answers come back in order, whatever each rank has.
#include "parallel/owners.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "foundation/hash.hpp"
#include "support/world.hpp"

namespace proffer::parallel {
namespace {

using test::world;

/// Rank r has 7 · r items, so rank 0 has none where it is not alone.
std::vector<std::uint64_t> items_of(int rank) {
  std::vector<std::uint64_t> items;
  const int count = world().size() == 1 ? 20 : 7 * rank;
  for (int i = 0; i < count; ++i) items.push_back(mix64(static_cast<std::uint64_t>(100 * rank + i)));
  return items;
}

int owner(std::uint64_t item) {
  return static_cast<int>(item % static_cast<std::uint64_t>(world().size()));
}

TEST(Owners, GetTheirItemsInOrderOfTheRanksTheyCameFrom) {
  std::vector<std::uint64_t> expected;
  for (int rank = 0; rank < world().size(); ++rank)
    for (const std::uint64_t item : items_of(rank))
      if (owner(item) == world().rank()) expected.push_back(item);
  const std::vector<std::uint64_t> mine = items_of(world().rank());
  EXPECT_EQ(to_owners(world(), std::span<const std::uint64_t>(mine), owner), expected);
}

TEST(Owners, AnswerInTheOrderOfTheQuestions) {
  struct Answer {
    std::uint64_t item;
    int by;
  };
  const auto reply = [](std::span<const std::uint64_t> asked) {
    std::vector<Answer> answers;
    for (const std::uint64_t item : asked) answers.push_back({item + 1, world().rank()});
    return answers;
  };
  const std::vector<std::uint64_t> mine = items_of(world().rank());
  const auto answers = ask_owners<Answer>(world(), std::span<const std::uint64_t>(mine), owner, reply);
  ASSERT_EQ(answers.size(), mine.size());
  for (std::size_t i = 0; i < mine.size(); ++i) {
    EXPECT_EQ(answers[i].item, mine[i] + 1);
    EXPECT_EQ(answers[i].by, owner(mine[i]));
  }
}

TEST(Owners, NobodyHasAnything) {
  const std::vector<std::uint64_t> none;
  EXPECT_TRUE(to_owners(world(), std::span<const std::uint64_t>(none), owner).empty());
  const auto reply = [](std::span<const std::uint64_t> asked) { return std::vector<int>(asked.size(), 0); };
  EXPECT_TRUE(ask_owners<int>(world(), std::span<const std::uint64_t>(none), owner, reply).empty());
}

}  // namespace
}  // namespace proffer::parallel
