// Trees on raw values: a tree by hand, and thresholds from codes against the codes themselves.
#include "verify/model_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "foundation/error.hpp"
#include "statistics/logistic.hpp"
#include "storage/publish.hpp"
#include "support/scratch.hpp"

namespace proffer::verify {
namespace {

using nlohmann::json;
using proffer::test::Scratch;
using proffer::test::world;

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// One tree on x: below cut c, to leaf −1; else to leaf 2; missing goes right. Then on offer.limit the same.
json model_json(int split_code) {
  const json tree = {{"left", {1, -1, -1}},       {"right", {2, -1, -1}},
                     {"feature", {0, 0, 0}},      {"split_code", {split_code, 0, 0}},
                     {"default_left", {0, 0, 0}}, {"leaf", {0.0, -1.0, 2.0}},
                     {"gain", {0, 0, 0}},         {"cover", {0, 0, 0}}};
  json second_tree = tree;
  second_tree["feature"] = {1, 0, 0};
  second_tree["default_left"] = {1, 0, 0};
  return {{"format", "proffer-model"},
          {"format_version", "1.0"},
          {"name", "response"},
          {"target", "responded"},
          {"link", "logistic"},
          {"horizon_months", 12},
          {"features", {"x"}},
          {"dictionaries", json::array({json::array()})},
          {"offer_terms", {"limit"}},
          {"products", {"loan"}},
          {"channels", {"mail"}},
          {"bins", {{"names", {"x", "offer.limit"}}, {"cuts", {{1.0, 2.0, 4.0}, {1000.0, 2000.0}}}}},
          {"forest", {{"base_margin", 0.5}, {"features", 2}, {"trees", {tree, second_tree}}}},
          {"trials", {{0, 1000.0, 0.1, 12, 7}}},
          {"training", json::object()}};
}

ModelFile read(const json& file) {
  const Scratch folder;
  const auto path = folder.path() / ("model" + std::to_string(world().rank()) + ".json");
  storage::write_text_file(path, file.dump());
  return read_model(path);
}

TEST(ModelFile, WalksATreeOnRawValues) {
  const ModelFile model = read(model_json(2));  // code below 2: value below the second cut
  const auto margin = [&](float x, float limit) { return model.trees.margin(std::vector<float>{x, limit}); };
  EXPECT_EQ(margin(std::nextafter(2.0F, 0.0F), 5000), 0.5F - 1 + 2);
  EXPECT_EQ(margin(2, 5000), 0.5F + 2 + 2);
  EXPECT_EQ(margin(missing, 1999), 0.5F + 2 - 1);
  EXPECT_EQ(margin(-5, missing), 0.5F - 1 - 1);
  EXPECT_DOUBLE_EQ(model.probability(0.5F), statistics::sigmoid(0.5));
  ASSERT_EQ(model.trials.size(), 1U);
  EXPECT_EQ(model.trials[0].count, 7U);
}

TEST(ModelFile, SplitCodesAtTheEnds) {
  const auto value = [](int code, float x) { return read(model_json(code)).trees.margin(std::vector<float>{x, 0}); };
  for (const float x : {-1e30F, 0.0F, 1e30F}) {
    EXPECT_EQ(value(0, x), 0.5F + 2 + 2) << "code 0: everything right";
    EXPECT_EQ(value(200, x), 0.5F - 1 - 1) << "a code above all: everything left";
  }
}

TEST(ModelFile, CalibratesBetweenKnots) {
  json file = model_json(1);
  file["calibration"] = {{"method", "isotonic"}, {"shift", 0.0}, {"knots", {{-1.0, 0.1}, {1.0, 0.5}}}};
  const ModelFile model = read(file);
  EXPECT_EQ(model.probability(-3), 0.1);
  EXPECT_DOUBLE_EQ(model.probability(0), 0.3);
  EXPECT_EQ(model.probability(4), 0.5);
  file["calibration"] = {{"method", "platt"}, {"slope", 0.5}, {"intercept", 0.25}, {"shift", 1.0}};
  EXPECT_DOUBLE_EQ(read(file).probability(2), statistics::sigmoid(2.25));
  file["calibration"] = {{"method", "beta"}, {"slope", 2.0}, {"slope_no", 3.0}, {"intercept", 0.0}, {"shift", 0.0}};
  const double p = statistics::sigmoid(0.5);
  EXPECT_NEAR(read(file).probability(0.5F), statistics::sigmoid(2 * std::log(p) - 3 * std::log1p(-p)), 1e-15);
}

TEST(ModelFile, RefusesWhatItCannotRecompute) {
  const auto change = [](const std::string& pointer, const json& value) {
    json file = model_json(1);
    file[json::json_pointer(pointer)] = value;
    return file;
  };
  EXPECT_THROW((void)read(change("/format", "other")), DataError);
  EXPECT_THROW((void)read(change("/format_version", "2.0")), DataError);
  EXPECT_THROW((void)read(change("/forest/trees/0/left/0", 0)), DataError);
  EXPECT_THROW((void)read(change("/forest/trees/1/feature/0", 2)), DataError);
  EXPECT_THROW((void)read(change("/forest/trees/1/right", 3)), DataError);
  EXPECT_THROW((void)read(change("/something", 1)), DataError);
}

}  // namespace
}  // namespace proffer::verify
