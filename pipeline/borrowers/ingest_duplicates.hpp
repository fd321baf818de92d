// Rows with the same (id, as_of), found across ranks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::borrowers {

/// What stands where: `position` grows with the line of the file.
struct RowKey {
  std::uint64_t id = 0;
  std::uint64_t position = 0;
  std::int32_t as_of = 0;
  std::int32_t padding = 0;
};

struct Duplicate {
  std::uint64_t position = 0;  ///< of the later row
  std::uint64_t first = 0;     ///< of the row it repeats
  std::uint64_t id = 0;
  std::int32_t as_of = 0;
  std::int32_t padding = 0;
};

struct Duplicates {
  std::uint64_t count = 0;
  std::vector<Duplicate> found;  ///< the first `at_most` or more, by position
};

/// Collective: every rank gets the same answer. Keys travel once, to the rank that the hash of their id names, so that
/// memory is 48 bytes per row and rank share.
[[nodiscard]] Duplicates find_duplicates(const parallel::Communicator& comm, std::span<const RowKey> keys,
                                         std::uint64_t at_most);

}  // namespace proffer::borrowers
