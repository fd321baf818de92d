// The tracker of XGBoost 1.7 – 2.0: brings the workers of its "rabit" communicator together.
//
// Protocol (all integers 32 bits in the order of the machine, texts with their length before them): a worker connects,
// sends the magic number and gets it back, then sends its rank (−1 at first), the number of workers (−1), its task id
// and a command. "start": the tracker answers with rank, parent in the reduction tree, number of workers, neighbours
// in the tree, previous and next in the ring; then the worker says which links it has, is told whom to connect to and
// how many will connect to it, does so, and says how many connections failed (0: done) and on which port it accepts.
// "shutdown": nothing more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "boosting/communicator/socket.hpp"

namespace proffer::boosting {

/// Who is linked with whom: a binary tree (rank r below (r − 1)/2) and a ring. Independent.
struct Links {
  std::int32_t parent = -1;        ///< −1 for rank 0
  std::vector<std::int32_t> tree;  ///< parent and children, ascending
  std::int32_t previous = -1;      ///< in the ring
  std::int32_t next = -1;
  std::vector<std::int32_t> all;  ///< everyone it needs a link with, ascending
};
[[nodiscard]] Links links_of(std::int32_t rank, std::int32_t workers);

/// Admits exactly the workers whose task id is task_id(token, rank) for a rank below `workers`, each once, and gives
/// each this rank. Everyone else is dropped without further notice. Blocks: run it in a thread.
class RabitTracker {
 public:
  RabitTracker(const std::string& address, int workers, std::string token);
  [[nodiscard]] const std::string& address() const { return listener_.address(); }
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

  /// Takes connections (again); the constructor does so too.
  void listen() { listener_.listen(); }
  /// Waits until all workers are in and linked, then stops listening. SystemError at the deadline or where a link
  /// fails; workers that still wait for links are then woken so that they fail too.
  void gather(Deadline deadline);
  /// Waits until all workers have said "shutdown", then stops listening. SystemError at the deadline.
  void see_off(Deadline deadline);

 private:
  struct Worker {
    Socket socket;
    std::string address;
    std::uint16_t port = 0;      // where it accepts links
    std::int32_t to_accept = 0;  // links it still waits for
  };
  void admit(const std::string& command, std::vector<Worker>& workers, Deadline deadline);
  void link(std::vector<Worker>& workers, std::int32_t rank, Deadline deadline) const;

  Listener listener_;
  std::int32_t workers_;
  std::string token_;
};

[[nodiscard]] std::string task_id(const std::string& token, int rank);

}  // namespace proffer::boosting
