// The MPI session and the communicator that is passed to whoever talks to other ranks. Nothing global.
#pragma once

#include <memory>

namespace proffer::parallel {

struct Handle;  // holds the MPI_Comm; defined in parallel/handle.hpp for the few that need mpi.h

/// A duplicate of an MPI communicator. A world of one rank is the serial case. Cheap to copy (shared ownership).
class Communicator {
 public:
  explicit Communicator(std::shared_ptr<Handle> handle);
  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool is_root() const { return rank_ == 0; }
  [[nodiscard]] const Handle& handle() const { return *handle_; }
  /// Collective. Ranks with the same colour form a new communicator, in the order of their ranks.
  [[nodiscard]] Communicator split(int colour) const;
  /// Collective. How many ranks of this communicator share this rank's host.
  [[nodiscard]] int ranks_on_this_host() const;

 private:
  std::shared_ptr<Handle> handle_;
  int rank_;
  int size_;
};

/// Initialises MPI (MPI_THREAD_FUNNELED at least, MPI_ERRORS_RETURN) and finalises it when destroyed, never while an
/// exception unwinds. One per process. SystemError where a launcher announced more tasks than the world has ranks
/// is the caller's check (see `announced_tasks`).
class Session {
 public:
  Session(int& argc, char**& argv);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  [[nodiscard]] Communicator world() const;
  /// Ends every rank at once with this exit code. Independent.
  [[noreturn]] static void abort(int exit_code);

 private:
  std::shared_ptr<Handle> world_;
  int uncaught_;
};

/// A communicator of this process alone. Independent.
[[nodiscard]] Communicator self();
/// Tasks that the launcher announced in the environment (SLURM_STEP_NUM_TASKS, OMPI_COMM_WORLD_SIZE), or 0.
/// Independent.
[[nodiscard]] int announced_tasks();

}  // namespace proffer::parallel
