// Months and days as the synthetic books need them. Dates are YYYYMMDD.
#pragma once

#include <chrono>
#include <cstdint>

namespace proffer::borrowers {

[[nodiscard]] constexpr std::chrono::year_month_day to_date(std::int32_t date) {
  return std::chrono::year{date / 10000} / (date / 100 % 100) / (date % 100);
}
[[nodiscard]] constexpr std::int32_t from_date(const std::chrono::year_month_day& date) {
  return static_cast<int>(date.year()) * 10000 + static_cast<std::int32_t>(static_cast<unsigned>(date.month())) * 100 +
         static_cast<std::int32_t>(static_cast<unsigned>(date.day()));
}
/// Months since year 0.
[[nodiscard]] constexpr int month_of(std::int32_t date) {
  return date / 10000 * 12 + date / 100 % 100 - 1;
}
/// Last day of a month.
[[nodiscard]] constexpr std::int32_t month_end(int month) {
  using namespace std::chrono;
  const year_month_day_last last{year{month / 12},
                                 month_day_last{std::chrono::month{static_cast<unsigned>(month % 12) + 1}}};
  return from_date(year_month_day{last});
}
[[nodiscard]] constexpr std::int32_t days_before(std::int32_t date, int days) {
  using namespace std::chrono;
  return from_date(year_month_day{sys_days{to_date(date)} - std::chrono::days{days}});
}

}  // namespace proffer::borrowers
