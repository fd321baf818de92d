// SIGUSR1 asks a job to stop at its next checkpoint (exit 75). Also SIGTERM outside mpirun.
#pragma once

#include "parallel/communicator.hpp"

namespace proffer::runs {

/// Installs the handler; the previous one comes back when destroyed.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  /// Collective. Whether any rank got the signal.
  [[nodiscard]] bool raised(const parallel::Communicator& comm) const;
};

}  // namespace proffer::runs
