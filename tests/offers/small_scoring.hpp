// Models and settings that score the small book.
#pragma once

#include "offers/score.hpp"
#include "offers/small_models.hpp"

namespace proffer::test {

inline offers::ScoreModels small_score_models() {
  return {small_model("response", 1), small_model("booking", 2), small_model("default", 3),
          small_model("fraud", 4, false)};
}

inline offers::ScoreSettings small_score_settings(std::uint64_t second_sample) {
  offers::ScoreSettings settings;
  settings.catalog = small_catalog();
  settings.economics.discount_rate = 0.05;
  settings.economics.funding_rate = 0.03;
  settings.economics.prepayment_monthly = {0};
  settings.economics.seasoning = {1};
  settings.policy.maximum_pd = 0.3;
  settings.segment = "region";
  settings.second_sample = second_sample;
  return settings;
}

}  // namespace proffer::test
