// A stage is one step of the way from borrower records to a list; a job runs one stage, `proffer run` all that the
// config has sections for. Both go through run_stages, over one run directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/log.hpp"
#include "parallel/communicator.hpp"
#include "runs/run_directory.hpp"
#include "settings/section.hpp"
#include "storage/table_file.hpp"

namespace proffer::jobs {

/// What the user typed.
struct Invocation {
  std::string job;
  std::vector<std::string> inputs;
  std::vector<std::string> sets;
  std::filesystem::path out;
  bool resume = false;
  bool dry_run = false;
  bool check_config = false;
  bool dump_default_config = false;
  bool settings_reference = false;
  bool full = false;  ///< verify: rescore every borrower against every offer
};

/// What every job works with.
struct Context {
  const parallel::Communicator& comm;
  Log& log;
  const Invocation& invocation;
};

/// Settings that belong to no stage.
struct CommonSettings {
  std::uint64_t seed = 0;
  int threads = 1;
};
[[nodiscard]] CommonSettings read_common(const settings::Section& root, const parallel::Communicator& comm);

/// What a stage works with while it runs.
struct Workplace {
  const parallel::Communicator& comm;
  Log& log;
  runs::RunDirectory& directory;
  CommonSettings common;
  /// What the stages before this one found out, by stage name (facts of the manifest).
  nlohmann::json earlier;
};

struct StageResult {
  std::vector<storage::Published> files;
  std::uint64_t rows = 0;  ///< rows gone through, all ranks
  nlohmann::json facts = nlohmann::json::object();
  ExitCode code = ExitCode::done;
};

/// A file from outside the run directory; its digest enters the config hash.
struct Input {
  std::string name;
  std::filesystem::path path;
};

class Stage {
 public:
  virtual ~Stage() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::vector<Input> inputs() const { return {}; }
  /// Collective.
  virtual StageResult run(Workplace& place) = 0;
};

/// Reads the stage's settings. `alone`: no earlier stage of this run makes its inputs, so the config must name them.
using MakeStage = std::function<std::unique_ptr<Stage>(const settings::Config& config, bool alone)>;

[[nodiscard]] std::unique_ptr<Stage> make_generate(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_ingest(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_links(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_enrich(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_train(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_score(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_combine(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_review(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_collections(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_frontier(const settings::Config& config, bool alone);
[[nodiscard]] std::unique_ptr<Stage> make_sensitivity(const settings::Config& config, bool alone);

/// Collective. Runs a job that is one stage (makers.size() == 1) or several: config, checks, hash, run directory,
/// stages in order (those already complete are passed over), manifest. Makers get the config.
ExitCode run_stages(const Context& context, const std::function<std::vector<MakeStage>(const settings::Config&)>& plan);

/// The jobs that are no stages.
ExitCode run(const Context& context);
ExitCode inspect(const Context& context);
ExitCode verify(const Context& context);

}  // namespace proffer::jobs
