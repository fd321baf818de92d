#include "parallel/partition.hpp"

#include <algorithm>

#include "foundation/error.hpp"

namespace proffer::parallel {

RowRange part_of(std::uint64_t rows, int rank, int size, std::uint64_t block) {
  expects(size > 0 && rank >= 0 && rank < size && block > 0, "part_of: rank in 0 … size-1 and a block of at least 1");
  const std::uint64_t blocks = rows / block + (rows % block != 0 ? 1 : 0);
  const auto ranks = static_cast<std::uint64_t>(size);
  const std::uint64_t each = blocks / ranks;
  const std::uint64_t more = blocks % ranks;  // the first `more` ranks get one block more
  // Clamped before the multiplication, so that the last block's end cannot wrap around.
  const auto first_row = [&](std::uint64_t r) {
    const std::uint64_t first_block = r * each + std::min(r, more);
    return first_block >= blocks ? rows : first_block * block;
  };
  const auto r = static_cast<std::uint64_t>(rank);
  return {first_row(r), first_row(r + 1)};
}

}  // namespace proffer::parallel
