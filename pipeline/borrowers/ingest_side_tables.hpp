// Past contacts and existing accounts, each from a CSV file of its own.
#pragma once

#include "borrowers/book.hpp"
#include "borrowers/mapping.hpp"

namespace proffer::borrowers {

// Independent; the root reads them whole. Sorted as docs/formats.md says. DataError for the first bad row.
[[nodiscard]] Contacts read_contacts(const Mapping& mapping);
[[nodiscard]] Accounts read_accounts(const Mapping& mapping);

}  // namespace proffer::borrowers
