// What a risk team files with an uplift model, as JSON and as a page to read.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/uplift_model.hpp"
#include "models/uplift_rows.hpp"

namespace proffer::models {

/// Independent. The card without its origin (set_origin puts it in). `metrics`: uplift_metrics; `balance`: arm_balance.
[[nodiscard]] nlohmann::json uplift_card(const UpliftSettings& settings, const UpliftRows& rows,
                                         const UpliftModel& model, const nlohmann::json& metrics,
                                         const nlohmann::json& balance);

/// Independent. The card as Markdown.
[[nodiscard]] std::string uplift_card_page(const nlohmann::json& card);

}  // namespace proffer::models
