// The planned value of a chosen list is biased upwards: whoever is chosen was, on average, overestimated (the
// optimiser's curse, Smith & Winkler 2006). What is left of it is estimated by choosing with one model and valuing with
// another one that has not seen the same training rows.
#pragma once

#include <vector>

#include "allocation/solver.hpp"
#include "combine/score_source.hpp"
#include "offers/score_file.hpp"
#include "parallel/communicator.hpp"

namespace proffer::combine {

struct HonestValue {
  bool known = false;       ///< false where the scores hold no fold values
  double value = 0;         ///< planned value · ratio
  double ratio = 1;         ///< what is left of the planned value
  double fold_planned = 0;  ///< value claimed by the model that chose, sample, both ways
  double fold_honest = 0;   ///< value of the same choices by the other model
  std::uint64_t borrowers = 0;
};

/// Collective. For each sampled borrower and each of the two fold models: the offer that model would choose at the
/// final multipliers (uses as planned), valued by the model itself and by the other one. The folds have half of the
/// training rows each, so their errors have about twice the variance of the full model's, and the bias is of first order
/// in that variance: the list keeps 1 − (1 − honest/planned)/2 of its planned value.
[[nodiscard]] HonestValue honest_value(const parallel::Communicator& comm, const offers::ScoreReader& reader,
                                       const ScoreSource& source, const allocation::Rules& rules,
                                       const allocation::Solution& solution);

}  // namespace proffer::combine
