#include "boosting/communicator/session.hpp"

#include <xgboost/c_api.h>

#include <chrono>
#include <random>
#include <utility>

#include "boosting/communicator/interrupt.hpp"
#include "boosting/communicator/socket.hpp"
#include "boosting/communicator/tracker_adapter.hpp"
#include "boosting/xgboost_call.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::boosting {
namespace {

/// 128 bits nobody can guess, as hexadecimal digits.
std::string random_token() {
  constexpr char digits[] = "0123456789abcdef";
  std::random_device device;
  std::string token;
  for (int word = 0; word < 4; ++word) {
    std::uint32_t bits = device();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) token += digits[bits & 15U];
  }
  return token;
}

std::exception_ptr caught(const auto& work) {
  try {
    work();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

void join(const std::string& config, int rank, int size, int timeout_seconds) {
  // A little longer than the tracker waits, so that its message, which says more, comes first.
  const InterruptAfter interrupt(std::chrono::seconds(timeout_seconds) + std::chrono::seconds(2));
  call(XGCommunicatorInit(config.c_str()), "XGCommunicatorInit");
  if (XGCommunicatorGetRank() != rank || XGCommunicatorGetWorldSize() != size)
    throw SystemError({"training's network is not made of the ranks of this job",
                       "XGBoost calls rank " + std::to_string(rank) + " of " + std::to_string(size) + " rank " +
                           std::to_string(XGCommunicatorGetRank()) + " of " +
                           std::to_string(XGCommunicatorGetWorldSize()),
                       "check what else connects to this host"});
}

}  // namespace

CommunicatorSession::CommunicatorSession(const parallel::Communicator& comm, const SessionOptions& options)
    : comm_(comm), timeout_seconds_(options.timeout_seconds) {
  silence_xgboost();
  if (comm_.size() > 1) start(options);
}

void CommunicatorSession::start(const SessionOptions& options) {
  const bool one_host = parallel::any_over_ranks(comm_, comm_.ranks_on_this_host() < comm_.size()) == false;
  std::string address;
  std::string token;
  std::uint16_t port = 0;
  parallel::on_root(comm_, [&] {
    address = one_host ? "127.0.0.1" : address_of_interface(options.network_interface);
    token = random_token();
    tracker_ = start_tracker(address, comm_.size(), token, timeout_seconds_);
    port = tracker_->port();
  });
  address = parallel::broadcast(comm_, address);
  token = parallel::broadcast(comm_, token);
  parallel::broadcast(comm_, std::span(&port, 1));

  const std::string config = worker_config(address, port, token, comm_.rank(), timeout_seconds_);
  std::exception_ptr error = caught([&] { join(config, comm_.rank(), comm_.size(), timeout_seconds_); });
  // What the tracker says tells more than what a worker noticed of it.
  if (tracker_)
    if (auto tracker_error = caught([&] { tracker_->all_joined(); })) error = tracker_error;
  parallel::agree(comm_, error);
  started_ = true;
}

void CommunicatorSession::finish() {
  // The models are trained and safe: a farewell that fails changes nothing, but every rank must come to the barrier.
  bool heard = false;
  if (tracker_) heard = !caught([&] { tracker_->before_farewell(); });
  parallel::barrier(comm_);
  const InterruptAfter interrupt{std::chrono::seconds(10)};
  XGCommunicatorFinalize();
  if (heard) (void)caught([&] { tracker_->all_left(); });
}

CommunicatorSession::~CommunicatorSession() {
  if (!started_ || std::uncaught_exceptions() > uncaught_) return;
  try {
    finish();
  } catch (const std::exception&) {
    // Only the barrier can fail, because a rank died; whatever comes next will say so.
  }
}

}  // namespace proffer::boosting
