#include "runs/stop_signal.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <vector>

#include "runs/run_directory.hpp"
#include "support/world.hpp"

namespace proffer::runs {
namespace {

TEST(StopSignal, OfOneRankReachesAll) {
  const StopSignal stop;
  EXPECT_FALSE(stop.raised(test::world()));
  const bool last = test::world().rank() == test::world().size() - 1;
  ASSERT_EQ(last ? std::raise(SIGUSR1) : 0, 0);
  EXPECT_TRUE(stop.raised(test::world()));
}

void ignore(int) {}

TEST(StopSignal, GivesTheFormerHandlerBack) {
  const auto before = std::signal(SIGUSR1, ignore);
  { const StopSignal stop; }
  EXPECT_EQ(std::signal(SIGUSR1, before), ignore);
}

TEST(PeakMemory, GrowsWithWhatIsTouched) {
  reset_peak_memory();
  const auto before = peak_memory_bytes();
  const std::vector<char> much(64 << 20, 'x');
  EXPECT_GE(peak_memory_bytes(), before + (60u << 20));
  EXPECT_EQ(much.back(), 'x');
}

}  // namespace
}  // namespace proffer::runs
