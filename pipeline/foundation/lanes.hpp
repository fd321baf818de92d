// Four numbers at a time, in GCC's and Clang's vector types: the same bits with any instructions, for each operation
// rounds as IEEE 754 says and none are contracted (cmake/). A function that takes them inlines always: how they would
// be passed depends on the instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace proffer {

using Doubles [[gnu::vector_size(32)]] = double;
using Floats [[gnu::vector_size(16)]] = float;
using Integers [[gnu::vector_size(16)]] = std::int32_t;
using LongIntegers [[gnu::vector_size(32)]] = std::int64_t;
inline constexpr std::size_t lanes = 4;

template <class Lanes>
[[gnu::always_inline]] inline void load(const void* from, Lanes& to) {
  std::memcpy(&to, from, sizeof to);
}
template <class Lanes>
[[gnu::always_inline]] inline void store(const Lanes& from, void* to) {
  std::memcpy(to, &from, sizeof from);
}

/// Whether functions compiled for AVX2 run on this machine.
[[nodiscard]] inline bool avx2_runs_here() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
#else
  return false;
#endif
}

}  // namespace proffer
