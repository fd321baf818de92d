// Expected values: Basel Committee, "International Convergence of Capital Measurement and Capital Standards" (2006),
// Annex 5, illustrative risk weights in percent at LGD 45 %. The table was made with a coarser normal quantile: two of
// its entries differ from the formula by one in the last digit.
#include "offers/capital.hpp"

#include <gtest/gtest.h>

namespace proffer::offers {
namespace {

double risk_weight(double pd_percent, AssetClass asset_class) {
  return 100.0 * 12.5 * capital_requirement(pd_percent / 100.0, 0.45, asset_class);
}

struct Published {
  double pd_percent;
  double other_retail;
  double qualifying_revolving;
};

TEST(Capital, EqualsThePublishedRiskWeights) {
  const Published table[] = {{0.03, 4.45, 0.98},   {0.05, 6.63, 1.51},    {0.10, 11.16, 2.71},   {0.25, 21.15, 5.76},
                             {0.40, 28.42, 8.41},  {0.50, 32.36, 10.04},  {0.75, 40.10, 13.80},  {1.00, 45.77, 17.22},
                             {1.30, 50.80, 21.02}, {1.50, 53.37, 23.40},  {2.00, 57.99, 28.92},  {2.50, 60.90, 33.98},
                             {3.00, 62.79, 38.66}, {4.00, 65.01, 47.16},  {5.00, 66.42, 54.75},  {6.00, 67.73, 61.61},
                             {10.0, 75.54, 83.89}, {15.0, 88.60, 103.89}, {20.0, 100.28, 117.99}};
  for (const Published& row : table) {
    EXPECT_NEAR(risk_weight(row.pd_percent, AssetClass::other_retail), row.other_retail, 0.01) << row.pd_percent;
    EXPECT_NEAR(risk_weight(row.pd_percent, AssetClass::qualifying_revolving), row.qualifying_revolving, 0.01)
        << row.pd_percent;
  }
}

TEST(Capital, IsNothingAtCertainty) {
  for (const auto asset_class : {AssetClass::other_retail, AssetClass::qualifying_revolving}) {
    EXPECT_EQ(capital_requirement(0, 0.45, asset_class), 0);
    EXPECT_EQ(capital_requirement(1, 0.45, asset_class), 0);
  }
  EXPECT_EQ(capital_requirement(0.02, 0.45, AssetClass::none), 0);
}

}  // namespace
}  // namespace proffer::offers
