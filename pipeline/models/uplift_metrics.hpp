// How good an uplift model is on each part of its rows.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "models/uplift_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Collective. For each part that has rows of every arm: {rows, treatments: [{treatment, treated, controls,
/// treated_rate, control_rate, effect, mean_predicted, qini: {area, coefficient, auuc, curve}, top, deciles}], policy}
/// (docs/formats.md, "metrics.json"). `effects`: of each treatment, per row. Intervals (bootstrap by unit) where the
/// part did not train. The same on every rank, at any number of ranks.
[[nodiscard]] nlohmann::json uplift_metrics(const parallel::Communicator& comm, const UpliftSettings& settings,
                                            const UpliftRows& rows, std::span<const std::vector<double>> effects,
                                            std::uint64_t seed);

}  // namespace proffer::models
