// What the policy knows besides the config: past trials near each offer, ids not to be contacted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// The ids of a suppression list: one per line, the first column of a CSV; empty lines, lines that begin with # and one
/// heading line are passed over. Sorted, each once. DataError file:line for anything else. `file` stands in messages.
[[nodiscard]] std::vector<std::uint64_t> suppression_from_text(std::string_view text, std::string_view file);
/// The same from a file. UsageError where it cannot be read. Independent.
[[nodiscard]] std::vector<std::uint64_t> read_suppression(const std::filesystem::path& path);

}  // namespace proffer::offers
