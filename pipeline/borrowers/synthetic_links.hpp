// What synthetic borrowers share: devices, phones, addresses; in households, by public devices, and in fraud rings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "borrowers/synthetic.hpp"

namespace proffer::borrowers {

/// Kinds of links of synthetic books, in order.
[[nodiscard]] std::vector<std::string> synthetic_links();

/// Two borrowers with neighbouring ids now and then are one household.
[[nodiscard]] std::uint64_t unit_of(std::uint64_t seed, std::uint64_t id);

/// What belonging to a ring adds to the probability of fraud; 0 for those who belong to none, and without links.
[[nodiscard]] double ring_fraud(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id);

/// Appends the links of one borrower, one per kind; 0 = not known.
void append_links(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id,
                  std::vector<std::uint64_t>& links);

}  // namespace proffer::borrowers
