// The file that says who works in a run directory. Internal to runs/.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace proffer::runs {

/// A lock without a sign of life for this long is taken over.
inline constexpr std::chrono::minutes heartbeat_limit{10};
inline constexpr std::chrono::seconds heartbeat_interval{60};

/// Who holds a lock, as its file says.
struct LockHolder {
  std::string host;
  std::int64_t pid = 0;
  std::string slurm_job;  ///< empty outside Slurm
  std::chrono::system_clock::time_point heartbeat;

  [[nodiscard]] std::string text() const;
  /// Dead on this host, or silent for longer than heartbeat_limit.
  [[nodiscard]] bool gone() const;
};

/// Independent; held by one rank for all. Made with O_EXCL, since flock is not to be trusted on network file systems. A
/// thread of its own renews the heartbeat through the open file, so a lock that somebody else took over is never
/// touched.
class RunLock {
 public:
  /// SystemError where the directory is in use.
  explicit RunLock(const std::filesystem::path& directory);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  /// SystemError where another job has taken the lock over; renews the heartbeat.
  void confirm();
  /// Who holds the lock of this directory, if anybody does.
  [[nodiscard]] static std::optional<LockHolder> holder(const std::filesystem::path& directory);
  /// The error of a directory that is in use.
  [[noreturn]] static void refuse(const std::filesystem::path& directory, const LockHolder& holder);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "2026-11-22T00:40:00Z"
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace proffer::runs
