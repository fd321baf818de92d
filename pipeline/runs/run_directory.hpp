// The run directory: manifest, lock, log, what is complete, what --out and --resume mean.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::runs {

enum class Opening { fresh, resumed, already_complete };

struct RunOptions {
  std::filesystem::path out;
  std::string job;  ///< "train", "run" …
  std::string config_hash;
  bool resume = false;
  bool dry_run = false;  ///< only says what would be; makes, locks and writes nothing
};

/// Without resume: an `out` that is complete with the same hash → already_complete; any other non-empty `out` →
/// UsageError. With resume: continue or start; another hash → UsageError. A locked directory → SystemError naming the
/// holder (host, pid, Slurm job, heartbeat); a lock whose process is dead on this host or whose heartbeat is older than
/// ten minutes is taken over. A complete run whose files are gone or of another size counts as unfinished. Temporary
/// files
/// (*.partial) of a killed run are removed when it is resumed.
class RunDirectory {
 public:
  /// Collective.
  RunDirectory(const parallel::Communicator& comm, RunOptions options);
  ~RunDirectory();  ///< gives the lock back
  RunDirectory(RunDirectory&&) noexcept;

  [[nodiscard]] Opening opening() const;
  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] std::filesystem::path operator/(std::string_view relative) const;

  /// Whether the manifest says that the stage is complete and its files are there with the sizes it names. Same on
  /// every rank.
  [[nodiscard]] bool stage_complete(std::string_view stage) const;
  /// Collective. Marks the start of a stage (its clock and its peak memory start). This and end_stage throw SystemError
  /// where another job has taken the lock over.
  void begin_stage(std::string_view stage);
  /// Collective. Records the files of the finished stage (paths inside the run directory), seconds, rows, and the peak
  /// memory of every rank, and rewrites the manifest (root). Only root's `facts` (any JSON) are kept.
  void end_stage(std::string_view stage, const std::vector<storage::Published>& files, std::uint64_t rows,
                 const nlohmann::json& facts = nlohmann::json::object());
  /// Collective. Top-level facts of the manifest: version, config, inputs and digests, ranks, threads.
  void describe(const nlohmann::json& facts);
  /// Collective. Marks the whole run complete.
  void complete();
  [[nodiscard]] const nlohmann::json& manifest() const;
  /// SHA-256 of a file as the manifest has it, among its inputs or the files of its stages; empty where it has none.
  /// The same on every rank.
  [[nodiscard]] std::string recorded_digest(const std::filesystem::path& file) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Peak resident memory of this process since the last reset, bytes. Independent.
[[nodiscard]] std::uint64_t peak_memory_bytes();
/// Lets the peak start again from the memory in use now, where the kernel allows it. Independent.
void reset_peak_memory();

}  // namespace proffer::runs
