#pragma once

#include <string>

namespace proffer::boosting {

/// "1.7.4": the XGBoost library that is running.
[[nodiscard]] std::string library_version();

}  // namespace proffer::boosting
