#include "foundation/text.hpp"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>
#include <random>
#include <vector>

namespace proffer {
namespace {

TEST(DidYouMean, FindsTypingErrorsOnly) {
  const std::vector<std::string> keys{"iterations", "learning_rate", "depth", "seed", "to"};
  EXPECT_EQ(did_you_mean("learningrate", keys), "learning_rate");
  EXPECT_EQ(did_you_mean("dpeth", keys), "depth");  // swapped neighbours count once
  EXPECT_EQ(did_you_mean("sed", keys), "seed");
  EXPECT_EQ(did_you_mean("iteration", keys), "iterations");
  EXPECT_EQ(did_you_mean("capital", keys), std::nullopt);
  EXPECT_EQ(did_you_mean("x", keys), std::nullopt);
  EXPECT_EQ(did_you_mean("depth", {}), std::nullopt);
}

TEST(OneOf, ReadsLikeASentence) {
  EXPECT_EQ(one_of(std::vector<std::string>{}), "");
  EXPECT_EQ(one_of(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(one_of(std::vector<std::string>{"a", "b"}), "a or b");
  EXPECT_EQ(one_of(std::vector<std::string>{"a", "b", "c"}), "a, b or c");
}

TEST(WithThousands, GroupsDigits) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(-999), "-999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(-1234567), "-1,234,567");
  EXPECT_EQ(with_thousands(LLONG_MIN), "-9,223,372,036,854,775,808");
}

TEST(Shortest, ReadsBackAsTheSameNumber) {
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(0.1F), "0.1");
  EXPECT_EQ(shortest(1e300), "1e+300");
  std::mt19937_64 random(1);
  std::normal_distribution<double> exponent(0, 100);
  for (int i = 0; i < 1000; ++i) {
    const double value = std::exp(exponent(random));
    EXPECT_EQ(std::stod(shortest(value)), value);
  }
}

TEST(CsvCell, QuotesWhatWouldEndTheCell) {
  EXPECT_EQ(csv_cell("card 2,000"), "\"card 2,000\"");
  EXPECT_EQ(csv_cell("the \"gold\" card"), "\"the \"\"gold\"\" card\"");
  EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_cell("a\rb"), "\"a\rb\"");
  EXPECT_EQ(csv_cell("plain: text"), "plain: text");
  EXPECT_EQ(csv_cell(""), "");
}

}  // namespace
}  // namespace proffer
