#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "foundation/text.hpp"
#include "jobs/stage.hpp"
#include "parallel/affinity.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "runs/stop_signal.hpp"
#include "storage/publish.hpp"

namespace proffer::jobs {
namespace {

struct Plan {
  CommonSettings common;
  std::vector<std::unique_ptr<Stage>> stages;
};

using Planner = std::function<std::vector<MakeStage>(const settings::Config&)>;

Plan read_plan(const parallel::Communicator& comm, const settings::Config& config, const Planner& planner,
               bool several) {
  Plan plan;
  plan.common = read_common(config.root(), comm);
  for (const MakeStage& make : planner(config)) plan.stages.push_back(make(config, !several));
  return plan;
}

std::filesystem::path run_path(const Invocation& invocation) {
  if (!invocation.out.empty()) return invocation.out;
  return std::filesystem::path("runs") / std::filesystem::path(invocation.inputs.front()).stem();
}

nlohmann::json settings_of(const settings::Config& config, settings::Affects affects) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, value] : config.resolved(affects)) json[name] = value;
  return json;
}

/// Digests the inputs (each is part of the hash) and gives them for the manifest.
nlohmann::json digest_inputs(const parallel::Communicator& comm, settings::Config& config, const Plan& plan) {
  nlohmann::json inputs = nlohmann::json::array();
  for (const auto& stage : plan.stages)
    for (const Input& input : stage->inputs()) {
      const std::string digest = storage::file_digest(comm, input.path);
      config.add_input_digest(input.name, digest);
      inputs.push_back({{"name", input.name}, {"path", input.path.string()}, {"sha256", digest}});
    }
  return inputs;
}

void run_stage(const Context& context, const Plan& plan, Stage& stage, runs::RunDirectory& directory,
               nlohmann::json& earlier, ExitCode& code) {
  const std::string name(stage.name());
  if (directory.stage_complete(name)) {
    context.log.info(fmt::format("{}: already complete", name));
  } else {
    directory.begin_stage(name);
    const auto start = std::chrono::steady_clock::now();
    Workplace place{context.comm, context.log, directory, plan.common, earlier};
    const StageResult result = stage.run(place);
    directory.end_stage(name, result.files, result.rows, result.facts);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::string rows =
        result.rows > 0 ? with_thousands(static_cast<long long>(result.rows)) + " rows in " : std::string();
    context.log.info(fmt::format("{}: {}{:.1f} s", name, rows, seconds));
    context.log.step(name, "complete", nlohmann::json{{"rows", result.rows}, {"seconds", seconds}}.dump());
    if (result.code != ExitCode::done) code = result.code;
  }
  earlier[name] = directory.manifest()["stages"][name].value("facts", nlohmann::json::object());
}

/// Collective. Leaves a directory that --resume continues.
ExitCode stop_before(const Context& context, const Stage& stage, runs::RunDirectory& directory) {
  directory.describe({{"status", "stopped"}});
  context.log.warning(fmt::format("stopped before {} (a signal asked for it): run again with --resume", stage.name()));
  return ExitCode::stopped_at_checkpoint;
}

}  // namespace

CommonSettings read_common(const settings::Section& root, const parallel::Communicator& comm) {
  CommonSettings common;
  common.seed =
      static_cast<std::uint64_t>(root.integer("seed", {.doc = "seed of every random choice", .fallback = 1, .min = 0}));
  const auto threads = root.integer(
      "threads",
      {.doc = "threads of each rank; 0 = SLURM_CPUS_PER_TASK, else the cores this rank may use divided by the "
              "ranks that share them",
       .fallback = 0,
       .min = 0,
       .max = 1024,
       .affects = settings::Affects::speed});
  common.threads = threads > 0 ? static_cast<int>(threads) : parallel::threads_per_rank(comm);
  return common;
}

ExitCode run_stages(const Context& context, const Planner& planner) {
  const parallel::Communicator& comm = context.comm;
  const Invocation& invocation = context.invocation;
  if (invocation.dump_default_config || invocation.settings_reference) {
    settings::Config reference = settings::Config::for_reference();
    (void)read_plan(comm, reference, planner, invocation.job == "run");
    if (comm.is_root())
      std::cout << (invocation.settings_reference ? reference.as_reference() : reference.as_default_yaml());
    return ExitCode::done;
  }
  parallel::together(comm, [&] {
    if (invocation.inputs.size() != 1)
      throw UsageError({fmt::format("{} takes one config file", invocation.job),
                        fmt::format("{} were given", invocation.inputs.size()),
                        fmt::format("proffer {} configs/demo.yaml", invocation.job)});
  });
  settings::Config config = settings::Config::load(comm, invocation.inputs.front(), invocation.sets);
  Plan plan;
  parallel::together(comm, [&] {
    plan = read_plan(comm, config, planner, invocation.job == "run");
    config.refuse_unread();
  });
  if (invocation.check_config) {
    context.log.info(fmt::format("{}: the config is good", invocation.inputs.front()));
    return ExitCode::done;
  }
  const runs::StopSignal stop;
  const nlohmann::json inputs = digest_inputs(comm, config, plan);
  const runs::RunOptions options{run_path(invocation), invocation.job, config.hash(), invocation.resume,
                                 invocation.dry_run};
  runs::RunDirectory directory(comm, options);
  if (directory.opening() == runs::Opening::already_complete) {
    context.log.info(fmt::format("{} is complete with this config: nothing to do", directory.path().string()));
    return ExitCode::done;
  }
  if (invocation.dry_run) {
    for (const auto& stage : plan.stages)
      context.log.info(fmt::format("would {} into {}", stage->name(), directory.path().string()));
    return ExitCode::done;
  }
  context.log.also_to(directory / "log.jsonl");
  directory.describe({{"software", std::string("proffer ") + PROFFER_VERSION},
                      {"config", invocation.inputs.front()},
                      {"settings", settings_of(config, settings::Affects::results)},
                      {"speed_settings", settings_of(config, settings::Affects::speed)},
                      {"inputs", inputs},
                      {"ranks", comm.size()},
                      {"threads", plan.common.threads}});
  nlohmann::json earlier = nlohmann::json::object();
  ExitCode code = ExitCode::done;
  for (const auto& stage : plan.stages) {
    if (stop.raised(comm)) return stop_before(context, *stage, directory);
    run_stage(context, plan, *stage, directory, earlier, code);
  }
  directory.complete();
  context.log.info(fmt::format("done: {}", directory.path().string()));
  return code;
}

}  // namespace proffer::jobs
