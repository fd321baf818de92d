// The outcome window: which code a row's default gets (methods.md, section 2).
#pragma once

#include <cstdint>
#include <optional>

#include "borrowers/book.hpp"

namespace proffer::borrowers {

/// What is known about one booked row and its window.
struct WindowFacts {
  std::int32_t observed = 0;           ///< day the window begins, YYYYMMDD
  std::optional<std::int32_t> bad_on;  ///< first bad day, where known by its date
  std::optional<bool> bad;             ///< or: whether it was bad within the window
};

/// Code of default over `months` months with outcomes known until `cut_off`: 255 until the window is over, even if the
/// account is bad already (else bad accounts would enter earlier than good ones and bias the rate); 253 where it was
/// bad before the window began; 1 where it was bad within the window, its last day included; else 0.
[[nodiscard]] std::uint8_t window_code(const WindowFacts& facts, int months, std::int32_t cut_off);

}  // namespace proffer::borrowers
