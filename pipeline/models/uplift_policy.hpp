// What giving everyone the treatment that an uplift model thinks best would have brought.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "evaluation/bootstrap.hpp"
#include "models/uplift_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Collective. Recommended is the arm of the largest effect, the control where none is above 0. Its value is Σ over
/// arms a of the share of rows that a is recommended for, times the rate of outcomes among those of them that drew a:
/// unbiased where arms were drawn at random. Beside it the arm that is best for everyone, and what the recommendation
/// gains on it, in the same bootstrap replicates. {recommended: [{arm, share}], rate, best_for_all: {arm, rate},
/// gain}.
[[nodiscard]] nlohmann::json policy_json(const parallel::Communicator& comm, const UpliftRows& rows, Part part,
                                         std::span<const std::vector<double>> effects,
                                         const evaluation::Bootstrap& bootstrap);

}  // namespace proffer::models
