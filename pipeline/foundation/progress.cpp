#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "foundation/log.hpp"

namespace proffer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int bar_width = 24;

/// 1234567 rows/s → "1.23 M"
std::string in_units(double rate) {
  if (rate >= 1e9) return fmt::format("{:.2f} G", rate / 1e9);
  if (rate >= 1e6) return fmt::format("{:.2f} M", rate / 1e6);
  if (rate >= 1e3) return fmt::format("{:.1f} k", rate / 1e3);
  return fmt::format("{:.0f} ", rate);
}

std::string minutes_and_seconds(double seconds) {
  const auto whole = static_cast<long long>(std::min(seconds, 359999.0));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

struct Progress::State {
  std::string label;
  std::uint64_t total;
  std::uint64_t done = 0;
  bool coloured = std::getenv("NO_COLOR") == nullptr;
  Clock::time_point begin = Clock::now();
  Clock::time_point drawn{};

  void draw() {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const double share = total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0.0;
    const auto filled = static_cast<std::size_t>(share * bar_width);
    const std::string bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
    const double left = rate > 0 && total > done ? static_cast<double>(total - done) / rate : 0.0;
    std::string numbers = fmt::format(" {:3.0f} %  {}rows/s", 100 * share, in_units(rate));
    if (total > done && done > 0) numbers += "  " + minutes_and_seconds(left) + " left";
    // A line wider than the terminal would wrap and could not be wiped.
    const std::size_t columns = terminal_columns();
    const std::string name = label.substr(0, columns > bar_width + 48 ? columns - bar_width - 48 : 0);
    fmt::print(stderr, "\r\033[K{} {}{}{}{}", name, coloured ? "\033[36m" : "", bar, coloured ? "\033[0m" : "",
               numbers);
    std::fflush(stderr);
    drawn = Clock::now();
  }
};

Progress::Progress(const Log& log, std::string label, std::uint64_t total_rows) {
  if (!log.draws()) return;
  state_ = std::make_unique<State>();
  state_->label = std::move(label);
  state_->total = total_rows;
}

Progress::~Progress() {
  if (!state_ || state_->drawn == Clock::time_point{}) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

void Progress::advance(std::uint64_t rows) {
  if (!state_) return;
  state_->done += rows;
  if (Clock::now() - state_->drawn > std::chrono::milliseconds(100)) state_->draw();
}

}  // namespace proffer
