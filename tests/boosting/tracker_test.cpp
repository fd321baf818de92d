// The tracker with XGBoost's own workers, as threads of this process (XGBoost's communicator belongs to a thread).
#include <gtest/gtest.h>
#include <xgboost/c_api.h>

#include <atomic>
#include <chrono>
#include <list>
#include <thread>

#include "boosting/collective_codes.hpp"
#include "boosting/communicator/tracker_adapter.hpp"
#include "boosting/strangers.hpp"
#include "boosting/xgboost_call.hpp"
#include "foundation/error.hpp"
#include "support/world.hpp"

namespace proffer::boosting {
namespace {

const std::string token = "0123456789abcdef";

/// What a worker of the job does: joins, adds up, leaves when all are ready to. Counts in `right` if all went well.
void work(const std::string& address, std::uint16_t port, int rank, int workers, std::atomic<int>& summed,
          const std::atomic<bool>& may_leave, std::atomic<int>& right) {
  silence_xgboost();
  const std::string config = worker_config(address, port, token, rank, 20);
  if (XGCommunicatorInit(config.c_str()) != 0) return;
  double value = rank + 1;
  const bool well = XGCommunicatorGetRank() == rank && XGCommunicatorGetWorldSize() == workers &&
                    XGCommunicatorAllreduce(&value, 1, test::as_double, test::add_up) == 0 &&
                    value == workers * (workers + 1) / 2.0;
  ++summed;
  while (!may_leave) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  if (XGCommunicatorFinalize() == 0 && well) ++right;
}

/// Runs a whole job of so many workers; `disturb` is called before they start, once they are in, and as they leave.
template <class Disturb>
int workers_that_did_right(int workers, Disturb disturb) {
  const auto tracker = start_tracker("127.0.0.1", workers, token, 20);
  disturb(tracker->port(), "before");
  std::atomic<int> summed = 0, right = 0;
  std::atomic<bool> may_leave = false;
  std::vector<std::jthread> threads;
  for (int rank = workers - 1; rank >= 0; --rank)
    threads.emplace_back(work, "127.0.0.1", tracker->port(), rank, workers, std::ref(summed), std::cref(may_leave),
                         std::ref(right));
  tracker->all_joined();
  while (summed < workers) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  disturb(tracker->port(), "during");
  tracker->before_farewell();
  disturb(tracker->port(), "after");
  may_leave = true;
  tracker->all_left();
  threads.clear();
  return right;
}

TEST(Tracker, BringsAnyNumberOfWorkersTogetherInTheOrderOfTheirTasks) {
  if (!test::world().is_root()) GTEST_SKIP();
  for (const int workers : {2, 3, 4, 5, 8, 12})
    EXPECT_EQ(workers_that_did_right(workers, [](auto, auto) {}), workers) << workers << " workers";
}

#ifdef PROFFER_RABIT_TRACKER
TEST(Tracker, LetsNoStrangerIn) {
  if (!test::world().is_root()) GTEST_SKIP();
  std::list<test::Stranger> strangers;  // stay connected until the end
  const auto disturb = [&](std::uint16_t port, const std::string& when) {
    for (int time = 0; time < 30; ++time)
      for (const std::string& words : test::rude_words()) {
        strangers.emplace_back(port, words);
        ASSERT_TRUE(when != "during" || !strangers.back().connected()) << "the tracker still listens";
      }
  };
  EXPECT_EQ(workers_that_did_right(3, disturb), 3);
}

TEST(Tracker, TakesEveryTaskOnce) {
  if (!test::world().is_root()) GTEST_SKIP();
  std::list<test::Stranger> twins;  // somebody who has learnt the token cannot leave for others, nor be one rank twice
  const auto disturb = [&](std::uint16_t port, const std::string& when) {
    if (when != "before") return;
    twins.emplace_back(port, test::rabit_greeting(token + "-7", "start"));
    twins.emplace_back(port, test::rabit_greeting(token + "-0", "shutdown"));
    twins.emplace_back(port, test::rabit_greeting(token + "-00", "start"));
  };
  EXPECT_EQ(workers_that_did_right(2, disturb), 2);
}
#endif

TEST(Tracker, GivesUpOnWorkersThatNeverCome) {
  if (!test::world().is_root()) GTEST_SKIP();
  const auto start = std::chrono::steady_clock::now();
  {
    const auto tracker = start_tracker("127.0.0.1", 3, token, 1);
    std::jthread lonely([port = tracker->port()] {
      silence_xgboost();
      EXPECT_NE(XGCommunicatorInit(worker_config("127.0.0.1", port, token, 1, 1).c_str()), 0);
    });
#ifdef PROFFER_RABIT_TRACKER
    try {
      tracker->all_joined();
      ADD_FAILURE() << "nobody noticed";
    } catch (const SystemError& error) {
      EXPECT_NE(std::string(error.what()).find("2 of 3 ranks did not join"), std::string::npos) << error.what();
    }
#endif
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
}

}  // namespace
}  // namespace proffer::boosting
