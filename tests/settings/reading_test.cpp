// Values, defaults, lists, sections, paths, overrides: what well-formed configs read as.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "settings/section.hpp"
#include "support/world.hpp"

namespace proffer::settings {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Reading, ScalarsOfEveryKind) {
  const Config config = Config::from_text(
      "rate: 0.10\nlarge: 1e6\nplain: 1000000\nwhole: 5.0\nplus: +7\nminus: -3\non: True\nname: no\nquoted: \"5\"\n"
      "zero: -0.0\nbig: 9007199254740993\nunbounded: .inf\n");
  const Section root = config.root();
  EXPECT_EQ(root.number("rate", {.doc = ""}), 0.1);
  EXPECT_EQ(root.integer("large", {.doc = ""}), 1000000);
  EXPECT_EQ(root.integer("plain", {.doc = ""}), 1000000);
  EXPECT_EQ(root.integer("whole", {.doc = ""}), 5);
  EXPECT_EQ(root.integer("plus", {.doc = ""}), 7);
  EXPECT_EQ(root.integer("minus", {.doc = ""}), -3);
  EXPECT_TRUE(root.flag("on", {.doc = ""}));
  EXPECT_EQ(root.text("name", {.doc = ""}), "no");
  EXPECT_EQ(root.text("quoted", {.doc = ""}), "5");
  EXPECT_FALSE(std::signbit(root.number("zero", {.doc = ""})));
  EXPECT_EQ(root.integer("big", {.doc = ""}), 9007199254740993);  // 2^53 + 1: not by way of a double
  EXPECT_EQ(root.number("unbounded", {.doc = "", .infinite = true}), std::numeric_limits<double>::infinity());
  EXPECT_NO_THROW(config.refuse_unread());
}

TEST(Reading, DefaultsStandForWhatIsAbsent) {
  const Section root = Config::from_text("").root();
  EXPECT_EQ(root.number("a", {.doc = "", .fallback = 2.5}), 2.5);
  EXPECT_EQ(root.integer("b", {.doc = "", .fallback = 3}), 3);
  EXPECT_TRUE(root.flag("c", {.doc = "", .fallback = true}));
  EXPECT_EQ(root.text("d", {.doc = "", .fallback = "x"}), "x");
  EXPECT_EQ(root.maybe_number("e", {.doc = ""}), std::nullopt);
  EXPECT_EQ(root.maybe_integer("f", {.doc = ""}), std::nullopt);
  EXPECT_EQ(root.maybe_text("g", {.doc = ""}), std::nullopt);
  EXPECT_EQ(root.maybe_path("h", {.doc = ""}), std::nullopt);
  EXPECT_THAT(root.numbers("i", {.doc = ""}), IsEmpty());
  EXPECT_THAT(root.list("j", ""), IsEmpty());
  EXPECT_THAT(root.named("k", ""), IsEmpty());
  EXPECT_FALSE(root.section("l", "").present());
  EXPECT_EQ(root.section("l", "").section("m", "").integer("n", {.doc = "", .fallback = 4}), 4);
}

TEST(Reading, NullIsAbsentWhereTheSettingIsOptional) {
  const Section root = Config::from_text("a: ~\nb:\nc: null\nd:\n").root();
  EXPECT_EQ(root.maybe_number("a", {.doc = ""}), std::nullopt);
  EXPECT_THAT(root.list("b", ""), IsEmpty());
  EXPECT_THAT(root.texts("c", {.doc = ""}), IsEmpty());
  EXPECT_TRUE(root.section("d", "").present());
  EXPECT_TRUE(root.has("a"));
  EXPECT_FALSE(root.has("z"));
}

TEST(Reading, Lists) {
  const Section root = Config::from_text("grid: [0.1, 0.20]\none: 3\nwords:\n  - a\n  - b, c\n").root();
  EXPECT_THAT(root.numbers("grid", {.doc = ""}), ElementsAre(0.1, 0.2));
  EXPECT_THAT(root.integers("one", {.doc = ""}), ElementsAre(3));
  EXPECT_THAT(root.texts("words", {.doc = ""}), ElementsAre("a", "b, c"));
}

TEST(Reading, SectionsListsAndNames) {
  const Config config = Config::from_text(
      "models:\n  zeta: {rounds: 5}\n  alpha: {rounds: 6}\n  empty:\nlimits:\n  - {limit: 7}\n  - {limit: 8}\n");
  const Section root = config.root();
  std::vector<std::string> seen;
  for (const auto& [name, model] : root.named("models", ""))
    seen.push_back(name + " " + std::to_string(model.integer("rounds", {.doc = "", .fallback = 1})) + " " +
                   model.path());
  EXPECT_THAT(seen, ElementsAre("zeta 5 models.zeta", "alpha 6 models.alpha", "empty 1 models.empty"));
  const std::vector<Section> limits = root.list("limits", "");
  ASSERT_EQ(limits.size(), 2U);
  EXPECT_EQ(limits[1].integer("limit", {.doc = ""}), 8);
  EXPECT_EQ(limits[0].integer("limit", {.doc = ""}), 7);
  EXPECT_EQ(limits[1].path(), "limits.1");
  EXPECT_NO_THROW(config.refuse_unread());
  EXPECT_THAT(root.section("models", "").keys(), ElementsAre("zeta", "alpha", "empty"));
}

TEST(Reading, PositionsCountFromOne) {
  const Section root = Config::from_text("a: 1\nmodels:\n  response:\n    rounds: 5\n", "demo.yaml").root();
  const Section response = root.section("models", "").section("response", "");
  EXPECT_EQ(root.where("a"), "demo.yaml:1:1");
  EXPECT_EQ(response.where(), "demo.yaml:3:3");
  EXPECT_EQ(response.where("rounds"), "demo.yaml:4:5");
  EXPECT_EQ(response.where("absent"), "demo.yaml:3:3");
  EXPECT_EQ(root.section("nowhere", "").where(), "demo.yaml:1:1");
  EXPECT_STREQ(response.error("rounds", "rounds and trees", "both are given", "drop one").what(),
               "demo.yaml:4:5: rounds and trees (both are given): drop one");
}

TEST(Reading, AnchorsAndMergeKeys) {
  const Config config = Config::from_text(
      "x-base: &base {rounds: 5, depth: 3}\nx-other: &other {depth: 9, leaf: 4}\n"
      "a: {<<: *base, depth: 4}\nb: *base\nc:\n  <<: [*base, *other]\n");
  const Section root = config.root();
  const auto read = [&](const char* name) {
    const Section model = root.section(name, "");
    return std::vector{model.integer("rounds", {.doc = ""}), model.integer("depth", {.doc = ""}),
                       model.integer("leaf", {.doc = "", .fallback = 0})};
  };
  EXPECT_THAT(read("a"), ElementsAre(5, 4, 0));
  EXPECT_THAT(read("b"), ElementsAre(5, 3, 0));
  EXPECT_THAT(read("c"), ElementsAre(5, 3, 4));
  EXPECT_NO_THROW(config.refuse_unread());
}

TEST(Reading, PathsAreTakenFromTheConfigsFolder) {
  ASSERT_EQ(setenv("PROFFER_TEST_FOLDER", "/data/books", 1), 0);
  const Section root = Config::from_text("a: book.h5\nb: ../book.h5\nc: /abs/book.h5\nd: ${PROFFER_TEST_FOLDER}/b.h5\n",
                                         "configs/demo.yaml")
                           .root();
  EXPECT_EQ(root.path("a", {.doc = ""}), "configs/book.h5");
  EXPECT_EQ(root.path("b", {.doc = ""}), "book.h5");
  EXPECT_EQ(root.path("c", {.doc = ""}), "/abs/book.h5");
  EXPECT_EQ(root.maybe_path("d", {.doc = ""}), "/data/books/b.h5");
  EXPECT_EQ(root.path("e", {.doc = "", .fallback = "x"}), "configs/x");
}

TEST(Overrides, ReplaceCreateAndIndex) {
  const Config config =
      Config::from_text("seed: 1\nlimits:\n  - {limit: 7}\n  - {limit: 8}\ngrid: [1, 2]\n", "demo.yaml",
                        {"seed=2", "seed=3", "limits.1.limit=9e2", "models.response.rounds=50", "grid.0=5",
                         "words=[a, 'b c']", "note=a: b", "off=~"});
  const Section root = config.root();
  EXPECT_EQ(root.integer("seed", {.doc = ""}), 3);
  EXPECT_EQ(root.list("limits", "")[1].integer("limit", {.doc = ""}), 900);
  (void)root.list("limits", "")[0].integer("limit", {.doc = ""});
  EXPECT_EQ(root.section("models", "").section("response", "").integer("rounds", {.doc = ""}), 50);
  EXPECT_THAT(root.integers("grid", {.doc = ""}), ElementsAre(5, 2));
  EXPECT_THAT(root.texts("words", {.doc = ""}), ElementsAre("a", "b c"));
  EXPECT_EQ(root.section("note", "").text("a", {.doc = ""}), "b");
  EXPECT_EQ(root.maybe_number("off", {.doc = ""}), std::nullopt);
  EXPECT_EQ(root.where("seed"), "--set seed=3");
  EXPECT_NO_THROW(config.refuse_unread());
}

TEST(Overrides, LeaveWhatTheSameAnchorGaveElsewhere) {
  const Section root = Config::from_text("a: &a {n: 1}\nb: *a\n", "c", {"b.n=2"}).root();
  EXPECT_EQ(root.section("a", "").integer("n", {.doc = ""}), 1);
  EXPECT_EQ(root.section("b", "").integer("n", {.doc = ""}), 2);
}

TEST(LeaveTheRest, PassesOverKeysOfOtherJobsButNotOverridesOfNone) {
  const auto read_segment = [](const Config& config) {
    (void)config.section_or_root("score", "");
    const Section shared = config.root().section("combine", "");
    (void)shared.maybe_text("segment", {.doc = ""});
    shared.leave_the_rest();
  };
  const std::string text = "score: {}\ncombine: {segment: region, limits: [{limit: 1}]}\n";
  const Config run = Config::from_text(text);
  read_segment(run);
  EXPECT_NO_THROW(run.refuse_unread());
  const Config mistaken = Config::from_text(text, "c", {"combine.segmnt=age"});
  read_segment(mistaken);
  EXPECT_THROW(mistaken.refuse_unread(), UsageError);
}

TEST(SectionOrRoot, SeesOneJobOfARunConfig) {
  const Config run = Config::from_text("train: {rounds: 5}\nscore: {batch: 7}\n");
  EXPECT_EQ(run.section_or_root("train", "").integer("rounds", {.doc = ""}), 5);
  EXPECT_NO_THROW(run.refuse_unread());
  const Config alone = Config::from_text("rounds: 6\n");
  EXPECT_EQ(alone.section_or_root("train", "").integer("rounds", {.doc = ""}), 6);
  EXPECT_NO_THROW(alone.refuse_unread());
}

TEST(Load, EveryRankReadsWhatTheRootRead) {
  const auto file = std::filesystem::temp_directory_path() / "proffer_settings_load_test.yaml";
  if (test::world().is_root()) std::ofstream(file) << "seed: 5\nbook: ${PROFFER_ROOT_ONLY}/b.h5\n";
  if (test::world().is_root()) setenv("PROFFER_ROOT_ONLY", "/seen/by/root", 1);
  const Config config = Config::load(test::world(), file, {"seed=6"});
  EXPECT_EQ(config.root().integer("seed", {.doc = ""}), 6);
  EXPECT_EQ(config.root().path("book", {.doc = ""}), "/seen/by/root/b.h5");
  EXPECT_EQ(config.file(), file);
}

TEST(Load, AMissingFileIsAUsageErrorEverywhere) {
  try {
    (void)Config::load(test::world(), "no/such/config.yaml");
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_usage);
    EXPECT_STREQ(error.what(),
                 "the config file no/such/config.yaml cannot be read (No such file or directory): check the path");
  }
}

}  // namespace
}  // namespace proffer::settings
