#include "runs/run_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "runs/run_lock.hpp"
#include "storage/publish.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::runs {
namespace {

using test::world;
using testing::HasSubstr;
using testing::StartsWith;

const std::string hash_a(64, 'a');
const std::string hash_b(64, 'b');

class RunDirectoryTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path out() const { return scratch_.path() / "run"; }
  [[nodiscard]] RunDirectory open(bool resume, const std::string& hash = hash_a,
                                  const std::string& job = "train") const {
    return {world(), {out(), job, hash, resume}};
  }
  /// The error of opening, the same on every rank; empty where there is none.
  [[nodiscard]] std::string refusal(bool resume, ExitCode code, const std::string& hash = hash_a,
                                    const std::string& job = "train") const {
    try {
      (void)open(resume, hash, job);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
  }
  void write(const std::filesystem::path& relative, std::string_view text) const {
    parallel::on_root(world(), [&] { storage::write_text_file(out() / relative, text); });
  }
  storage::Published publish(const std::filesystem::path& relative, std::string_view text) const {
    write(relative, text);
    return {out() / relative, text.size(), storage::file_digest(world(), out() / relative)};
  }
  void run_to_the_end() const {
    auto run = open(true);
    run.begin_stage("fit");
    run.end_stage("fit", {publish("models/response.json", "model")}, 123);
    run.complete();
  }

  test::Scratch scratch_;
};

TEST_F(RunDirectoryTest, TellsTheDigestsThatItHasRecorded) {
  auto run = open(false);
  EXPECT_EQ(run.recorded_digest("elsewhere/book.h5"), "");
  run.describe({{"inputs", {{{"name", "train.book"}, {"path", "elsewhere/book.h5"}, {"sha256", "b0"}}}}});
  run.begin_stage("fit");
  const storage::Published model = publish("models/response.json", "model");
  run.end_stage("fit", {model}, 123);
  run.begin_stage("next");  // has no files yet
  EXPECT_EQ(run.recorded_digest("elsewhere/book.h5"), "b0");
  EXPECT_EQ(run.recorded_digest(std::filesystem::absolute("elsewhere/book.h5")), "b0");
  EXPECT_EQ(run.recorded_digest(out() / "models/response.json"), model.sha256);
  EXPECT_EQ(run.recorded_digest(out() / "models/fraud.json"), "");
}

TEST_F(RunDirectoryTest, StartsFreshAndRecordsItsStages) {
  auto run = open(false);
  EXPECT_EQ(run.opening(), Opening::fresh);
  EXPECT_EQ(run / "log.jsonl", out() / "log.jsonl");
  run.describe({{"inputs", {"book.h5"}}, {"threads", 2}});
  EXPECT_FALSE(run.stage_complete("fit"));
  run.begin_stage("fit");
  EXPECT_EQ(run.manifest()["stages"]["fit"]["status"], "running");
  run.end_stage("fit", {publish("models/response.json", "model")}, 123, {{"auc", 0.75}});
  EXPECT_TRUE(run.stage_complete("fit"));
  run.complete();

  const auto manifest = nlohmann::json::parse(storage::read_text_file(out() / "manifest.json"));
  EXPECT_EQ(manifest, run.manifest());
  EXPECT_EQ(manifest["status"], "complete");
  EXPECT_EQ(manifest["job"], "train");
  EXPECT_EQ(manifest["config_hash"], hash_a);
  EXPECT_EQ(manifest["ranks"], world().size());
  EXPECT_EQ(manifest["threads"], 2);
  const auto& stage = manifest["stages"]["fit"];
  EXPECT_EQ(stage["rows"], 123);
  EXPECT_EQ(stage["facts"]["auc"], 0.75);
  EXPECT_GE(stage["seconds"].get<double>(), 0.0);
  ASSERT_EQ(stage["peak_memory_bytes"].size(), static_cast<std::size_t>(world().size()));
  for (const auto& peak : stage["peak_memory_bytes"]) EXPECT_GT(peak.get<std::uint64_t>(), 1'000'000u);
  EXPECT_EQ(stage["files"][0]["path"], "models/response.json");
  EXPECT_EQ(stage["files"][0]["bytes"], 5);
}

TEST_F(RunDirectoryTest, IsDoneWhereCompleteWithTheSameHash) {
  run_to_the_end();
  for (bool resume : {false, true}) {
    const auto run = open(resume);
    EXPECT_EQ(run.opening(), Opening::already_complete);
    EXPECT_TRUE(run.stage_complete("fit"));
    EXPECT_FALSE(std::filesystem::exists(out() / "lock"));
  }
}

TEST_F(RunDirectoryTest, RefusesWhatDoesNotFit) {
  const std::string path = out().string();
  run_to_the_end();
  const std::string other = path +
                            " holds another run (job train with config_hash aaaaaaaaaaaa, not train with "
                            "bbbbbbbbbbbb): choose another --out, or go back to its config and inputs";
  EXPECT_EQ(refusal(false, ExitCode::bad_usage, hash_b), other);
  EXPECT_EQ(refusal(true, ExitCode::bad_usage, hash_b), other);
  EXPECT_THAT(refusal(true, ExitCode::bad_usage, hash_a, "score"), HasSubstr("holds another run"));
  write("manifest.json", "{\"half\": ");
  EXPECT_THAT(refusal(true, ExitCode::bad_data), HasSubstr("manifest.json is damaged"));
  parallel::on_root(world(), [&] { std::filesystem::remove(out() / "manifest.json"); });
  EXPECT_EQ(refusal(false, ExitCode::bad_usage), path + " is not empty (no manifest.json): choose another --out");
  EXPECT_EQ(refusal(true, ExitCode::bad_usage),
            path + " cannot be resumed (it holds files but no manifest.json): choose another --out");
  parallel::on_root(world(), [&] {
    std::filesystem::remove_all(out());
    std::ofstream(out()) << "a file";
  });
  EXPECT_THAT(refusal(true, ExitCode::bad_usage), HasSubstr("is a file"));
}

TEST_F(RunDirectoryTest, ContinuesAnUnfinishedRun) {
  {
    auto run = open(true);
    EXPECT_EQ(run.opening(), Opening::fresh) << "resume of nothing starts";
    run.begin_stage("fit");
    run.end_stage("fit", {publish("models/response.json", "model")}, 1);
    run.begin_stage("score");
    write("scores/scores.h5", "");
    parallel::on_root(world(), [&] { std::ofstream(out() / "scores/scores.h5.partial") << "half"; });
  }
  EXPECT_THAT(refusal(false, ExitCode::bad_usage), HasSubstr("add --resume to continue it"));
  EXPECT_THAT(refusal(true, ExitCode::bad_usage, hash_b), HasSubstr("holds another run"));
  auto run = open(true);
  EXPECT_EQ(run.opening(), Opening::resumed);
  EXPECT_TRUE(run.stage_complete("fit"));
  EXPECT_FALSE(run.stage_complete("score"));
  EXPECT_FALSE(std::filesystem::exists(out() / "scores/scores.h5.partial"));
  EXPECT_EQ(run.manifest()["resumed"].size(), 1u);
}

TEST_F(RunDirectoryTest, DoesAStageAgainWhoseFilesAreGoneOrCut) {
  run_to_the_end();
  write("models/response.json", "mod");
  {
    const auto run = open(true);
    EXPECT_EQ(run.opening(), Opening::resumed);
    EXPECT_FALSE(run.stage_complete("fit"));
  }
  parallel::on_root(world(), [&] { std::filesystem::remove(out() / "models/response.json"); });
  EXPECT_FALSE(open(true).stage_complete("fit"));
}

TEST_F(RunDirectoryTest, DryRunLeavesNothing) {
  const RunDirectory run(world(), {out(), "train", hash_a, false, true});
  EXPECT_EQ(run.opening(), Opening::fresh);
  parallel::barrier(world());
  EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(RunDirectoryTest, IsLockedWhileInUse) {
  const auto run = open(false);
  const std::string text = refusal(true, ExitCode::system_failure);
  EXPECT_THAT(text, StartsWith(out().string() + " is in use (process "));
  EXPECT_THAT(text, HasSubstr("last heartbeat 20"));
  EXPECT_EQ(refusal(false, ExitCode::system_failure), text);
}

/// A lock as another process would have left it.
std::string lock_text(const std::string& host, pid_t pid, std::chrono::minutes age) {
  const auto heartbeat = utc_text(std::chrono::system_clock::now() - age);
  return nlohmann::json{{"host", host}, {"pid", pid}, {"slurm_job", "77"}, {"heartbeat", heartbeat}}.dump();
}

pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST_F(RunDirectoryTest, TakesOverTheLockOfTheDeadOnly) {
  char host[256] = {};
  ASSERT_EQ(::gethostname(host, sizeof host - 1), 0);
  struct Case {
    std::string lock;
    bool free;
  };
  using std::chrono::minutes;
  const std::vector<Case> cases{{lock_text(host, ::getpid(), minutes(0)), false},
                                {lock_text(host, ::getpid(), minutes(11)), true},
                                {lock_text("another-host", 4242, minutes(9)), false},
                                {lock_text("another-host", 4242, minutes(11)), true},
                                {"", false}};
  for (const auto& [lock, free] : cases) {
    write("lock", lock);
    const std::string text = refusal(true, ExitCode::system_failure);
    EXPECT_EQ(text.empty(), free) << lock << text;
    EXPECT_EQ(text.find("Slurm job 77") != std::string::npos, !free && !lock.empty()) << text;
  }
  parallel::on_root(world(),
                    [&] { storage::write_text_file(out() / "lock", lock_text(host, dead_process(), minutes(0))); });
  EXPECT_EQ(refusal(true, ExitCode::system_failure), "");
  parallel::barrier(world());
  EXPECT_FALSE(std::filesystem::exists(out() / "lock")) << "given back at the end";
}

TEST_F(RunDirectoryTest, StopsWhereItsLockWasTakenOver) {
  auto run = open(false);
  const std::string theirs = lock_text("another-host", 1, std::chrono::minutes(0));
  write("lock", theirs);
  try {
    run.begin_stage("fit");
    ADD_FAILURE() << "two jobs in one directory";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::system_failure);
    EXPECT_THAT(error.what(), HasSubstr("was lost (now held by process 1 on another-host, Slurm job 77"));
  }
  { const auto gone = std::move(run); }
  parallel::barrier(world());
  EXPECT_EQ(storage::read_text_file(out() / "lock"), theirs) << "a lock of others is never touched";
}

}  // namespace
}  // namespace proffer::runs
