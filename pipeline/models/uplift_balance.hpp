// Whether arms were drawn at random: the same inputs in each of them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "models/uplift_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Collective. For each treatment and input the stability index (evaluation::stability) of the treated rows against the
/// controls, over groups of neighbouring bins, about ten of equal rows, missing on its own. Where arms are random about
/// one input in twenty exceeds its threshold: {checked, above_threshold, probability, inputs: [{treatment, input, psi,
/// threshold}] of those above}. `probability`: of so many or more by chance, inputs taken as independent. Unweighted:
/// where propensities differ, inputs may.
[[nodiscard]] nlohmann::json arm_balance(const parallel::Communicator& comm, const UpliftRows& rows);

}  // namespace proffer::models
