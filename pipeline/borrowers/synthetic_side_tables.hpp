// Existing accounts and past contacts of synthetic borrowers.
#pragma once

#include <cstdint>
#include <span>

#include "borrowers/book.hpp"

namespace proffer::borrowers {

/// How many rows of the side tables a borrower has: 0 … 2 accounts, 0 … 3 contacts.
struct SideRows {
  std::uint64_t accounts = 0, contacts = 0;
};
[[nodiscard]] SideRows side_rows(std::uint64_t seed, std::uint64_t id);

/// Months since the oldest account was opened; 0 = there is none.
[[nodiscard]] std::uint64_t oldest_account(std::uint64_t seed, std::uint64_t id);

/// Appends them, dated before as_of and in order of date. `values` = column::size true values.
void append_accounts(std::uint64_t seed, std::uint64_t id, std::int32_t as_of, std::span<const float> values,
                     Accounts& accounts);
void append_contacts(std::uint64_t seed, std::uint64_t id, std::int32_t as_of, Contacts& contacts);

}  // namespace proffer::borrowers
