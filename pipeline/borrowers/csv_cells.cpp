#include "borrowers/csv_cells.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

namespace proffer::borrowers {
namespace {

std::chrono::year_month_day calendar_day(std::int32_t yyyymmdd) {
  return {std::chrono::year(yyyymmdd / 10000), std::chrono::month(static_cast<unsigned>(yyyymmdd / 100 % 100)),
          std::chrono::day(static_cast<unsigned>(yyyymmdd % 100))};
}

std::int32_t compact(const std::chrono::year_month_day& day) {
  return static_cast<std::int32_t>(day.year()) * 10000 + static_cast<std::int32_t>(unsigned(day.month())) * 100 +
         static_cast<std::int32_t>(unsigned(day.day()));
}

/// The digits of text[at … at+count) as a number.
std::optional<std::int32_t> digits(std::string_view text, std::size_t at, std::size_t count) {
  std::int32_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// YYYYMMDD from a text whose parts start at these places.
std::optional<std::int32_t> assemble(std::string_view text, std::size_t year, std::size_t month, std::size_t day) {
  const auto y = digits(text, year, 4), m = digits(text, month, 2), d = digits(text, day, 2);
  if (!y || !m || !d) return {};
  const std::int32_t date = *y * 10000 + *m * 100 + *d;
  return is_date(date) ? std::optional(date) : std::nullopt;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) return {};
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range) {
    // Too near to zero is zero; too far from it is refused.
    const auto exponent = text.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos && exponent + 1 < text.size() && text[exponent + 1] == '-';
    return tiny ? std::optional(0.0) : std::nullopt;
  }
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::string_view name_of(DateFormat format) {
  switch (format) {
    case DateFormat::iso:
      return "YYYY-MM-DD";
    case DateFormat::compact:
      return "YYYYMMDD";
    case DateFormat::day_first:
      return "DD/MM/YYYY";
    case DateFormat::month_first:
      return "MM/DD/YYYY";
  }
  return "";
}

std::optional<std::int32_t> parse_date(std::string_view text, DateFormat format) {
  if (text.size() != name_of(format).size()) return {};
  if (format == DateFormat::compact) return assemble(text, 0, 4, 6);
  if (format == DateFormat::iso) return text[4] == '-' && text[7] == '-' ? assemble(text, 0, 5, 8) : std::nullopt;
  if (text[2] != '/' || text[5] != '/') return {};
  return format == DateFormat::day_first ? assemble(text, 6, 3, 0) : assemble(text, 6, 0, 3);
}

bool is_date(std::int32_t yyyymmdd) {
  return yyyymmdd > 0 && calendar_day(yyyymmdd).ok();
}

std::int32_t add_months(std::int32_t yyyymmdd, int months) {
  auto day = calendar_day(yyyymmdd) + std::chrono::months(months);
  if (!day.ok()) day = day.year() / day.month() / std::chrono::last;
  return compact(day);
}

}  // namespace proffer::borrowers
