// What `train.uplift` reads.
#pragma once

#include <string>

#include "models/settings.hpp"
#include "settings/section.hpp"

namespace proffer::models {

/// Independent. Reads one entry of train.uplift. UsageError with file:line:column.
[[nodiscard]] UpliftSettings read_uplift(const std::string& name, const settings::Section& section);

}  // namespace proffer::models
