#include "collections/treatments.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "settings/section.hpp"

namespace proffer::collections {
namespace {

CollectionSettings read(const std::string& yaml) {
  const settings::Config config = settings::Config::from_text(yaml, "collections.yaml");
  CollectionSettings read = read_collections(config.root());
  config.refuse_unread();
  return read;
}

const std::string table = R"(
days: [1, 30, 60]
bands:
  low: {treatments: [none, text message, call]}
  high: {from: 0.2, treatments: [text message, call, agency]}
)";

TEST(Treatments, FollowBandAndDays) {
  const CollectionSettings settings = read(table);
  EXPECT_EQ(step_of(settings, 0), nothing_due);
  EXPECT_EQ(step_of(settings, std::numeric_limits<double>::quiet_NaN()), nothing_due);
  EXPECT_EQ(step_of(settings, 1), 0U);
  EXPECT_EQ(step_of(settings, 29), 0U);
  EXPECT_EQ(step_of(settings, 30), 1U);
  EXPECT_EQ(step_of(settings, 500), 2U);
  EXPECT_EQ(band_of(settings, 0), 0U);
  EXPECT_EQ(band_of(settings, 0.19999), 0U);
  EXPECT_EQ(band_of(settings, 0.2), 1U);
  EXPECT_EQ(band_of(settings, 1), 1U);
  EXPECT_EQ(settings.bands[1].treatments[2], "agency");
}

TEST(Treatments, ScoreDoublesTheOddsByItsPoints) {
  const ScoreScale scale;  // 600 points at 50 : 1, 20 points double them
  EXPECT_NEAR(scale.score(1.0 / 51), 600, 1e-9);
  EXPECT_NEAR(scale.score(1.0 / 101), 620, 1e-9);
  EXPECT_NEAR(scale.score(1.0 / 26), 580, 1e-9);
}

TEST(Treatments, RefuseATableWithHoles) {
  const auto message = [](const std::string& yaml) -> std::string {
    try {
      (void)read(yaml);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message("days: [1, 30]\nbands: {all: {treatments: [call]}}\n").find("collections.yaml:2:"),
            std::string::npos);
  EXPECT_NE(message("days: [1, 30]\nbands: {all: {treatments: [call]}}\n").find("there are 2 steps"),
            std::string::npos);
  EXPECT_NE(message("days: [30, 1]\nbands: {all: {treatments: [a, b]}}\n").find("rising"), std::string::npos);
  EXPECT_NE(message("days: [1]\nbands: {all: {from: 0.1, treatments: [a]}}\n").find("follow"), std::string::npos);
  EXPECT_NE(message("days: [1]\n").find("no bands"), std::string::npos);
}

}  // namespace
}  // namespace proffer::collections
