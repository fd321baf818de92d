// Integers of 128 bits: products of two counts of up to 62 bits, summed over ranks. Internal to evaluation/.
#pragma once

#include <cstdint>
#include <span>

#include "parallel/communicator.hpp"

namespace proffer::evaluation {

__extension__ using Wide = unsigned __int128;

/// Collective. In place, element by element, modulo 2^128.
void all_reduce_sum(const parallel::Communicator& comm, std::span<Wide> values);
/// Collective. The largest over the ranks.
[[nodiscard]] Wide max_over_ranks(const parallel::Communicator& comm, Wide value);

}  // namespace proffer::evaluation
