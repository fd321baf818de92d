// What the text of a cell means: numbers, integers, dates. Locale-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace proffer::borrowers {

/// A decimal number (std::from_chars, nearest double; one leading + is allowed). Nothing for anything else, for nan
/// and for numbers that are infinite as a double.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
/// A whole number 0 … 2^64 − 1.
[[nodiscard]] std::optional<std::uint64_t> parse_id(std::string_view text);

enum class DateFormat { iso, compact, day_first, month_first };
/// "YYYY-MM-DD", "YYYYMMDD", "DD/MM/YYYY", "MM/DD/YYYY"
[[nodiscard]] std::string_view name_of(DateFormat format);
/// A day of the calendar as YYYYMMDD; nothing where the text has another form or the day does not exist.
[[nodiscard]] std::optional<std::int32_t> parse_date(std::string_view text, DateFormat format);
/// Whether YYYYMMDD is a day of the calendar.
[[nodiscard]] bool is_date(std::int32_t yyyymmdd);
/// The day `months` later; the last day of the month where that month is shorter (20240131 + 1 → 20240229).
[[nodiscard]] std::int32_t add_months(std::int32_t yyyymmdd, int months);

}  // namespace proffer::borrowers
