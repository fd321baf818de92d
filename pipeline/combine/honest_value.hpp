// The planned value of a chosen list is biased upwards: whoever is chosen was, on average, overestimated (the
// optimiser's curse, Smith & Winkler 2006). A second opinion that did not choose, and has not seen the training rows of
// the models that did, has no such bias.
#pragma once

#include "allocation/population.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/communicator.hpp"

namespace proffer::combine {

struct HonestValue {
  bool known = false;  ///< false where the scores hold no second opinions, or none on anybody chosen
  double value = 0;    ///< planned value of the list · ratio
  double ratio = 1;    ///< second opinion's value of the sampled choices / planned value of them
  std::uint64_t offered_in_sample = 0;
};

/// Collective. Values the list by the second opinions, on the borrowers for whom the scores hold them.
/// `planned_value`: of what was chosen.
[[nodiscard]] HonestValue honest_value(const parallel::Communicator& comm, const offers::ScoredBatches& batches,
                                       const allocation::Population& population, const allocation::Solution& solution,
                                       double planned_value);

}  // namespace proffer::combine
