// Fairness measures against closed forms and counting by hand, groups against the rows they come from.
#include "models/fairness.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "evaluation/samples.hpp"
#include "models/small_book.hpp"

namespace proffer::models {
namespace {

using evaluation::test::dealings;
using evaluation::test::dealt;
using proffer::test::world;

TEST(Fairness, IsItsFormulas) {
  // The four-fifths example of the Uniform Guidelines' questions and answers (44 FR 11996): 48 of 80, 12 of 40.
  const std::vector<std::string> labels = {"a", "b", "c"};
  const std::vector<GroupOutcome> outcomes = {{80, 48, 60, 40}, {40, 12, 20, 10}, {0, 0, 0, 0}};
  const auto list = fairness_of_groups(labels, outcomes, {}, true);
  ASSERT_EQ(list.size(), 2U) << "groups without rows are left out";
  EXPECT_TRUE(list[0]["reference"].get<bool>());
  EXPECT_DOUBLE_EQ(list[1]["adverse_impact_ratio"], 0.5);
  EXPECT_TRUE(list[1]["below_four_fifths"].get<bool>());
  EXPECT_DOUBLE_EQ(list[1]["equal_opportunity_difference"], 10.0 / 20 - 40.0 / 60);
  EXPECT_DOUBLE_EQ(list[1]["predictive_parity_difference"], 10.0 / 12 - 40.0 / 48);
  // z = 0.3 / √(0.5 · 0.5 · (1/80 + 1/40)) = 3.0984; 2 Φ(−z) = 0.0019457.
  EXPECT_NEAR(list[1]["p_value"].get<double>(), 0.0019457, 1e-6);
  EXPECT_DOUBLE_EQ(list[0]["p_value"], 1.0);
  const auto other = fairness_of_groups(labels, outcomes, "b", false);
  EXPECT_DOUBLE_EQ(other[0]["adverse_impact_ratio"], 2.0);
  EXPECT_FALSE(other[0].contains("precision"));
}

TEST(Fairness, TakesExactlyFourFifthsAsEnoughAndSmallGroupsNotAsReference) {
  const std::vector<std::string> labels = {"a", "b", "c"};
  const auto list =
      fairness_of_groups(labels, std::vector<GroupOutcome>{{100, 50, 0, 0}, {100, 40, 0, 0}, {3, 3, 0, 0}}, {}, true);
  EXPECT_FALSE(list[1]["below_four_fifths"].get<bool>());
  EXPECT_DOUBLE_EQ(list[2]["adverse_impact_ratio"], 2.0);
  EXPECT_TRUE(list[0]["true_positive_rate"].is_null());
}

TEST(Fairness, CountsAreThoseOfAllRanks) {
  const auto all = evaluation::test::sample(2000, 40, 5);
  Grouping whole{"sex", true, {"f", "m"}, {}};
  for (std::size_t i = 0; i < 2000; ++i) whole.code.push_back(i % 7 == 0 ? no_group : std::uint8_t(i % 3 == 0));
  MonitorSettings settings;
  settings.acceptance_rate = 0.6;
  const auto alone =
      model_fairness(parallel::self(), Target::defaulted, settings, std::vector{whole}, all.scores, all.labels);
  for (int dealing = 0; dealing < dealings; ++dealing) {
    Grouping mine{"sex", true, whole.labels, dealt(whole.code, dealing)};
    EXPECT_EQ(model_fairness(world(), Target::defaulted, settings, std::vector{mine}, dealt(all.scores, dealing),
                             dealt(all.labels, dealing)),
              alone);
  }
  // By hand: the smallest 1,200 of 2,000 and their ties are accepted, the good ones are qualified.
  std::vector<double> sorted = all.scores;
  std::ranges::sort(sorted);
  EXPECT_EQ(alone["threshold"], sorted[1199]);
  std::array<std::array<double, 4>, 2> counts{};
  for (std::size_t i = 0; i < 2000; ++i) {
    if (whole.code[i] == no_group) continue;
    auto& group = counts[whole.code[i]];
    const bool in = all.scores[i] <= sorted[1199], good = all.labels[i] == 0;
    group[0] += 1;
    group[1] += in;
    group[2] += good;
    group[3] += in && good;
  }
  for (std::size_t g = 0; g < 2; ++g) {
    const auto& entry = alone["columns"]["sex"][g];
    EXPECT_EQ(entry["rows"], counts[g][0]);
    EXPECT_DOUBLE_EQ(entry["acceptance_rate"], counts[g][1] / counts[g][0]);
    EXPECT_DOUBLE_EQ(entry["true_positive_rate"], counts[g][3] / counts[g][2]);
    EXPECT_DOUBLE_EQ(entry["precision"], counts[g][3] / counts[g][1]);
  }
}

TEST(Fairness, LooksAtTheOtherEndForResponses) {
  const std::vector<double> p = {0.1, 0.2, 0.3, 0.4};
  const std::vector<std::uint8_t> label = {0, 0, 1, 1};
  const Grouping grouping{"sex", true, {"f", "m"}, {0, 1, 0, 1}};
  MonitorSettings settings;
  settings.acceptance_rate = 0.25;
  const auto found = model_fairness(parallel::self(), Target::responded, settings, std::vector{grouping}, p, label);
  EXPECT_EQ(found["threshold"], 0.4);
  EXPECT_EQ(found["columns"]["sex"][1]["accepted"], 1);
  settings.acceptance_rate.reset();
  EXPECT_EQ(model_fairness(parallel::self(), Target::responded, settings, std::vector{grouping}, p, label)["threshold"],
            0.5)
      << "the base rate";
}

TEST(Groups, AreLabelsBandsOrValues) {
  borrowers::Schema schema;
  using borrowers::Kind, borrowers::Role;
  schema.columns = {{"sex", Kind::categorical, Role::monitor_only, {"f", "m"}},
                    {"age", Kind::numeric, Role::monitor_only, {}},
                    {"married", Kind::numeric, Role::monitor_only, {}},
                    {"fine", Kind::numeric, Role::monitor_only, {}},
                    {"region", Kind::categorical, Role::feature, {"north", "south"}}};
  MonitorSettings settings;
  settings.bands = {{"age", {25, 40.5}}};
  settings.segments = {"region"};
  const auto columns = monitored_columns(settings, schema);
  EXPECT_EQ(columns, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> values;
  for (int i = 0; i < 40; ++i) {
    const auto x = static_cast<float>(i);
    values.insert(values.end(), {i % 2 ? 1.0F : 0.0F, 20 + x, i % 3 ? 2.0F : 1.0F, x, i == 0 ? nan : 1.0F});
  }
  // The first rank has all rows: the others learn the values from it.
  const auto mine = world().rank() == 0 ? values : std::vector<float>{};
  const auto groups = group_rows(world(), schema, settings, columns, mine);
  ASSERT_EQ(groups.size(), 4U) << "a number with many values and no bands has no groups";
  EXPECT_EQ(groups[1].labels, (std::vector<std::string>{"below 25", "25 to 40.5", "40.5 and more"}));
  EXPECT_EQ(groups[2].labels, (std::vector<std::string>{"1", "2"}));
  EXPECT_FALSE(groups[3].monitored);
  if (world().rank() > 0) return;
  EXPECT_EQ(groups[1].code[4], 0);
  EXPECT_EQ(groups[1].code[5], 1);
  EXPECT_EQ(groups[1].code[21], 2);
  EXPECT_EQ(groups[3].code[0], no_group);
}

TEST(Groups, RefuseColumnsThatAreNotThere) {
  MonitorSettings settings;
  settings.segments = {"regio"};
  EXPECT_EQ(
      proffer::test::error_of([&] { static_cast<void>(monitored_columns(settings, proffer::test::small_schema())); }),
      "train.monitor.segments: the book has no column 'regio': did you mean 'region'?");
}

}  // namespace
}  // namespace proffer::models
