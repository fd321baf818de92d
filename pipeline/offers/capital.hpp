// Regulatory capital of retail loans by the internal-ratings formula.
#pragma once

#include "foundation/types.hpp"

namespace proffer::offers {

enum class AssetClass { none, other_retail, qualifying_revolving };

/// Asset correlation R: 0.03·w + 0.16·(1 − w) with w = (1 − e^(−35 PD))/(1 − e^(−35)) for other retail, 0.04 for
/// qualifying revolving. Basel Committee, "International Convergence of Capital Measurement and Capital Standards: A
/// Revised Framework" (2006), paragraphs 329 and 330.
[[nodiscard]] double asset_correlation(Probability pd, AssetClass asset_class);

/// K = LGD·(Φ((Φ⁻¹(PD) + √R·Φ⁻¹(0.999))/√(1 − R)) − PD), capital per unit of exposure at default; 0 for `none`. Same
/// source. `pd`: over twelve months, floors already applied. The risk weight is 12.5·K.
[[nodiscard]] double capital_requirement(Probability pd, double lgd, AssetClass asset_class);

}  // namespace proffer::offers
