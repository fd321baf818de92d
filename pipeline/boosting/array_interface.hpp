// Arrays in the form in which XGBoost's C API takes them: numpy's __array_interface__ as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace proffer::boosting {

/// rows × columns of bytes, row-major.
[[nodiscard]] std::string array_interface(const std::uint8_t* values, std::size_t rows, std::size_t columns);
/// A column of floats.
[[nodiscard]] std::string array_interface(const float* values, std::size_t rows);

}  // namespace proffer::boosting
