// Labels, inputs and parts of rows against their definitions.
#include "models/inputs.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "models/price_identification.hpp"
#include "models/small_book.hpp"
#include "models/split.hpp"

namespace proffer::models {
namespace {

using borrowers::Batch;
namespace outcome = borrowers::outcome;
using test::error_of;
using test::small_rows;
using test::small_schema;

/// One row with these codes.
Batch row_of(std::uint8_t contacted, std::uint8_t responded, std::uint8_t booked, std::uint8_t defaulted) {
  Batch batch = small_rows(0, 1);
  batch.offers->contacted[0] = contacted;
  batch.outcomes = borrowers::Outcomes{};
  batch.outcomes->responded = {responded};
  batch.outcomes->booked = {booked};
  batch.outcomes->defaulted = {defaulted};
  return batch;
}

TEST(Label, SaysWhatTheCodesMean) {
  using Label = std::optional<std::uint8_t>;
  const Batch taker = row_of(1, 1, 1, 0);
  EXPECT_EQ(label_of(Target::responded, taker, 0), Label(1));
  EXPECT_EQ(label_of(Target::booked, taker, 0), Label(1));
  EXPECT_EQ(label_of(Target::defaulted, taker, 0), Label(0));
  EXPECT_EQ(label_of(Target::fraud, taker, 0), std::nullopt) << "the book has no such column";
  const Batch silent = row_of(1, 0, 0, 255);
  EXPECT_EQ(label_of(Target::responded, silent, 0), Label(0));
  EXPECT_EQ(label_of(Target::booked, silent, 0), std::nullopt);
  EXPECT_EQ(label_of(Target::defaulted, silent, 0), std::nullopt);
  EXPECT_EQ(label_of(Target::responded, row_of(0, 0, 0, 255), 0), std::nullopt) << "not contacted";
  const Batch declined = row_of(1, 1, 0, 255);
  EXPECT_EQ(label_of(Target::responded, declined, 0), Label(1));
  EXPECT_EQ(label_of(Target::booked, declined, 0), Label(0));
  EXPECT_EQ(label_of(Target::defaulted, declined, 0), std::nullopt);
  for (const std::uint8_t code : {outcome::excluded, outcome::indeterminate, outcome::unknown}) {
    EXPECT_EQ(label_of(Target::responded, row_of(1, code, 0, 0), 0), std::nullopt);
    EXPECT_EQ(label_of(Target::booked, row_of(1, 1, code, 0), 0), std::nullopt);
    EXPECT_EQ(label_of(Target::defaulted, row_of(1, 1, 1, code), 0), std::nullopt);
  }
}

ModelSettings settings_of(std::vector<std::string> features, std::vector<std::string> exclude = {},
                          std::vector<Term> terms = {}) {
  ModelSettings settings;
  settings.name = "response";
  settings.where = "c.yaml:3:5";
  settings.features = std::move(features);
  settings.exclude = std::move(exclude);
  settings.offer_terms = std::move(terms);
  return settings;
}

std::vector<std::string> names_of(const ModelSettings& settings, bool has_offers = true) {
  return choose_inputs(settings, small_schema(), has_offers).names;
}

TEST(Inputs, AreTheFeaturesThenTheTerms) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_of(settings_of({})), (Names{"income", "region"}));
  EXPECT_EQ(names_of(settings_of({"region", "income"})), (Names{"region", "income"}));
  EXPECT_EQ(names_of(settings_of({}, {"income"}, {Term::apr, Term::limit})),
            (Names{"region", "offer.apr", "offer.limit"}));
  EXPECT_EQ(names_of(settings_of({}, {"income", "region"}, {Term::term})), Names{"offer.term"});
}

TEST(Inputs, AreRefusedWithAReason) {
  const auto refusal = [](const ModelSettings& settings, bool has_offers = true) {
    return error_of([&] { static_cast<void>(names_of(settings, has_offers)); });
  };
  EXPECT_EQ(refusal(settings_of({"incom"})), "c.yaml:3:5: the book has no column 'incom': did you mean 'income'?");
  EXPECT_EQ(refusal(settings_of({}, {"regio"})), "c.yaml:3:5: the book has no column 'regio': did you mean 'region'?");
  for (const std::string name : {"later", "split"})
    EXPECT_EQ(refusal(settings_of({name})),
              "c.yaml:3:5: model response may not learn from " + name +
                  " (its role in the book is not feature): leave it out, or change its role when the book is made");
  EXPECT_EQ(refusal(settings_of({}, {}, {Term::apr}), false),
            "c.yaml:3:5: model response wants offer terms (the book has no offers): remove offer_terms or train on a "
            "book with /offer");
  EXPECT_EQ(refusal(settings_of({}, {"income", "region"})),
            "c.yaml:3:5: model response has nothing to learn from (every column is left out): name features or "
            "offer_terms");
}

TEST(Inputs, FillTakesColumnsAndTerms) {
  Batch batch = small_rows(20, 2);
  batch.offers->product[1] = borrowers::no_code;
  batch.offers->term[1] = 0;
  const Inputs inputs =
      choose_inputs(settings_of({"region"}, {},
                                {Term::term, Term::product, Term::limit, Term::apr, Term::contract_apr, Term::channel}),
                    small_schema(), true);
  std::vector<float> values(inputs.size());
  inputs.fill(batch, 0, values);
  EXPECT_EQ(values, (std::vector<float>{2, 12, 0, 1000, 0.1F, 0.1F, 0}));
  inputs.fill(batch, 1, values);
  EXPECT_EQ(values[0], 0);
  EXPECT_TRUE(std::isnan(values[1]) && std::isnan(values[2]));
  EXPECT_EQ(values[3], 5000);
}

TEST(Prices, AreIdentifiedByWhatWasDrawn) {
  TrainSettings train;
  ModelSettings response, defaults, fraud;
  response.name = "response";
  response.offer_terms = {Term::limit, Term::apr};
  defaults.name = "default";
  defaults.offer_terms = {Term::contract_apr};
  defaults.joint.emplace();
  defaults.joint->response = "response";
  fraud.name = "fraud";
  train.models = {response, defaults, fraud};
  EXPECT_EQ(prices_identified_by(train, response, true), "propensity");
  EXPECT_EQ(prices_identified_by(train, response, false), "nothing");
  EXPECT_EQ(prices_identified_by(train, defaults, false), "nothing");
  EXPECT_EQ(prices_identified_by(train, fraud, false), std::nullopt) << "it is not told the rate";
  train.models[1].joint->drawn_within = {"risk", "month"};
  EXPECT_EQ(prices_identified_by(train, response, false), "drawn_within: risk month")
      << "so the book's offers were drawn";
  EXPECT_EQ(prices_identified_by(train, train.models[1], false), "drawn_within: risk month");
}

TEST(Split, DealsOutWholeUnitsInTheirShares) {
  SplitSettings settings;
  settings.valid = 0.15;
  settings.test = 0.2;
  const Splitter splitter(settings, small_schema(), 5);
  const Batch batch = small_rows(0, 40000);
  std::map<Part, double> count;
  std::map<std::uint64_t, std::set<Part>> parts_of_unit;
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    ++count[splitter.part(batch, i)];
    parts_of_unit[batch.unit[i]].insert(splitter.part(batch, i));
  }
  for (const auto& [unit, parts] : parts_of_unit) EXPECT_EQ(parts.size(), 1U) << "unit " << unit;
  // 20000 units: five standard deviations of a share are below 0.015.
  EXPECT_NEAR(count[Part::test] / 40000, 0.2, 0.015);
  EXPECT_NEAR(count[Part::valid] / 40000, 0.15, 0.015);
  EXPECT_NEAR(count[Part::train] / 40000, 0.65, 0.018);
  // Neither where a row stands nor what is read with it matters.
  const Batch later = small_rows(777, 1);
  EXPECT_EQ(splitter.part(later, 0), splitter.part(batch, 777));
}

TEST(Split, GoesByColumnAndDate) {
  SplitSettings settings;
  settings.by_column = true;
  settings.column = "split";
  const Batch batch = small_rows(0, 100);
  const Splitter by_column(settings, small_schema(), 5);
  const Part expected[] = {Part::train, Part::test, Part::valid, Part::unused, Part::unused};
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(by_column.part(batch, i), expected[i % 5]);
  settings.out_of_time_from = 20240120;
  const Splitter dated(settings, small_schema(), 5);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_EQ(dated.part(batch, i), batch.as_of[i] >= 20240120 ? Part::out_of_time : expected[i % 5]);
  settings.column = "splitt";
  EXPECT_EQ(error_of([&] { const Splitter wrong(settings, small_schema(), 5); }),
            "train.split.name: the book has no column 'splitt': did you mean 'split'?");
}

}  // namespace
}  // namespace proffer::models
