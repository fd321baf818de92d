// XGBoost 1.7 – 2.0 leaves the tracker to its caller: ours.
#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>

#include "boosting/communicator/rabit_tracker.hpp"
#include "boosting/communicator/tracker_adapter.hpp"

namespace proffer::boosting {
namespace {

class RabitAdapter : public TrackerAdapter {
 public:
  RabitAdapter(const std::string& address, int workers, const std::string& token, int timeout_seconds)
      : tracker_(address, workers, token), timeout_(timeout_seconds) {
    work_ = std::async(std::launch::async, [this] { tracker_.gather(Clock::now() + timeout_); });
  }
  [[nodiscard]] std::uint16_t port() const override { return tracker_.port(); }
  void all_joined() override { work_.get(); }
  void before_farewell() override {
    tracker_.listen();
    work_ = std::async(std::launch::async,
                       [this] { tracker_.see_off(Clock::now() + std::min(timeout_, std::chrono::seconds(60))); });
  }
  void all_left() override { work_.get(); }

 private:
  RabitTracker tracker_;
  std::chrono::seconds timeout_;
  std::future<void> work_;  // last: its destructor waits for the thread, which uses the others
};

}  // namespace

std::unique_ptr<TrackerAdapter> start_tracker(const std::string& address, int workers, const std::string& token,
                                              int timeout_seconds) {
  return std::make_unique<RabitAdapter>(address, workers, token, timeout_seconds);
}

std::string worker_config(const std::string& address, std::uint16_t port, const std::string& token, int rank,
                          int timeout_seconds) {
  // rabit takes its settings as texts and reads them with sscanf.
  return nlohmann::json{
      {"xgboost_communicator", "rabit"},           {"DMLC_TRACKER_URI", address},
      {"DMLC_TRACKER_PORT", std::to_string(port)}, {"DMLC_TASK_ID", task_id(token, rank)},
      {"DMLC_WORKER_CONNECT_RETRY", "5"},          {"rabit_timeout_sec", std::to_string(timeout_seconds)},
      {"rabit_enable_tcp_no_delay", "true"}}
      .dump();
}

}  // namespace proffer::boosting
