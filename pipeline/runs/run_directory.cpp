#include "runs/run_directory.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "runs/run_lock.hpp"
#include "storage/publish.hpp"

namespace proffer::runs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::steady_clock;
using std::chrono::system_clock;

std::string now() {
  return utc_text(system_clock::now());
}

/// What is in a directory before this run.
struct Found {
  bool holds_results = false;  ///< anything but a lock, temporary files or a manifest
  bool empty = true;           ///< nothing but a lock
  std::optional<json> manifest;
};

Found look_into(const fs::path& directory) {
  Found found;
  std::error_code error;
  const auto status = fs::status(directory, error);
  if (!fs::exists(status)) return found;
  if (!fs::is_directory(status))
    throw UsageError({directory.string() + " is a file", "a run directory was expected", "choose another --out"});
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const fs::path name = entry.path().filename();
    if (name.string().starts_with("lock")) continue;
    found.empty = false;
    if (name != "manifest.json" && name.extension() != ".partial") found.holds_results = true;
  }
  if (error) throw UsageError({directory.string() + " cannot be read", error.message(), "check its permissions"});
  const fs::path manifest = directory / "manifest.json";
  if (!fs::exists(manifest)) return found;
  found.manifest = json::parse(storage::read_text_file(manifest), nullptr, false);
  const json& read = *found.manifest;
  if (!read.is_object() || !read.contains("status") || !read.contains("config_hash") || !read.contains("stages"))
    throw DataError({manifest.string() + " is damaged", "not the JSON of a run", "choose another --out"});
  return found;
}

bool files_are_there(const fs::path& directory, const json& stage) {
  for (const json& file : stage.value("files", json::array())) {
    std::error_code error;
    const auto bytes = fs::file_size(directory / file.value("path", ""), error);
    if (error || bytes != file.value("bytes", std::uint64_t{0})) return false;
  }
  return true;
}

std::set<std::string> complete_stages(const fs::path& directory, const json& manifest) {
  std::set<std::string> complete;
  for (const auto& [name, stage] : manifest["stages"].items())
    if (stage.value("status", "") == "complete" && files_are_there(directory, stage)) complete.insert(name);
  return complete;
}

bool same_run(const json& manifest, const RunOptions& options) {
  return manifest.value("config_hash", "") == options.config_hash && manifest.value("job", "") == options.job;
}

/// What --out and --resume mean for what was found; UsageError where they do not fit.
Opening judge(const Found& found, const RunOptions& options) {
  const std::string out = options.out.string();
  if (found.manifest && same_run(*found.manifest, options) && found.manifest->value("status", "") == "complete" &&
      complete_stages(options.out, *found.manifest).size() == (*found.manifest)["stages"].size())
    return Opening::already_complete;
  if (found.empty) return Opening::fresh;
  if (found.manifest && !same_run(*found.manifest, options))
    throw UsageError({out + " holds another run",
                      fmt::format("job {} with config_hash {}, not {} with {}", found.manifest->value("job", "?"),
                                  found.manifest->value("config_hash", "?").substr(0, 12), options.job,
                                  options.config_hash.substr(0, 12)),
                      "choose another --out, or go back to its config and inputs"});
  if (!options.resume)
    throw UsageError(
        {out + " is not empty", found.manifest ? "an unfinished run of the same config" : "no manifest.json",
         found.manifest ? "add --resume to continue it, or choose another --out" : "choose another --out"});
  if (!found.manifest && found.holds_results)
    throw UsageError({out + " cannot be resumed", "it holds files but no manifest.json", "choose another --out"});
  return found.manifest ? Opening::resumed : Opening::fresh;
}

void remove_temporary_files(const fs::path& directory) {
  std::vector<fs::path> stale;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file() && entry.path().extension() == ".partial") stale.push_back(entry.path());
  for (const auto& path : stale) fs::remove(path);
}

json new_manifest(const RunOptions& options, int ranks) {
  return {
      {"format", "proffer-run"}, {"format_version", "1.0"}, {"job", options.job}, {"config_hash", options.config_hash},
      {"status", "running"},     {"started", now()},        {"ranks", ranks},     {"stages", json::object()}};
}

}  // namespace

struct RunDirectory::State {
  parallel::Communicator comm;
  RunOptions options;
  Opening opening = Opening::fresh;
  json manifest;
  std::set<std::string> complete;
  std::unique_ptr<RunLock> lock;  // root only
  std::map<std::string, steady_clock::time_point, std::less<>> started;

  void open();
  void start();
  void share();
  void write() const { storage::write_text_file(options.out / "manifest.json", manifest.dump(2) + "\n"); }
  /// Collective. The root changes the manifest and writes it; every rank gets it.
  void change(const std::function<void(json&)>& edit);
  [[nodiscard]] json describe_file(const storage::Published& file) const;
};

// Root only. Looks before locking, because a complete run needs no lock, and again after, because another job may have
// been at work in between.
void RunDirectory::State::open() {
  try {
    opening = judge(look_into(options.out), options);
  } catch (const UsageError&) {
    const auto holder = RunLock::holder(options.out);
    if (holder && !holder->gone()) RunLock::refuse(options.out, *holder);
    throw;
  }
  if (opening != Opening::already_complete && !options.dry_run) {
    std::error_code error;
    fs::create_directories(options.out, error);
    if (error)
      throw SystemError({options.out.string() + " cannot be made", error.message(), "check --out and permissions"});
    lock = std::make_unique<RunLock>(options.out);
    opening = judge(look_into(options.out), options);
  }
  const Found found = look_into(options.out);
  if (opening != Opening::fresh) manifest = *found.manifest;
  if (opening == Opening::fresh) manifest = new_manifest(options, comm.size());
  complete = complete_stages(options.out, manifest);
}

// Root only.
void RunDirectory::State::start() {
  if (opening == Opening::already_complete || options.dry_run) return lock.reset();
  remove_temporary_files(options.out);
  if (opening == Opening::resumed) {
    manifest["status"] = "running";
    manifest["resumed"].push_back(now());
    manifest["ranks"] = comm.size();
  }
  write();
}

void RunDirectory::State::share() {
  manifest = json::parse(parallel::broadcast(comm, comm.is_root() ? manifest.dump() : std::string()));
}

void RunDirectory::State::change(const std::function<void(json&)>& edit) {
  parallel::on_root(comm, [&] {
    lock->confirm();
    edit(manifest);
    write();
  });
  share();
}

json RunDirectory::State::describe_file(const storage::Published& file) const {
  const fs::path relative = fs::absolute(file.path).lexically_relative(fs::absolute(options.out));
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return {{"path", (inside ? relative : fs::absolute(file.path)).generic_string()},
          {"bytes", file.bytes},
          {"sha256", file.sha256}};
}

RunDirectory::RunDirectory(const parallel::Communicator& comm, RunOptions options)
    : state_(new State{comm, std::move(options), {}, {}, {}, {}, {}}) {
  parallel::on_root(comm, [&] {
    state_->open();
    state_->start();
  });
  state_->share();
  const json complete = json::parse(parallel::broadcast(comm, json(state_->complete).dump()));
  state_->complete = complete.get<std::set<std::string>>();
  auto opening = static_cast<std::int64_t>(state_->opening);
  parallel::broadcast(comm, std::span(&opening, 1));
  state_->opening = static_cast<Opening>(opening);
}
RunDirectory::~RunDirectory() = default;
RunDirectory::RunDirectory(RunDirectory&&) noexcept = default;

Opening RunDirectory::opening() const {
  return state_->opening;
}
const fs::path& RunDirectory::path() const {
  return state_->options.out;
}
fs::path RunDirectory::operator/(std::string_view relative) const {
  return path() / relative;
}
const json& RunDirectory::manifest() const {
  return state_->manifest;
}

std::string RunDirectory::recorded_digest(const fs::path& file) const {
  const auto digest_in = [&](const json& files, const fs::path& below) -> std::string {
    for (const json& each : files)
      if (fs::absolute(below / each.at("path").get<std::string>()) == fs::absolute(file)) return each.at("sha256");
    return {};
  };
  if (manifest().contains("inputs"))
    if (std::string digest = digest_in(manifest()["inputs"], {}); !digest.empty()) return digest;
  for (const json& stage : manifest()["stages"])
    if (stage.contains("files"))
      if (std::string digest = digest_in(stage["files"], path()); !digest.empty()) return digest;
  return {};
}

bool RunDirectory::stage_complete(std::string_view stage) const {
  return state_->complete.contains(std::string(stage));
}

void RunDirectory::begin_stage(std::string_view stage) {
  const std::string name(stage);
  state_->complete.erase(name);
  state_->started[name] = steady_clock::now();
  reset_peak_memory();
  state_->change([&](json& manifest) { manifest["stages"][name] = {{"status", "running"}, {"started", now()}}; });
}

void RunDirectory::end_stage(std::string_view stage, const std::vector<storage::Published>& files, std::uint64_t rows,
                             const json& facts) {
  const std::string name(stage);
  const auto started = state_->started.find(stage);
  expects(started != state_->started.end(), "a stage begins before it ends");
  const std::uint64_t mine = peak_memory_bytes();
  const auto peaks = parallel::all_gather(state_->comm, std::span<const std::uint64_t>(&mine, 1));
  const double seconds = std::chrono::duration<double>(steady_clock::now() - started->second).count();
  state_->change([&](json& manifest) {
    json& entry = manifest["stages"][name];
    entry["status"] = "complete";
    entry["finished"] = now();
    entry["seconds"] = seconds;
    entry["rows"] = rows;
    entry["files"] = json::array();
    for (const auto& file : files) entry["files"].push_back(state_->describe_file(file));
    entry["peak_memory_bytes"] = peaks;
    entry["facts"] = facts;
  });
  state_->complete.insert(name);
}

void RunDirectory::describe(const json& facts) {
  state_->change([&](json& manifest) { manifest.update(facts); });
}

void RunDirectory::complete() {
  state_->change([&](json& manifest) {
    manifest["status"] = "complete";
    manifest["finished"] = now();
  });
}

}  // namespace proffer::runs
