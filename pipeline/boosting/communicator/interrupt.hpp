// Wakes a thread out of a system call that has no deadline of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace proffer::boosting {

/// While it lives: once `after` has passed, the thread that made it is sent SIGURG again and again, so that a system
/// call that waits returns EINTR. (XGBoost 1.7 – 2.0 waits without end for a peer that connects and says nothing.)
/// SIGURG gets a handler that does nothing meanwhile; otherwise it is ignored, so a late one does no harm.
class InterruptAfter {
 public:
  explicit InterruptAfter(std::chrono::milliseconds after);
  ~InterruptAfter();
  InterruptAfter(const InterruptAfter&) = delete;
  InterruptAfter& operator=(const InterruptAfter&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread watch_;
};

}  // namespace proffer::boosting
