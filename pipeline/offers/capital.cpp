#include "offers/capital.hpp"

#include <cmath>

#include "statistics/normal.hpp"

namespace proffer::offers {

double asset_correlation(Probability pd, AssetClass asset_class) {
  if (asset_class != AssetClass::other_retail) return 0.04;
  const double weight = std::expm1(-35.0 * pd) / std::expm1(-35.0);
  return 0.03 * weight + 0.16 * (1.0 - weight);
}

double capital_requirement(Probability pd, double lgd, AssetClass asset_class) {
  if (asset_class == AssetClass::none || pd <= 0 || pd >= 1) return 0;
  const double correlation = asset_correlation(pd, asset_class);
  const double stressed =
      (statistics::normal_quantile(pd) + std::sqrt(correlation) * statistics::normal_quantile(0.999)) /
      std::sqrt(1.0 - correlation);
  return lgd * (statistics::normal_cdf(stressed) - pd);
}

}  // namespace proffer::offers
