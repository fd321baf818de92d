#include "foundation/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "foundation/error.hpp"

namespace proffer {
namespace {

std::string said(LogOptions options) {
  ::testing::internal::CaptureStderr();
  Log log(options);
  log.debug("d");
  log.info("i");
  log.warning("w");
  log.error("e");
  Progress progress(log, "rows", 10);
  progress.advance(10);
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, PrintsWhatTheLevelAllows) {
  EXPECT_EQ(said({.level = LogLevel::debug}), "debug: d\nproffer: i\nwarning: w\nerror: e\n");
  EXPECT_EQ(said({}), "proffer: i\nwarning: w\nerror: e\n");
  EXPECT_EQ(said({.level = LogLevel::debug, .quiet = true}), "warning: w\nerror: e\n");
  EXPECT_EQ(said({.level = LogLevel::error, .quiet = true}), "error: e\n");
  EXPECT_EQ(said({.level = LogLevel::off}), "");
  EXPECT_EQ(said({.speaks = false}), "");
}

TEST(Log, PercentAndBracesAreOrdinaryText) {
  ::testing::internal::CaptureStderr();
  Log({}).info("100 % {} %v");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "proffer: 100 % {} %v\n");
}

TEST(LogLevel, ReadsNames) {
  EXPECT_EQ(log_level("warning"), LogLevel::warning);
  try {
    (void)log_level("loud");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "unknown log level 'loud': use debug, info, warning, error or off");
  }
}

class LogFile : public ::testing::Test {
 protected:
  void SetUp() override {
    directory = std::filesystem::temp_directory_path() / ("proffer_log_test_" + std::to_string(getpid()));
    std::filesystem::create_directories(directory);
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> found;
    std::ifstream file(directory / "log.jsonl");
    for (std::string line; std::getline(file, line);) found.push_back(nlohmann::json::parse(line));
    return found;
  }

  std::filesystem::path directory;
};

TEST_F(LogFile, HoldsOneJsonObjectPerLine) {
  {
    Log log({.level = LogLevel::warning, .quiet = true});
    log.also_to(directory / "log.jsonl");
    log.info("50 % \"quoted\"\nsecond line \xff");
    log.debug("not kept");
    log.step("train", "round", R"({"round": 3, "loss": 0.25})");
    log.step("train", "end", "");
  }
  Log again({.quiet = true});
  again.also_to(directory / "log.jsonl");  // appends
  again.step("score", "begin", "{}");
  const auto found = lines();
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0]["level"], "info");
  EXPECT_EQ(found[0]["text"], "50 % \"quoted\"\nsecond line \xef\xbf\xbd");
  EXPECT_THAT(found[0]["time"].get<std::string>(),
              ::testing::MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+.[0-9][0-9][0-9]Z"));
  EXPECT_EQ(found[1]["stage"], "train");
  EXPECT_EQ(found[1]["step"], "round");
  EXPECT_EQ(found[1]["round"], 3);
  EXPECT_EQ(found[1]["loss"], 0.25);
  EXPECT_EQ(found[3]["stage"], "score");
}

TEST_F(LogFile, RefusesFieldsThatAreNoObjectAndPathsThatCannotBeWritten) {
  Log log({.quiet = true});
  EXPECT_THROW(log.also_to(directory / "missing" / "log.jsonl"), SystemError);
  log.also_to(directory / "log.jsonl");
  EXPECT_THROW(log.step("a", "b", "[1]"), std::logic_error);
  EXPECT_THROW(log.step("a", "b", "{"), std::logic_error);
}

TEST_F(LogFile, BelongsToTheRankThatSpeaks) {
  Log log({.speaks = false});
  log.also_to(directory / "log.jsonl");
  log.step("train", "round", "{}");
  EXPECT_FALSE(std::filesystem::exists(directory / "log.jsonl"));
}

/// stderr is a pseudo-terminal as long as this lives; read() gives what was written to it.
class TerminalOnStderr {
 public:
  TerminalOnStderr() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)), saved_(dup(STDERR_FILENO)) {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) return;
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    if (slave < 0) return;
    dup2(slave, STDERR_FILENO);
    close(slave);
    works_ = true;
  }
  ~TerminalOnStderr() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close(master_);
  }
  TerminalOnStderr(const TerminalOnStderr&) = delete;
  TerminalOnStderr& operator=(const TerminalOnStderr&) = delete;
  bool works() const { return works_; }
  std::string read() const {
    std::string text(65536, '\0');
    const ssize_t size = ::read(master_, text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int master_;
  int saved_;
  bool works_ = false;
};

TEST(Progress, DrawsOnATerminalAndWipesItself) {
  std::string drawn;
  {
    const TerminalOnStderr terminal;
    if (!terminal.works()) GTEST_SKIP() << "no pseudo-terminals here";
    const Log log({});
    {
      Progress progress(log, "scoring", 200);
      progress.advance(50);
      drawn = terminal.read();
    }
    drawn += '|' + terminal.read();
  }
  EXPECT_THAT(drawn, ::testing::HasSubstr("scoring"));
  EXPECT_THAT(drawn, ::testing::HasSubstr("######.................."));
  EXPECT_THAT(drawn, ::testing::HasSubstr("25 %"));
  EXPECT_THAT(drawn, ::testing::EndsWith("|\r\033[K"));
}

}  // namespace
}  // namespace proffer
