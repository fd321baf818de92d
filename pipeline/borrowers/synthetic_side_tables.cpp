#include "borrowers/synthetic_side_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "borrowers/synthetic_calendar.hpp"
#include "borrowers/synthetic_people.hpp"
#include "borrowers/truth.hpp"
#include "parallel/random.hpp"

namespace proffer::borrowers {

SideRows side_rows(std::uint64_t seed, std::uint64_t id) {
  parallel::RandomStream stream(seed, id, "generate.side_rows");
  const double accounts = stream.uniform();
  const double contacts = stream.uniform();
  SideRows rows;
  for (const double below : {0.60, 0.90}) rows.accounts += accounts >= below ? 1 : 0;
  for (const double below : {0.55, 0.85, 0.96}) rows.contacts += contacts >= below ? 1 : 0;
  return rows;
}

std::uint64_t oldest_account(std::uint64_t seed, std::uint64_t id) {
  parallel::RandomStream stream(seed, id, "generate.accounts");
  std::uint64_t months = 0;
  for (std::uint64_t i = side_rows(seed, id).accounts; i > 0; --i) months = std::max(months, 1 + stream.below(47));
  return months;
}

void append_accounts(std::uint64_t seed, std::uint64_t id, std::int32_t as_of, std::span<const float> values,
                     Accounts& accounts) {
  parallel::RandomStream stream(seed, id, "generate.accounts");
  std::array<std::uint64_t, 2> ages{};  // months
  const std::uint64_t count = side_rows(seed, id).accounts;
  for (std::uint64_t i = 0; i < count; ++i) ages[i] = 1 + stream.below(47);
  std::sort(ages.begin(), ages.begin() + static_cast<std::ptrdiff_t>(count), std::greater<>());
  for (std::uint64_t i = 0; i < count; ++i) {
    const double left = stream.uniform();  // of a loan: what is not yet repaid
    const double amount = 2.5 * static_cast<double>(values[latent::last_loan_amount]);
    const bool is_card = stream.uniform() < 0.4;
    const double card = std::max(0.0, static_cast<double>(values[latent::card_bill]));
    accounts.id.push_back(id);
    accounts.opened.push_back(month_end(month_of(as_of) - static_cast<int>(ages[i])));
    accounts.exposure.push_back(std::round(is_card ? card : amount * left));
    accounts.instalment.push_back(std::round(is_card ? 0.03 * card : amount / 30));
  }
}

void append_contacts(std::uint64_t seed, std::uint64_t id, std::int32_t as_of, Contacts& contacts) {
  parallel::RandomStream stream(seed, id, "generate.contacts");
  std::array<std::uint64_t, 3> days{};
  const std::uint64_t count = side_rows(seed, id).contacts;
  for (std::uint64_t i = 0; i < count; ++i) days[i] = 1 + stream.below(360);
  std::sort(days.begin(), days.begin() + static_cast<std::ptrdiff_t>(count), std::greater<>());
  for (std::uint64_t i = 0; i < count; ++i) {
    contacts.id.push_back(id);
    contacts.day.push_back(days_before(as_of, static_cast<int>(days[i])));
    contacts.channel.push_back(stream.uniform() < 0.25 ? synthetic::phone : synthetic::mail);
  }
}

}  // namespace proffer::borrowers
