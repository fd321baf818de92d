// SIGUSR1 asks a job to stop at its next checkpoint (exit 75). Also SIGTERM outside mpirun (mpirun answers a TERM of
// its own with exit 1 whatever the ranks say).
#pragma once

#include <memory>

#include "parallel/communicator.hpp"

namespace proffer::runs {

/// Installs the handlers; the previous ones come back when destroyed. At most one per process at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  /// Collective. Whether any rank got the signal.
  [[nodiscard]] bool raised(const parallel::Communicator& comm) const;

 private:
  struct Previous;
  std::unique_ptr<Previous> previous_;
};

}  // namespace proffer::runs
