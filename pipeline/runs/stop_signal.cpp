#include "runs/stop_signal.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <utility>
#include <vector>

#include "foundation/error.hpp"
#include "parallel/collectives.hpp"

namespace proffer::runs {
namespace {

// A handler can reach nothing but statics; this is the only one.
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void request_stop(int) {
  requested.store(true, std::memory_order_relaxed);
}

}  // namespace

struct StopSignal::Previous {
  std::vector<std::pair<int, struct sigaction>> actions;
};

StopSignal::StopSignal() : previous_(std::make_unique<Previous>()) {
  std::vector<int> signals{SIGUSR1};
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) signals.push_back(SIGTERM);
  requested = false;
  for (int signal : signals) {
    struct sigaction action {};
    action.sa_handler = request_stop;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    struct sigaction before {};
    expects(::sigaction(signal, &action, &before) == 0, "signal handlers can be installed");
    previous_->actions.emplace_back(signal, before);
  }
}

StopSignal::~StopSignal() {
  for (const auto& [signal, before] : previous_->actions) ::sigaction(signal, &before, nullptr);
}

bool StopSignal::raised(const parallel::Communicator& comm) const {
  return parallel::any_over_ranks(comm, requested.load(std::memory_order_relaxed));
}

}  // namespace proffer::runs
