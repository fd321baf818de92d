#pragma once

#include <concepts>
#include <stdexcept>
#include <utility>

namespace proffer {

/// Integer conversion that throws std::overflow_error where the value does not fit.
template <std::integral To, std::integral From>
[[nodiscard]] constexpr To checked_cast(From value) {
  if (!std::in_range<To>(value)) throw std::overflow_error("integer does not fit the narrower type");
  return static_cast<To>(value);
}

}  // namespace proffer
