// From 2.1 on XGBoost brings its own tracker. It does not check who joins: what it can check is that the ranks are
// exactly those expected, and that is done when they are all in (session.cpp).
#include <xgboost/c_api.h>

#include <nlohmann/json.hpp>

#include "boosting/communicator/tracker_adapter.hpp"
#include "boosting/xgboost_call.hpp"

namespace proffer::boosting {
namespace {

class XgTrackerAdapter : public TrackerAdapter {
 public:
  XgTrackerAdapter(const std::string& address, int workers, int timeout_seconds) {
    const std::string config =
        nlohmann::json{{"dmlc_communicator", "rabit"}, {"n_workers", workers}, {"host", address}, {"port", 0},
                       {"timeout", timeout_seconds},   {"sortby", 1}}
            // by task id: XGBoost's rank becomes the MPI rank
            .dump();
    call(XGTrackerCreate(config.c_str(), &tracker_), "XGTrackerCreate");
    try {
      call(XGTrackerRun(tracker_, "{}"), "XGTrackerRun");
      const char* arguments = nullptr;
      call(XGTrackerWorkerArgs(tracker_, &arguments), "XGTrackerWorkerArgs");
      port_ = nlohmann::json::parse(arguments).at("dmlc_tracker_port").get<std::uint16_t>();
    } catch (...) {
      XGTrackerFree(tracker_);
      throw;
    }
  }
  ~XgTrackerAdapter() override {
    // Freeing waits for the tracker's thread, which a stranger that connects and says nothing can hold for ever: better
    // to leave it behind.
    if (!stuck_) XGTrackerFree(tracker_);
  }
  XgTrackerAdapter(const XgTrackerAdapter&) = delete;
  XgTrackerAdapter& operator=(const XgTrackerAdapter&) = delete;

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  void all_joined() override {}
  void before_farewell() override {}
  void all_left() override {
    stuck_ = true;
    call(XGTrackerWaitFor(tracker_, R"({"timeout": 10})"), "XGTrackerWaitFor");
    stuck_ = false;
  }

 private:
  TrackerHandle tracker_ = nullptr;
  std::uint16_t port_ = 0;
  bool stuck_ = false;
};

}  // namespace

std::unique_ptr<TrackerAdapter> start_tracker(const std::string& address, int workers, const std::string&,
                                              int timeout_seconds) {
  return std::make_unique<XgTrackerAdapter>(address, workers, timeout_seconds);
}

std::string worker_config(const std::string& address, std::uint16_t port, const std::string& token, int rank,
                          int timeout_seconds) {
  std::string number = std::to_string(rank);
  number.insert(0, 8 - number.size(), '0');  // the tracker sorts task ids as texts
  return nlohmann::json{{"dmlc_communicator", "rabit"},
                        {"dmlc_tracker_uri", address},
                        {"dmlc_tracker_port", port},
                        {"dmlc_task_id", token + "-" + number},
                        {"dmlc_retry", 5},
                        {"dmlc_timeout", timeout_seconds}}
      .dump();
}

}  // namespace proffer::boosting
