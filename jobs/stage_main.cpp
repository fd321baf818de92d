// The one executable: MPI session, command line, logging, the single catch.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <new>
#include <thread>

#include "boosting/library.hpp"
#include "foundation/text.hpp"
#include "jobs/launch.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/library.hpp"
#include "storage/library.hpp"

namespace proffer::jobs {
namespace {

using Job = std::function<ExitCode(const Context&)>;

Job single(MakeStage make) {
  return [make = std::move(make)](const Context& context) {
    return run_stages(context, [&](const settings::Config&) { return std::vector<MakeStage>{make}; });
  };
}

struct JobEntry {
  std::string name;
  std::string help;
  std::string input;  // what the positional argument is
  Job job;
};

std::vector<JobEntry> all_jobs() {
  return {
      {"generate", "write a synthetic book with planted truth", "CONFIG", single(make_generate)},
      {"ingest", "CSV files to a book, by a mapping", "CONFIG", single(make_ingest)},
      {"links", "find what rows share, as columns of their books", "CONFIG", single(make_links)},
      {"enrich", "scores of models trained before, as columns of books", "CONFIG", single(make_enrich)},
      {"train", "fit the models that a config names", "CONFIG", single(make_train)},
      {"collections", "what is to be done about accounts past due", "CONFIG", single(make_collections)},
      {"score", "book × models × catalog to scores", "CONFIG", single(make_score)},
      {"combine", "scores and limits to an approve-and-offer list", "CONFIG", single(make_combine)},
      {"review", "how groups fare on a list, and reasons for those declined", "CONFIG", single(make_review)},
      {"frontier", "profit against one limit over a range", "CONFIG", single(make_frontier)},
      {"sensitivity", "the list across a range of what rates might change", "CONFIG", single(make_sensitivity)},
      {"run", "all stages from one config", "CONFIG", run},
      {"inspect", "print what is in a book, model, score file, offer list or run", "FILE or RUNDIR", inspect},
      {"verify", "recompute a finished list from book, models and config; exit 7 on any difference", "LIST or RUNDIR",
       verify},
  };
}

struct CommandLine {
  Invocation invocation;
  std::string log_level = "info";
  bool quiet = false;
  bool build_info = false;
  Job job;
};

void add_options(CLI::App& command, CommandLine& line, const JobEntry& entry) {
  Invocation& invocation = line.invocation;
  command.add_option("input", invocation.inputs, entry.input);
  command.add_option("--set", invocation.sets, "override a setting: path.to.key=value (value is YAML); repeatable")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--out", invocation.out, "run directory to write (default: runs/NAME of the config)");
  command.add_flag("--resume", invocation.resume, "continue a run directory (or start it, if empty)");
  command.add_flag("--dry-run", invocation.dry_run,
                   "check config, inputs and --out, say what would be done, do nothing");
  command.add_flag("--check-config", invocation.check_config, "check the config alone");
  command.add_flag("--dump-default-config", invocation.dump_default_config, "print every setting with its default");
  command.add_flag("--settings-reference", invocation.settings_reference, "print a Markdown table of every setting");
  if (entry.name == "verify")
    command.add_flag("--full", invocation.full, "rescore every borrower against every offer, however many there are");
  command.add_option("--log-level", line.log_level, "debug, info, warning, error or off");
  command.add_flag("-q,--quiet", line.quiet, "warnings and errors only");
}

std::string build_info() {
  return fmt::format("proffer {}\ncompiler: {}\nMPI: {}\nHDF5: {}\nXGBoost: {}\n", PROFFER_VERSION, __VERSION__,
                     parallel::library_version(), storage::library_version(), boosting::library_version());
}

/// Prints once, from the rank that has the message, and returns the code that every rank ends with.
int fail(const parallel::Communicator& comm, const Error& error, bool agreed) {
  const int code = static_cast<int>(error.code());
  if (agreed || comm.size() == 1) {
    if (comm.is_root()) std::fprintf(stderr, "proffer: %s\n", error.what());
    return code;
  }
  // Not agreed: the others may wait in a collective, so all must be ended. Ranks that fail with the same error at the
  // same time wait in turn, so that only the first one speaks.
  std::this_thread::sleep_for(std::chrono::milliseconds(100) * comm.rank());
  std::fprintf(stderr, "proffer: %s\n", error.what());
  parallel::Session::abort(code);
}

/// CLI11 says "arguments were not expected: -q config.yaml rum" where the job is misspelt.
std::string parse_problem(const CLI::ParseError& error, const std::vector<JobEntry>& jobs, int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  std::vector<std::string> names;
  names.reserve(jobs.size());
  for (const JobEntry& job : jobs) names.push_back(job.name);
  if (first.empty() || first.starts_with('-') || std::ranges::find(names, first) != names.end())
    return fmt::format("{} (command line): see proffer --help", error.what());
  const auto near = did_you_mean(first, names);
  return fmt::format("there is no job '{}' (the jobs are {}): {}", first, fmt::join(names, ", "),
                     near ? "did you mean " + *near + "?" : "see proffer --help");
}

int guarded(const parallel::Communicator& comm, const std::function<ExitCode()>& work) {
  try {
    return static_cast<int>(work());
  } catch (const parallel::AgreedError& error) {
    return fail(comm, error, true);
  } catch (const Error& error) {
    return fail(comm, error, false);
  } catch (const std::bad_alloc&) {
    return fail(comm, SystemError({"out of memory", "an allocation failed", "use more ranks on more hosts"}), false);
  } catch (const std::exception& error) {
    return fail(comm, SystemError({"internal error", error.what(), "please report it with the command and config"}),
                false);
  }
}

}  // namespace
}  // namespace proffer::jobs

int main(int argc, char** argv) {
  using namespace proffer;
  using namespace proffer::jobs;
  start_with_environment(argv);
  if (const int tasks = tasks_without_pmix(); tasks > 0) {
    if (is_first_task()) std::fprintf(stderr, "proffer: %s\n", tasks_apart(tasks, 1).text().c_str());
    return static_cast<int>(ExitCode::bad_usage);
  }
  parallel::Session session(argc, argv);
  const parallel::Communicator comm = session.world();

  CommandLine line;
  CLI::App app("proffer decides who to lend to and what to offer them, for whole populations at once.", "proffer");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string("proffer ") + PROFFER_VERSION);
  app.add_flag("--build-info", line.build_info, "print the versions this program was built with");
  const std::vector<JobEntry> entries = all_jobs();
  for (const JobEntry& entry : entries) {
    CLI::App* command = app.add_subcommand(entry.name, entry.help);
    add_options(*command, line, entry);
    command->callback([&line, &entry] {
      line.invocation.job = entry.name;
      line.job = entry.job;
    });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      if (comm.is_root()) app.exit(error);
      return 0;
    }
    if (comm.is_root()) std::fprintf(stderr, "proffer: %s\n", parse_problem(error, entries, argc, argv).c_str());
    return static_cast<int>(ExitCode::bad_usage);
  }
  if (line.build_info) {
    if (comm.is_root()) std::cout << build_info();
    return 0;
  }
  if (!line.job) {
    if (comm.is_root()) std::cerr << app.help();
    return static_cast<int>(ExitCode::bad_usage);
  }
  return guarded(comm, [&] {
    const int announced = parallel::announced_tasks();
    if (announced > comm.size()) throw parallel::AgreedError(ExitCode::bad_usage, tasks_apart(announced, comm.size()));
    LogLevel level = LogLevel::info;
    parallel::together(comm, [&] { level = log_level(line.log_level); });
    Log log({.level = level, .quiet = line.quiet, .speaks = comm.is_root()});
    return line.job(Context{comm, log, line.invocation});
  });
}
