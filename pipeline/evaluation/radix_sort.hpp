// Stable sorting by a 64-bit key in linear time. Internal to evaluation/.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace proffer::evaluation {

/// Ascending by key(item), a std::uint64_t; needs as much memory again. Independent. Least significant digit first, 11
/// bits at a time; digits that all keys share cost nothing (scores that were floats have 29 such bits).
template <class Item, class Key>
void radix_sort(std::vector<Item>& items, Key key) {
  constexpr std::size_t bits = 11;
  constexpr std::size_t buckets = std::size_t{1} << bits;
  constexpr std::size_t digits = 6;
  constexpr std::size_t few = 2048;  // below, a comparison sort is faster
  if (items.size() < few) {
    std::ranges::stable_sort(items, {}, key);
    return;
  }
  const auto digit = [&](const Item& item, std::size_t d) { return key(item) >> (bits * d) & (buckets - 1); };
  std::vector<std::array<std::size_t, buckets>> counts(digits);
  for (const Item& item : items)
    for (std::size_t d = 0; d < digits; ++d) ++counts[d][digit(item, d)];
  std::vector<Item> sorted(items.size());
  for (std::size_t d = 0; d < digits; ++d) {
    if (counts[d][digit(items.front(), d)] == items.size()) continue;
    std::size_t place = 0;
    for (std::size_t& count : counts[d]) place += std::exchange(count, place);
    for (const Item& item : items) sorted[counts[d][digit(item, d)]++] = item;
    items.swap(sorted);
  }
}

}  // namespace proffer::evaluation
