#include "foundation/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer {
namespace {

struct Level {
  LogLevel level;
  const char* name;
  const char* prefix;  // what a line on stderr begins with
  spdlog::level::level_enum of_spdlog;
};

constexpr std::array<Level, 5> levels{{
    {LogLevel::debug, "debug", "debug: ", spdlog::level::debug},
    {LogLevel::info, "info", "proffer: ", spdlog::level::info},
    {LogLevel::warning, "warning", "warning: ", spdlog::level::warn},
    {LogLevel::error, "error", "error: ", spdlog::level::err},
    {LogLevel::off, "off", "", spdlog::level::off},
}};

const Level& describe(LogLevel level) {
  return levels.at(static_cast<std::size_t>(level));
}

/// 2024-05-31T09:15:02.123Z
std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds);
}

}  // namespace

LogLevel log_level(std::string_view name) {
  for (const auto& level : levels)
    if (level.name == name) return level.level;
  std::vector<std::string> names;
  names.reserve(levels.size());
  for (const auto& level : levels) names.emplace_back(level.name);
  throw UsageError({fmt::format("unknown log level '{}'", name), "", "use " + one_of(names)});
}

struct Log::State {
  explicit State(LogOptions chosen) : options(chosen) {
    const LogLevel least = options.quiet ? std::max(options.level, LogLevel::warning) : options.level;
    logger.set_level(options.speaks ? describe(least).of_spdlog : spdlog::level::off);
    logger.set_pattern("%v");
    logger.flush_on(spdlog::level::trace);
  }

  void say(LogLevel level, std::string_view text) {
    const Level& described = describe(level);
    // A line wipes a progress bar that is being drawn; the bar comes back with its next step.
    if (logger.should_log(described.of_spdlog))
      logger.log(described.of_spdlog, "{}{}{}", draws ? "\r\033[K" : "", described.prefix, text);
    if (file.is_open() && level >= std::min(options.level, LogLevel::info)) {
      nlohmann::ordered_json line;
      line["time"] = utc_now();
      line["level"] = described.name;
      line["text"] = text;
      write(line);
    }
  }

  void write(const nlohmann::ordered_json& line) {
    // Text that is no UTF-8 must not make the log fail.
    file << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n' << std::flush;
  }

  LogOptions options;
  bool draws = options.speaks && !options.quiet && options.level <= LogLevel::info && isatty(STDERR_FILENO) == 1;
  spdlog::logger logger{"proffer", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::ofstream file;
};

Log::Log(LogOptions options) : state_(std::make_unique<State>(options)) {}
Log::~Log() = default;
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;

void Log::also_to(const std::filesystem::path& jsonl) {
  if (!state_->options.speaks) return;
  state_->file = std::ofstream(jsonl, std::ios::app);
  if (!state_->file)
    throw SystemError({"cannot write the log " + jsonl.string(), std::generic_category().message(errno),
                       "check that the directory exists and may be written"});
}

void Log::debug(std::string_view text) {
  state_->say(LogLevel::debug, text);
}
void Log::info(std::string_view text) {
  state_->say(LogLevel::info, text);
}
void Log::warning(std::string_view text) {
  state_->say(LogLevel::warning, text);
}
void Log::error(std::string_view text) {
  state_->say(LogLevel::error, text);
}

void Log::step(std::string_view stage, std::string_view step, std::string_view fields) {
  if (!state_->file.is_open()) return;
  const auto given = nlohmann::ordered_json::parse(fields.empty() ? "{}" : fields, nullptr, false);
  expects(given.is_object(), "Log::step: fields must be the text of a JSON object");
  nlohmann::ordered_json line;
  line["time"] = utc_now();
  line["stage"] = stage;
  line["step"] = step;
  for (const auto& [name, value] : given.items()) line[name] = value;
  state_->write(line);
}

bool Log::draws() const {
  return state_->draws;
}

}  // namespace proffer
