// Which settings are recomputed. Whatever else a config says about a list would be passed over silently, so it is
// refused.
#pragma once

#include <string>

#include "verify/recorded_run.hpp"

namespace proffer::verify {

/// Independent. DataError naming the first setting of catalog, economics and policy that is not known here.
void refuse_unknown_scoring(const RecordedSettings& settings);
/// Independent. The same for the settings of combine, which stand below `prefix`.
void refuse_unknown_combine(const RecordedSettings& settings, const std::string& prefix);

}  // namespace proffer::verify
