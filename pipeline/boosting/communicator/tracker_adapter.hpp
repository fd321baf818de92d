// What a session needs of a tracker. One implementation per protocol; CMake compiles the one that fits the installed
// XGBoost: rabit_adapter.cpp (1.7 – 2.0) or xgtracker_adapter.cpp (from 2.1).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace proffer::boosting {

class TrackerAdapter {
 public:
  virtual ~TrackerAdapter() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// Waits, after this rank has joined (or failed to), until the tracker has seen everybody in. Throws what went wrong.
  virtual void all_joined() = 0;
  /// Prepares for the ranks' farewells, before any rank leaves.
  virtual void before_farewell() = 0;
  /// Waits for all farewells.
  virtual void all_left() = 0;
};

/// Starts a tracker at `address` for so many workers that know `token`. Returns at once; it works in a thread.
[[nodiscard]] std::unique_ptr<TrackerAdapter> start_tracker(const std::string& address, int workers,
                                                            const std::string& token, int timeout_seconds);

/// The JSON for XGCommunicatorInit of the worker with this rank.
[[nodiscard]] std::string worker_config(const std::string& address, std::uint16_t port, const std::string& token,
                                        int rank, int timeout_seconds);

}  // namespace proffer::boosting
