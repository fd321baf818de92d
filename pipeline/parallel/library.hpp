#pragma once

#include <string>

namespace proffer::parallel {

/// "Open MPI v4.1.4": the MPI library that is running.
[[nodiscard]] std::string library_version();

}  // namespace proffer::parallel
