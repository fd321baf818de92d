// Whether a book can tell what its rates change: where offers were priced by risk alone, models confound both.
#pragma once

#include <optional>
#include <string>

#include "borrowers/book.hpp"
#include "models/settings.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Whether an offer with this propensity (NaN: none) was drawn at random: what is certain was not.
[[nodiscard]] inline bool is_drawn(float propensity) {
  return propensity > 0 && propensity < 1;
}

/// Collective. Whether any offer of the book was drawn at random.
[[nodiscard]] bool any_propensity(const parallel::Communicator& comm, const borrowers::BookReader& book);

/// "propensity", "drawn_within: COLUMNS" or "nothing". Independent.
[[nodiscard]] std::string identified_by(const JointSettings& joint, bool propensities);

/// What tells a model how its outcome moves with the rate, as identified_by; nullopt for a model that is not told the
/// rate. `drawn_within` of any joint model says how the book's offers were drawn, for all. Independent.
[[nodiscard]] std::optional<std::string> prices_identified_by(const TrainSettings& train, const ModelSettings& settings,
                                                              bool propensities);

}  // namespace proffer::models
