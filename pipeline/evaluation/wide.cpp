#include "evaluation/wide.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "parallel/collectives.hpp"

namespace proffer::evaluation {

void all_reduce_sum(const parallel::Communicator& comm, std::span<Wide> values) {
  constexpr std::size_t limbs = 4;  // of 32 bits each: sums over 2^32 ranks fit
  std::vector<std::uint64_t> parts;
  parts.reserve(limbs * values.size());
  for (const Wide value : values)
    for (std::size_t i = 0; i < limbs; ++i) parts.push_back(static_cast<std::uint32_t>(value >> (32 * i)));
  parallel::all_reduce_sum(comm, parts);
  for (std::size_t at = 0; at < values.size(); ++at) {
    values[at] = 0;
    for (std::size_t i = 0; i < limbs; ++i) values[at] += static_cast<Wide>(parts[limbs * at + i]) << (32 * i);
  }
}

Wide max_over_ranks(const parallel::Communicator& comm, Wide value) {
  const std::array<std::uint64_t, 2> mine{static_cast<std::uint64_t>(value >> 64), static_cast<std::uint64_t>(value)};
  const std::vector<std::uint64_t> all = parallel::all_gather<std::uint64_t>(comm, mine);
  Wide largest = 0;
  for (std::size_t i = 0; i < all.size(); i += 2)
    largest = std::max(largest, static_cast<Wide>(all[i]) << 64 | all[i + 1]);
  return largest;
}

}  // namespace proffer::evaluation
