// What follows from the declarations: the hash, the resolved settings, the default config, the reference page.
#include <gmock/gmock.h>

#include "settings/section.hpp"

namespace proffer::settings {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

void read(const Section& root) {
  (void)root.number("rate", {.doc = "yearly rate", .fallback = 0.1, .min = 0, .max = 1, .unit = "per year"});
  (void)root.integer("batch", {.doc = "rows at a time", .fallback = 4096, .min = 1, .affects = Affects::speed});
  (void)root.path("book", {.doc = "borrower book", .fallback = "book.h5"});
  (void)root.maybe_number("cap", {.doc = "legal cap"});
  const Section train = root.section("train", "how models are trained");
  (void)train.text("kind", {.doc = "a | b", .fallback = "joint", .choices = {"joint", "alone"}});
  (void)train.texts("drop", {.doc = "columns left out"});
  for (const Section& limit : root.list("limits", "limits of the whole list")) {
    (void)limit.text("name", {.doc = "name in the certificate"});
    (void)limit.number("limit", {.doc = "largest use", .fallback = 10});
  }
  for (const auto& [name, model] : root.named("models", "one model each"))
    (void)model.integer("depth", {.doc = "", .fallback = 6});
}

std::string hash_of(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
  const Config config = Config::from_text(yaml, "c", overrides);
  read(config.root());
  return config.hash();
}

TEST(Hash, FollowsTheMeaningNotTheSpelling) {
  const std::string plain = hash_of("rate: 0.2\ntrain: {kind: alone}\n");
  EXPECT_EQ(plain.size(), 64U);
  EXPECT_EQ(hash_of("train:\n  kind: \"alone\"  # comment\nrate: 0.20\n"), plain);
  EXPECT_EQ(hash_of("rate: 2e-1\n", {"train.kind=alone"}), plain);
  EXPECT_EQ(hash_of("rate: 0.1\n"), hash_of(""));  // the default written out
}

TEST(Hash, CoversResultsAndOnlyResults) {
  const std::string plain = hash_of("");
  EXPECT_EQ(hash_of("batch: 5\n"), plain);
  EXPECT_EQ(hash_of("book: elsewhere.h5\n"), plain);
  EXPECT_NE(hash_of("rate: 0.2\n"), plain);
  EXPECT_NE(hash_of("cap: 1\n"), plain);
  EXPECT_NE(hash_of("models: {a: {}}\n"), plain);
  EXPECT_NE(hash_of("models: {a: {}, b: {}}\n"), hash_of("models: {b: {}, a: {}}\n"));
  EXPECT_NE(hash_of("limits: [{name: a}, {name: b}]\n"), hash_of("limits: [{name: b}, {name: a}]\n"));
  EXPECT_NE(hash_of("train: {drop: [a, b]}\n"), hash_of("train: {drop: ['a, b']}\n"));
}

TEST(Hash, CoversInputDigests) {
  Config config = Config::from_text("");
  read(config.root());
  const std::string before = config.hash();
  config.add_input_digest("book", "00ff");
  EXPECT_NE(config.hash(), before);
}

/// SHA-256 of the lines, computed with coreutils' sha256sum.
TEST(Hash, IsTheDigestOfSortedLines) {
  Config config = Config::from_text("b: 0.50\na: 7\n");
  (void)config.root().number("b", {.doc = ""});
  (void)config.root().integer("a", {.doc = ""});
  config.add_input_digest("book", "00ff");
  EXPECT_EQ(config.hash(), "558b1555143dd97f8003baa46900792cebebcda1acbe1e020b3fcf157d4242ca");
}

TEST(Resolved, ListsValuesByName) {
  const Config config =
      Config::from_text("limits: [{name: x, limit: 1e3}]\nmodels: {m: }\ntrain: {drop: [a, 'b, c']}\n");
  read(config.root());
  EXPECT_THAT(config.resolved(Affects::results),
              ElementsAre(Pair("limits.0.limit", "1000"), Pair("limits.0.name", "x"), Pair("models", "{m}"),
                          Pair("models.m.depth", "6"), Pair("rate", "0.1"), Pair("train.drop", "[a, \"b, c\"]"),
                          Pair("train.kind", "joint")));
  EXPECT_THAT(config.resolved(Affects::speed), ElementsAre(Pair("batch", "4096"), Pair("book", "book.h5")));
}

TEST(Resolved, ASettingReadTwiceAffectsResultsIfOneReaderSaysSo) {
  const Config config = Config::from_text("n: 1\n");
  (void)config.root().integer("n", {.doc = ""});
  (void)config.root().integer("n", {.doc = "", .affects = Affects::speed});
  EXPECT_THAT(config.resolved(Affects::results), ElementsAre(Pair("n", "1")));
}

TEST(DefaultYaml, StatesEveryDeclaration) {
  const Config config = Config::for_reference();
  read(config.root());
  EXPECT_EQ(config.as_default_yaml(), R"(# yearly rate: a number from 0 to 1 [per year]
rate: 0.1
# rows at a time: an integer of at least 1; affects speed only
batch: 4096
# borrower book: a path
book: book.h5
# legal cap: a number
# cap:
# how models are trained
train:
  # a | b: joint or alone
  kind: joint
  # columns left out: a list; each a text
  # drop:
# limits of the whole list
# limits:
#   -
#     # name in the certificate: a text
#     name:  # required
#     # largest use: a number
#     limit: 10
# one model each
# models:
#   NAME:
#     # an integer
#     depth: 6
)");
}

TEST(DefaultYaml, ReadsBackAsTheDefaults) {
  const Config reference = Config::for_reference();
  read(reference.root());
  const Config written = Config::from_text(reference.as_default_yaml());
  read(written.root());
  EXPECT_NO_THROW(written.refuse_unread());
  EXPECT_EQ(written.hash(), hash_of(""));
}

TEST(DefaultYaml, QuotesWhatWouldReadAsSomethingElse) {
  const Config reference = Config::for_reference();
  const auto read_texts = [](const Section& root) {
    std::vector<std::string> texts;
    for (const char* text :
         {"true", "5", "", "a: b", "- x", "~", "say \"hi\"", "a # b", "x\ny", "plain text", "2024-01-01"})
      texts.push_back(root.text("key" + std::to_string(texts.size()), {.doc = "", .fallback = text}));
    return texts;
  };
  const std::vector<std::string> texts = read_texts(reference.root());
  const Config written = Config::from_text(reference.as_default_yaml());
  EXPECT_EQ(read_texts(written.root()), texts);
}

TEST(Reference, IsATablePerMapping) {
  const Config config = Config::for_reference();
  read(config.root());
  EXPECT_EQ(config.as_reference(), R"(## Top level

| setting | meaning | value | default | affects |
|---|---|---|---|---|
| `rate` | yearly rate | a number from 0 to 1 [per year] | `0.1` | results |
| `batch` | rows at a time | an integer of at least 1 | `4096` | speed |
| `book` | borrower book | a path | `book.h5` |  |
| `cap` | legal cap | a number | none | results |

## `train`

how models are trained

| setting | meaning | value | default | affects |
|---|---|---|---|---|
| `kind` | a \| b | joint or alone | `joint` | results |
| `drop` | columns left out | a list; each a text | none | results |

## `limits[]`

limits of the whole list

| setting | meaning | value | default | affects |
|---|---|---|---|---|
| `name` | name in the certificate | a text | required | results |
| `limit` | largest use | a number | `10` | results |

## `models.NAME`

one model each

| setting | meaning | value | default | affects |
|---|---|---|---|---|
| `depth` |  | an integer | `6` | results |
)");
}

TEST(Reference, RequiredSettingsGetAValueWithinTheirBounds) {
  const Section root = Config::for_reference().root();
  EXPECT_EQ(root.number("a", {.doc = "", .min = 2, .max = 3}), 2);
  EXPECT_EQ(root.integer("b", {.doc = "", .max = -1}), -1);
  EXPECT_EQ(root.text("c", {.doc = "", .choices = {"x", "y"}}), "x");
  EXPECT_TRUE(root.section("d", "").present());
  EXPECT_TRUE(root.for_reference());
}

}  // namespace
}  // namespace proffer::settings
