#include "boosting/communicator/session.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xgboost/c_api.h>

#include <cerrno>
#include <numeric>
#include <vector>

#include "boosting/collective_codes.hpp"
#include "boosting/communicator/interrupt.hpp"
#include "boosting/communicator/socket.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "support/world.hpp"

namespace proffer::boosting {
namespace {

TEST(Session, AddsUpOverAllRanks) {
  const auto& comm = test::world();
  const CommunicatorSession session(comm, {.timeout_seconds = 30});
  EXPECT_EQ(XGCommunicatorGetWorldSize(), comm.size());
  EXPECT_EQ(XGCommunicatorGetRank(), comm.rank());
  for (const std::size_t size :
       {1UL, 1000UL, 300'000UL}) {  // XGBoost adds small ones along a tree, large ones in a ring
    std::vector<double> values(size);
    std::iota(values.begin(), values.end(), comm.rank());
    ASSERT_EQ(XGCommunicatorAllreduce(values.data(), size, test::as_double, test::add_up), 0) << XGBGetLastError();
    const int ranks = comm.size();
    for (std::size_t i = 0; i < size; ++i)
      ASSERT_EQ(values[i], static_cast<double>(i) * ranks + ranks * (ranks - 1) / 2) << i;
  }
}

TEST(Session, CanBeStartedAgain) {
  for (int time = 0; time < 3; ++time) {
    const CommunicatorSession session(test::world(), {.timeout_seconds = 30});
    double one = 1;
    ASSERT_EQ(XGCommunicatorAllreduce(&one, 1, test::as_double, test::add_up), 0) << XGBGetLastError();
    EXPECT_EQ(one, test::world().size());
  }
}

TEST(Session, RefusesAnInterfaceThatIsNotThere) {
  EXPECT_THROW((void)address_of_interface("no-such-interface0"), UsageError);
  EXPECT_EQ(address_of_interface("lo"), "127.0.0.1");
  EXPECT_EQ(address_of_interface("10.1.2.3"), "10.1.2.3");
}

TEST(InterruptAfter, WakesAThreadThatWaitsForAPeer) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const InterruptAfter interrupt(std::chrono::milliseconds(20));
  char byte = 0;
  EXPECT_EQ(::recv(pair[0], &byte, 1, MSG_WAITALL), -1);
  EXPECT_EQ(errno, EINTR);
  ::close(pair[0]);
  ::close(pair[1]);
}

}  // namespace
}  // namespace proffer::boosting
