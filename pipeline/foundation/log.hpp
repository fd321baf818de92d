// What a job says while it works: lines on stderr for people, one JSON line per step in log.jsonl for programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace proffer {

enum class LogLevel { debug, info, warning, error, off };
/// Reads "debug", "info", "warning", "error", "off"; UsageError otherwise.
[[nodiscard]] LogLevel log_level(std::string_view name);

struct LogOptions {
  LogLevel level = LogLevel::info;
  bool quiet = false;  ///< -q: warnings and errors only
  bool speaks = true;  ///< false on every rank but one: nothing is printed
};

/// Passed explicitly to whoever has something to say; not global. Independent. Only the rank that speaks prints.
class Log {
 public:
  explicit Log(LogOptions options);
  ~Log();
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  /// From now on also appends JSON lines to this file (on the rank that speaks).
  void also_to(const std::filesystem::path& jsonl);
  void debug(std::string_view text);
  void info(std::string_view text);
  void warning(std::string_view text);
  void error(std::string_view text);
  /// One JSON line {"time","stage","step",…fields} in log.jsonl. `fields` is a JSON object's text.
  void step(std::string_view stage, std::string_view step, std::string_view fields);
  /// Whether a progress bar may be drawn: speaks, not quiet, stderr is a terminal.
  [[nodiscard]] bool draws() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A progress bar with rows/s and time left on a terminal (colour unless NO_COLOR is set), silent elsewhere.
/// Independent; counts the rows of this rank out of this rank's total.
class Progress {
 public:
  Progress(const Log& log, std::string label, std::uint64_t total_rows);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(std::uint64_t rows);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proffer
