#include "boosting/communicator/interrupt.hpp"

#include <pthread.h>

#include <csignal>

namespace proffer::boosting {
namespace {
void do_nothing(int) {}

void handle_urgent(void (*handler)(int)) {
  struct sigaction action = {};  // without SA_RESTART: that is the point
  action.sa_handler = handler;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGURG, &action, nullptr);
}
}  // namespace

InterruptAfter::InterruptAfter(std::chrono::milliseconds after) {
  handle_urgent(do_nothing);
  watch_ = std::thread([this, after, waiting = ::pthread_self()] {
    std::unique_lock lock(mutex_);
    auto pause = after;
    while (!ended_.wait_for(lock, pause, [this] { return over_; })) {
      ::pthread_kill(waiting, SIGURG);
      pause = std::chrono::milliseconds(50);
    }
  });
}

InterruptAfter::~InterruptAfter() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_all();
  watch_.join();
  handle_urgent(SIG_DFL);
}

}  // namespace proffer::boosting
