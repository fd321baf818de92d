#pragma once

#include <string>

namespace proffer::storage {

/// "1.10.8": the HDF5 library that is running.
[[nodiscard]] std::string library_version();

}  // namespace proffer::storage
