// XGBoost's own communicator, brought up over the ranks of an MPI communicator for as long as a session lives.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "parallel/communicator.hpp"

namespace proffer::boosting {

struct SessionOptions {
  /// Network interface (or IPv4 address) of the first rank's host that the ranks meet at; empty: the first that is not
  /// loopback. Where all ranks share a host it is loopback, whatever this says. (affects: speed)
  std::string network_interface = {};
  /// A rank that stays silent for so long while the others wait for it ends the job. (affects: speed)
  int timeout_seconds = 900;
};

class TrackerAdapter;

/// While it lives, XGBoost trains across the ranks of `comm`; its rank is the MPI rank. With one rank nothing is
/// started. One at a time per process; use XGBoost only in the thread that made it; end it before MPI ends.
///
/// XGBoost's workers accept links on a port of every interface while they meet (through 2.0) or throughout training
/// (from 2.1), and its API cannot restrict that: between hosts, let a firewall admit only the hosts of the job.
class CommunicatorSession {
 public:
  /// Collective. Every rank throws together (SystemError, or UsageError for an unknown interface) where one failed.
  CommunicatorSession(const parallel::Communicator& comm, const SessionOptions& options);
  /// Collective, unless an exception unwinds: then the links are simply dropped.
  ~CommunicatorSession();
  CommunicatorSession(const CommunicatorSession&) = delete;
  CommunicatorSession& operator=(const CommunicatorSession&) = delete;

  [[nodiscard]] const parallel::Communicator& communicator() const { return comm_; }

 private:
  void start(const SessionOptions& options);
  void finish();
  parallel::Communicator comm_;
  int timeout_seconds_;
  std::unique_ptr<TrackerAdapter> tracker_;  // on the root
  bool started_ = false;
  int uncaught_ = std::uncaught_exceptions();
};

}  // namespace proffer::boosting
