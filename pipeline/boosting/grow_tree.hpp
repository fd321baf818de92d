// One tree, grown by XGBoost.
#pragma once

#include "boosting/derivatives.hpp"
#include "boosting/forest.hpp"
#include "boosting/trainer.hpp"

namespace proffer::boosting {

/// Collective. The tree that fits the derivatives on the rows of `data` under the options, leaf values times `eta`. It
/// comes from a booster made for it alone, so nothing of earlier trees or an earlier process can be in it.
[[nodiscard]] Tree grow_tree(const TrainingData& data, const TrainOptions& options, double eta,
                             const Derivatives& derivatives);

}  // namespace proffer::boosting
