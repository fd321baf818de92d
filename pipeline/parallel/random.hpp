// Random numbers as functions of (seed, id, purpose), never of position, rank or thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "foundation/hash.hpp"
#include "foundation/types.hpp"

namespace proffer::parallel {

/// A purpose is a short fixed text such as "generate.take_up"; two purposes give independent numbers.
[[nodiscard]] constexpr std::uint64_t purpose(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

/// 64 random bits for the `counter`-th draw of (seed, id, purpose). Counter-based: no state.
[[nodiscard]] constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t id, std::uint64_t purpose_code,
                                                  std::uint64_t counter = 0) {
  return mix64(mix64(mix64(mix64(seed) ^ purpose_code) ^ id) + counter * 0xd1342543de82ef95ULL);
}

/// 53 of the bits as a double strictly inside (0, 1).
[[nodiscard]] constexpr double to_unit_interval(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

/// The draws of one (seed, id, purpose) one after another.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t id, std::string_view purpose_name)
      : seed_(seed), id_(id), purpose_(purpose(purpose_name)) {}
  [[nodiscard]] std::uint64_t bits() { return random_bits(seed_, id_, purpose_, counter_++); }
  [[nodiscard]] double uniform() { return to_unit_interval(bits()); }
  /// Uniform in 0 … n−1 (multiply-shift; bias below n/2^64).
  [[nodiscard]] std::uint64_t below(std::uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(bits()) * n) >> 64);
  }

 private:
  std::uint64_t seed_, id_, purpose_;
  std::uint64_t counter_ = 0;
};

}  // namespace proffer::parallel
