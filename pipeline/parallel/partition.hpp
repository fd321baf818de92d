// Which rows belong to which rank.
#pragma once

#include <cstdint>

namespace proffer::parallel {

struct RowRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
};

/// The rows of `rank` out of `size` when `rows` rows are dealt out in whole blocks of `block` rows, as evenly as
/// blocks allow, in rank order. Ranks may get none. Independent.
[[nodiscard]] RowRange part_of(std::uint64_t rows, int rank, int size, std::uint64_t block = 1);

}  // namespace proffer::parallel
