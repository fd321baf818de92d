#include "parallel/agreement.hpp"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>

#include "parallel/collectives.hpp"
#include "support/world.hpp"

namespace proffer::parallel {
namespace {

using test::world;

/// The AgreedError that this rank sees where the ranks from `first` on run `fail`.
template <class Fail>
AgreedError agreed(int first, const Fail& fail) {
  try {
    together(world(), [&] {
      if (world().rank() >= first) fail(world().rank());
    });
  } catch (const AgreedError& error) {
    return error;
  }
  throw std::logic_error("this rank did not hear of the error");
}

TEST(Together, IsSilentWhereAllIsWell) {
  int ran = 0;
  together(world(), [&] { ++ran; });
  EXPECT_EQ(ran, 1);
}

TEST(Together, EveryRankThrowsTheLowestFailingRanksError) {
  for (int first = 0; first < world().size(); ++first) {
    const AgreedError error = agreed(first, [](int rank) {
      throw DataError({"row " + std::to_string(rank) + " is bad", "infinite income", "clean it"});
    });
    EXPECT_EQ(error.code(), ExitCode::bad_data);
    EXPECT_EQ(error.message().problem, "row " + std::to_string(first) + " is bad");
    EXPECT_EQ(error.message().why, "infinite income");
    EXPECT_EQ(error.message().suggestion, "clean it");
  }
}

TEST(Together, OtherExceptionsAreSystemFailures) {
  const int last = world().size() - 1;
  const std::string where = "on rank " + std::to_string(last) + " of " + std::to_string(world().size());
  const AgreedError memory = agreed(last, [](int) { throw std::bad_alloc(); });
  EXPECT_EQ(memory.code(), ExitCode::system_failure);
  EXPECT_EQ(memory.message().problem, "out of memory");
  EXPECT_EQ(memory.message().why, where);
  const AgreedError internal = agreed(last, [](int) { throw std::logic_error("broken promise"); });
  EXPECT_EQ(internal.code(), ExitCode::system_failure);
  EXPECT_EQ(internal.message().why, "broken promise, " + where);
  const AgreedError unknown = agreed(last, [](int) { throw 7; });
  EXPECT_EQ(unknown.code(), ExitCode::system_failure);
}

TEST(Together, CollectivesWorkAfterAnError) {
  (void)agreed(world().size() - 1, [](int) { throw UsageError({"bad", "", ""}); });
  EXPECT_EQ(sum_over_ranks(world(), std::int64_t{1}), world().size());
}

TEST(Together, NestedAgreementKeepsTheMessage) {
  const auto inner = [] { throw InfeasibleError({"budget below 0", "", "raise it"}); };
  try {
    together(world(), [&] { on_root(world(), inner); });
    FAIL();
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.code(), ExitCode::infeasible);
    EXPECT_STREQ(error.what(), "budget below 0: raise it");
  }
}

TEST(OnRoot, RunsOnTheRootAlone) {
  std::int64_t ran = 0;
  on_root(world(), [&] { ++ran; });
  EXPECT_EQ(ran, world().is_root() ? 1 : 0);
}

}  // namespace
}  // namespace proffer::parallel
