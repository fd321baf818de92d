// XGBoost's JSON model, read and written.
#pragma once

#include <string_view>

#include "boosting/forest.hpp"

namespace proffer::boosting {

/// The trees of an XGBoost JSON model that was trained on codes. SystemError where it is none or has categories.
[[nodiscard]] std::vector<Tree> trees_of_xgboost_json(std::string_view text);

}  // namespace proffer::boosting
