// Probabilities of whole catalogs against walking the forest for every pair, labels matched by hand.
#include "offers/model_grid.hpp"

#include <gtest/gtest.h>

#include "models/inputs.hpp"
#include "offers/small_models.hpp"

namespace proffer::offers {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// Inputs of the model for row i and an offer, by name and label.
std::vector<float> inputs_by_hand(const models::Model& model, const borrowers::Batch& batch, std::size_t i,
                                  const Offer& offer) {
  const float to_model[] = {2, 0, missing};  // north, south, west of the book among south, east, north of the model
  const auto region = static_cast<std::size_t>(batch.row(i)[1]);
  std::vector<float> values{to_model[region], batch.row(i)[0]};
  if (model.offer_terms.empty()) return values;
  values.push_back(offer.product == 0 ? 1.0F : 0.0F);     // the catalog's loan is the model's second product
  values.push_back(offer.channel == 1 ? 0.0F : missing);  // mail; web is unknown
  values.push_back(static_cast<float>(offer.limit));
  values.push_back(static_cast<float>(offer.apr));
  return values;
}

void expect_pair_by_pair(const models::Model& model) {
  const Catalog catalog = test::small_catalog();
  const ModelGrid grid(model, test::small_schema(), catalog);
  ASSERT_TRUE(grid.has_second());
  const borrowers::Batch batch = test::small_rows(0, 200);
  std::vector<std::uint8_t> codes;
  grid.encode(batch.features, codes);
  const std::size_t offers = catalog.offers.size();
  std::vector<float> first(batch.rows() * offers), second(first.size());
  grid.probabilities(Opinion::first, codes, first);
  grid.probabilities(Opinion::second, codes, second);
  for (std::size_t i = 0; i < batch.rows(); ++i)
    for (std::size_t j = 0; j < offers; ++j) {
      const auto values = inputs_by_hand(model, batch, i, catalog.offers[j]);
      std::vector<std::uint8_t> pair(values.size());
      features::encode(model.bins, values, pair);
      const float margin = boosting::margin(model.forest, pair);
      ASSERT_EQ(first[i * offers + j], static_cast<float>(models::probability(model.link, model.calibration, margin)));
      const float other = boosting::margin(model.second->forest, pair);
      ASSERT_EQ(second[i * offers + j], static_cast<float>(models::probability(model.link, *model.second, other)));
    }
}

TEST(ModelGrid, IsEveryPairOnItsOwn) {
  models::Model model = test::small_model("response", 1);
  expect_pair_by_pair(model);
  model.link = models::Link::probit;
  expect_pair_by_pair(model);
  model.calibration.emplace();
  model.calibration->method = models::CalibrationMethod::platt;
  model.calibration->slope = 0.5;
  expect_pair_by_pair(model);
  expect_pair_by_pair(test::small_model("fraud", 2, false));
}

TEST(ModelGrid, NeedsTheFeaturesOfItsModel) {
  models::Model model = test::small_model("response", 1);
  model.features[1] = "incomes";
  EXPECT_EQ(test::error_of([&] { const ModelGrid grid(model, test::small_schema(), test::small_catalog()); }),
            "model response: the book has no column 'incomes': did you mean 'income'?");
}

}  // namespace
}  // namespace proffer::offers
