// What the policy knows besides the config: past trials near each offer, existing instalments, ids not to be contacted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "borrowers/book.hpp"
#include "offers/policy_settings.hpp"

namespace proffer::models {
struct Trials;
}

namespace proffer::offers {

/// Trials near each offer: of the same product, with limit and rate in the neighbourhood, any term and channel.
/// `products`: labels of the product codes in `trials`. One number per offer.
[[nodiscard]] std::vector<std::uint64_t> count_trials(const Catalog& catalog, std::span<const models::Trials> trials,
                                                      std::span<const std::string> products,
                                                      const Neighbourhood& neighbourhood);

/// What borrowers owe already, by id.
class ExistingAccounts {
 public:
  ExistingAccounts() = default;
  /// `accounts` sorted by (id, opened) as in the book; those opened after `as_of` (YYYYMMDD) do not count. Amounts of
  /// one id are added in the order of the file. DataError where the ids are not sorted.
  ExistingAccounts(const borrowers::Accounts& accounts, std::int32_t as_of);
  [[nodiscard]] double instalment(std::uint64_t id) const;  ///< per month; 0 where nothing is known
  [[nodiscard]] double exposure(std::uint64_t id) const;

 private:
  struct Owed {
    std::uint64_t id;
    double instalment;
    double exposure;
  };
  [[nodiscard]] const Owed* find(std::uint64_t id) const;
  std::vector<Owed> owed_;
};

/// The ids of a suppression list: one per line, the first column of a CSV; empty lines, lines that begin with # and one
/// heading line are passed over. Sorted, each once. DataError file:line for anything else. `file` stands in messages.
[[nodiscard]] std::vector<std::uint64_t> suppression_from_text(std::string_view text, std::string_view file);
/// The same from a file. UsageError where it cannot be read. Independent.
[[nodiscard]] std::vector<std::uint64_t> read_suppression(const std::filesystem::path& path);

}  // namespace proffer::offers
