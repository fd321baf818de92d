// The sentences of a model card.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "models/card.hpp"

namespace proffer::models {

/// Rows of a part by its metrics; 0 where it has none. Pure.
[[nodiscard]] std::uint64_t rows_in(const nlohmann::json& metrics, Part part);

/// What must hold for the model's probabilities to mean what they say. Independent.
[[nodiscard]] nlohmann::json card_assumptions(const CardSubject& subject);

/// Where not to trust it; `card` holds all other sections. Independent.
[[nodiscard]] nlohmann::json card_limits(const CardSubject& subject, const nlohmann::json& card);

}  // namespace proffer::models
