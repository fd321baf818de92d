// Types that carry meaning: ids that cannot be mixed up, and units in signatures.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace proffer {

/// A number with a meaning; two meanings do not convert into each other.
template <class Tag, class Rep>
struct Named {
  Rep value{};
  constexpr Named() = default;
  constexpr explicit Named(Rep v) : value(v) {}
  friend constexpr auto operator<=>(const Named&, const Named&) = default;
};

using BorrowerId = Named<struct BorrowerIdTag, std::uint64_t>;
using GlobalRow = Named<struct GlobalRowTag, std::uint64_t>;  ///< row of a whole table
using LocalRow = Named<struct LocalRowTag, std::size_t>;      ///< row of this rank's part

using Money = double;        ///< in the currency of the book
using AnnualRate = double;   ///< yearly fraction: 0.24 = 24 % a year
using Probability = double;  ///< 0 … 1

}  // namespace proffer
