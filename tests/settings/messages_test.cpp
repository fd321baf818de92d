// Broken configs and the exact message each of them gives.
#include <gmock/gmock.h>

#include "settings/section.hpp"

namespace proffer::settings {
namespace {

/// A small job's settings, read as a job reads them.
void read(const Config& config) {
  const Section root = config.root();
  (void)root.integer("seed", {.doc = "seed of all random numbers", .fallback = 1, .min = 0});
  (void)root.path("book", {.doc = "borrower book", .fallback = "book.h5"});
  const Section train = root.section("train", "training");
  (void)train.integer("rounds", {.doc = "boosting rounds", .fallback = 200, .min = 1, .max = 10000, .unit = "trees"});
  (void)train.number("eta", {.doc = "learning rate", .fallback = 0.1, .min = 0, .max = 1});
  (void)train.flag("resume", {.doc = "", .fallback = false});
  (void)train.text("objective", {.doc = "what is learnt", .fallback = "joint", .choices = {"joint", "independent"}});
  (void)train.numbers("grid", {.doc = "values to try", .max = 1});
  for (const Section& limit : root.list("limits", "limits")) {
    (void)limit.text("name", {.doc = "name in the certificate"});
    (void)limit.number("limit", {.doc = "largest use", .min = 0, .unit = "EUR"});
  }
  for (const auto& [name, model] : root.named("models", "models"))
    (void)model.integer("depth", {.doc = "", .fallback = 6, .min = 1});
  config.refuse_unread();
}

struct Broken {
  const char* name;
  const char* yaml;
  std::vector<std::string> overrides;
  const char* message;
};
void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.name;
}

class BrokenConfig : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenConfig, GivesItsMessage) {
  try {
    read(Config::from_text(GetParam().yaml, "demo.yaml", GetParam().overrides));
    FAIL() << "expected an error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), GetParam().message);
    EXPECT_EQ(error.code(), ExitCode::bad_usage);
  }
}

const std::vector<Broken> broken_configs{
    {"OutOfBounds",
     "train:\n  rounds: 0\n",
     {},
     "demo.yaml:2:3: train.rounds is 0 (it must be an integer from 1 to 10000 [trees]): boosting rounds; the default "
     "is "
     "200"},
    {"NotANumber",
     "train:\n  eta: fast\n",
     {},
     "demo.yaml:2:3: train.eta is fast (it must be a number from 0 to 1): learning rate; the default is 0.1"},
    {"NaN",
     "train: {eta: .nan}\n",
     {},
     "demo.yaml:1:9: train.eta is .nan (it must be a number from 0 to 1): learning rate; the default is 0.1"},
    {"CsNan",
     "train: {eta: nan}\n",
     {},
     "demo.yaml:1:9: train.eta is nan (it must be a number from 0 to 1): learning rate; the default is 0.1"},
    {"Infinite",
     "limits: [{name: a, limit: .inf}]\n",
     {},
     "demo.yaml:1:20: limits.0.limit is .inf (it must be a number of at least 0 [EUR]): largest use"},
    {"Fraction",
     "seed: 1.5\n",
     {},
     "demo.yaml:1:1: seed is 1.5 (it must be an integer of at least 0): seed of all random numbers; the default is 1"},
    {"TooLargeForAnInteger",
     "seed: 1e30\n",
     {},
     "demo.yaml:1:1: seed is 1e30 (it must be an integer of at least 0): seed of all random numbers; the default is 1"},
    {"Quoted",
     "seed: \"5\"\n",
     {},
     "demo.yaml:1:1: seed is the text \"5\" (it must be an integer of at least 0): remove the quotes; the default is "
     "1"},
    {"Flag",
     "train: {resume: 1}\n",
     {},
     "demo.yaml:1:9: train.resume is 1 (it must be true or false): the default is false"},
    {"Choice",
     "train: {objective: jiont}\n",
     {},
     "demo.yaml:1:9: train.objective is jiont (it must be joint or independent): did you mean joint?; the default is "
     "joint"},
    {"Null",
     "seed:\n",
     {},
     "demo.yaml:1:1: seed has no value (it must be an integer of at least 0): seed of all random numbers; the default "
     "is "
     "1"},
    {"ListForScalar",
     "seed: [1]\n",
     {},
     "demo.yaml:1:1: seed is a list (it must be an integer of at least 0): seed of all random numbers; the default is "
     "1"},
    {"ListElement",
     "train:\n  grid: [0.5,\n    2]\n",
     {},
     "demo.yaml:3:5: train.grid.1 is 2 (it must be a number of at most 1): values to try"},
    {"Missing",
     "limits:\n  - name: exposure\n",
     {},
     "demo.yaml:2:5: limits.0.limit is missing (it must be a number of at least 0 [EUR] and has no default): largest "
     "use"},
    {"MissingWithATypingError",
     "limits:\n  - name: exposure\n    limmit: 5\n",
     {},
     "demo.yaml:2:5: limits.0.limit is missing (it must be a number of at least 0 [EUR] and has no default): is "
     "'limmit' "
     "at demo.yaml:3:5 meant to be it?"},
    {"SectionIsAScalar",
     "train: 5\n",
     {},
     "demo.yaml:1:1: train is 5 (it must be a mapping): write lines of the form key: value below it"},
    {"ListIsAMapping",
     "limits: {name: a}\n",
     {},
     "demo.yaml:1:1: limits is a mapping (it must be a list of mappings): start each entry with '- '"},
    {"NamesAreAList",
     "models: [a]\n",
     {},
     "demo.yaml:1:1: models is a list (it must be a mapping of names): write a line 'NAME:' and its settings indented "
     "below it"},
    {"Unread",
     "train:\n  round: 5\n",
     {},
     "demo.yaml:2:3: train.round is not a setting (nothing reads it): did you mean rounds?"},
    {"UnreadInAList",
     "limits:\n  - {name: a, limit: 5, basis: x}\n",
     {},
     "demo.yaml:2:25: limits.0.basis is not a setting (nothing reads it): what can stand here is limit or name"},
    {"UnreadInANamedMapping",
     "models:\n  m: {depht: 4}\n",
     {},
     "demo.yaml:2:7: models.m.depht is not a setting (nothing reads it): did you mean depth?"},
    {"UnreadTopLevel",
     "colour: red\n",
     {},
     "demo.yaml:1:1: colour is not a setting (nothing reads it): what can stand here is book, limits, models, seed or "
     "train"},
    {"Duplicate",
     "seed: 1\ntrain: {}\nseed: 2\n",
     {},
     "demo.yaml:3:1: the key 'seed' stands here a second time (the first is at demo.yaml:1:1): keep one of them"},
    {"DuplicateDeepInside",
     "train: {eta: 0.1, eta: 0.1}\n",
     {},
     "demo.yaml:1:19: the key 'eta' stands here a second time (the first is at demo.yaml:1:9): keep one of them"},
    {"NotYaml",
     "train: [1, 2\nseed: 1\n",
     {},
     "demo.yaml:2:5: this is not readable as YAML (end of sequence flow not found): check the indentation, brackets "
     "and "
     "quotes around here"},
    {"SelfAlias",
     "train: &t {a: *t}\n",
     {},
     "demo.yaml:1:15: this alias stands inside its own anchor (the value would never end): write the value out"},
    {"MergeOfAScalar",
     "train: {<<: 5}\n",
     {},
     "demo.yaml:1:9: the merge key << is 5 (it takes a mapping or a list of mappings): write <<: *anchor"},
    {"TwoDocuments",
     "seed: 1\n---\nseed: 2\n",
     {},
     "demo.yaml:2:1: a second document starts here (one config file holds one YAML document): remove the line '---' or "
     "keep the documents in files of their own"},
    {"TopLevelList",
     "- 1\n",
     {},
     "demo.yaml:1:1: the config is a list (it must be a mapping): write lines of the form key: value"},
    {"KeyIsAList", "[1]: 2\n", {}, "demo.yaml:1:1: a key is a list (keys are plain words): write key: value"},
    {"Environment",
     "book: ${PROFFER_NOT_SET}/b.h5\n",
     {},
     "demo.yaml:1:1: the environment variable PROFFER_NOT_SET is not set (the path is ${PROFFER_NOT_SET}/b.h5): export "
     "PROFFER_NOT_SET=… or write the path out"},
    {"OverrideOutOfBounds",
     "train: {rounds: 5}\n",
     {"train.rounds=-1"},
     "--set train.rounds=-1: train.rounds is -1 (it must be an integer from 1 to 10000 [trees]): boosting rounds; the "
     "default is 200"},
    {"OverrideNobodyReads",
     "",
     {"train.round=5"},
     "--set train.round=5: train.round is not a setting (nothing reads it): did you mean rounds?"},
    {"OverrideOfAnUnreadSection",
     "",
     {"trian.rounds=5"},
     "--set trian.rounds=5: trian is not a setting (nothing reads it): did you mean train?"},
    {"OverrideThroughAScalar",
     "seed: 5\n",
     {"seed.x=1"},
     "--set seed.x=1: seed is 5 (nothing stands below a single value): check the path"},
    {"OverridePastTheEnd",
     "limits: [{name: a, limit: 1}]\n",
     {"limits.1.limit=5"},
     "--set limits.1.limit=5: limits is a list without an entry 1 (it has 1, counted from 0): check the index"},
    {"OverrideWithoutValue",
     "",
     {"seed"},
     "--set seed: this is no override (it has the form path.to.key=value): for example --set seed=7"},
    {"OverrideWithEmptyKey",
     "",
     {"a..b=1"},
     "--set a..b=1: this is no override (it has the form path.to.key=value): for example --set seed=7"},
};

INSTANTIATE_TEST_SUITE_P(Table, BrokenConfig, ::testing::ValuesIn(broken_configs),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(NotYaml, TellsTheParsersReason) {
  try {
    read(Config::from_text("train: *nobody\n", "demo.yaml"));
    FAIL() << "expected an error";
  } catch (const UsageError& error) {  // newer yaml-cpp adds the name
    EXPECT_THAT(error.what(),
                ::testing::StartsWith("demo.yaml:1:8: this is not readable as YAML (the referenced anchor "
                                      "is not defined"));
  }
}

TEST(NotYaml, GarbageAndBottomlessNestingAreRefused) {
  for (const std::string& text :
       {std::string(100000, '['),
        std::string("\x7f"
                    "ELF\x02\x01\0\0\xff\xfe",
                    10),
        std::string("a:\n\tb: 1\n"), std::string("a: 'never closed\n"), std::string("just words\n")})
    EXPECT_THROW(read(Config::from_text(text, "demo.yaml")), UsageError) << text.substr(0, 20);
}

TEST(Narrowed, AnOverrideOfAnotherJobsSectionIsRefused) {
  const Config config = Config::from_text("train: {}\nscore: {}\n", "demo.yaml", {"score.batch=5"});
  (void)config.section_or_root("train", "");
  try {
    config.refuse_unread();
    FAIL() << "expected an error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "--set score.batch=5: score.batch is not a setting (nothing reads it): remove it");
  }
}

}  // namespace
}  // namespace proffer::settings
