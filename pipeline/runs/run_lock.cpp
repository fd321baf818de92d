#include "runs/run_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "foundation/error.hpp"

namespace proffer::runs {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::system_clock;

fs::path lock_file(const fs::path& directory) {
  return directory / "lock";
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string slurm_job() {
  const char* job = std::getenv("SLURM_JOB_ID");
  return job ? job : "";
}

/// Always of the same length within one process, so that it can be written over itself.
std::string content(Clock::time_point now) {
  const nlohmann::json json{
      {"host", host_name()}, {"pid", ::getpid()}, {"slurm_job", slurm_job()}, {"heartbeat", utc_text(now)}};
  return json.dump() + "\n";
}

std::optional<Clock::time_point> time_of(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return Clock::from_time_t(::timegm(&parts));
}

std::optional<std::string> read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

LockHolder parse(const std::string& text, const fs::path& path) {
  LockHolder holder;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  std::optional<Clock::time_point> heartbeat;
  if (json.is_object()) {
    holder.host = json.value("host", "");
    holder.pid = json.value("pid", std::int64_t{0});
    holder.slurm_job = json.value("slurm_job", "");
    heartbeat = time_of(json.value("heartbeat", ""));
  }
  if (!heartbeat) {
    // Made but not yet filled, or damaged: its age must do.
    struct stat status {};
    heartbeat = ::stat(path.c_str(), &status) == 0 ? Clock::from_time_t(status.st_mtime) : Clock::now();
  }
  holder.heartbeat = *heartbeat;
  return holder;
}

SystemError failed(const fs::path& path, int error) {
  return SystemError({path.string() + " cannot be made", std::system_category().message(error),
                      "check the directory and its permissions"});
}

/// Makes the file if it is not there; -1 where it is.
int create(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno != EEXIST) throw failed(path, errno);
  return fd;
}

/// Moves a lock aside that was found to be gone. Renaming is atomic: if between looking and renaming another job took
/// the lock over, its file is what we moved, and we give it back.
void take_away(const fs::path& directory, const std::string& judged) {
  const fs::path path = lock_file(directory);
  fs::path aside = path;
  aside += fmt::format(".{}.{}", host_name(), ::getpid());
  if (::rename(path.c_str(), aside.c_str()) != 0) return;
  const auto moved = read(aside);
  if (moved && *moved != judged) (void)::link(aside.c_str(), path.c_str());
  (void)::unlink(aside.c_str());
}

bool same_file(int fd, const fs::path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_ino == named.st_ino &&
         ours.st_dev == named.st_dev;
}

}  // namespace

std::string utc_text(Clock::time_point time) {
  const std::time_t seconds = Clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string LockHolder::text() const {
  std::string who = host.empty() ? "a process that is just starting" : fmt::format("process {} on {}", pid, host);
  if (!slurm_job.empty()) who += fmt::format(", Slurm job {}", slurm_job);
  return fmt::format("{}, last heartbeat {}", who, utc_text(heartbeat));
}

bool LockHolder::gone() const {
  if (pid > 0 && host == host_name() && ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return true;
  return Clock::now() - heartbeat > heartbeat_limit;
}

struct RunLock::State {
  fs::path directory;
  int fd = -1;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::jthread heart;  // last: stopped and joined before the rest goes

  void beat() const {
    const std::string text = content(Clock::now());
    // A heartbeat that cannot be written now is tried again; confirm() finds out whether the lock was lost.
    (void)!::pwrite(fd, text.data(), text.size(), 0);
  }
  void keep_beating(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, heartbeat_interval, [&] { return stop.stop_requested(); })) beat();
  }
};

std::optional<LockHolder> RunLock::holder(const fs::path& directory) {
  const auto text = read(lock_file(directory));
  if (!text) return std::nullopt;
  return parse(*text, lock_file(directory));
}

void RunLock::refuse(const fs::path& directory, const LockHolder& holder) {
  throw SystemError({directory.string() + " is in use", holder.text(),
                     fmt::format("wait for it to end, or remove {} if it is gone", lock_file(directory).string())});
}

RunLock::RunLock(const fs::path& directory) : state_(std::make_unique<State>()) {
  state_->directory = directory;
  const fs::path path = lock_file(directory);
  for (int attempt = 0; (state_->fd = create(path)) < 0; ++attempt) {
    const auto text = read(path);
    if (!text) continue;  // given back just now
    const LockHolder found = parse(*text, path);
    if (!found.gone() || attempt > 3) refuse(directory, found);
    take_away(directory, *text);
  }
  state_->beat();
  state_->heart = std::jthread([state = state_.get()](const std::stop_token& stop) { state->keep_beating(stop); });
}

RunLock::~RunLock() {
  state_->heart = {};
  if (same_file(state_->fd, lock_file(state_->directory))) (void)::unlink(lock_file(state_->directory).c_str());
  ::close(state_->fd);
}

void RunLock::confirm() {
  if (same_file(state_->fd, lock_file(state_->directory))) return state_->beat();
  const auto other = holder(state_->directory);
  throw SystemError({"the lock of " + state_->directory.string() + " was lost",
                     other ? "now held by " + other->text() : "its file was removed",
                     "let one job at a time work in a run directory"});
}

}  // namespace proffer::runs
