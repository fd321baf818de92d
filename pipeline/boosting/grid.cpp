#include "boosting/grid.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "foundation/lanes.hpp"

namespace proffer::boosting {
namespace {

struct Ranges {
  Floats least{}, most{};
  Integers sound = Integers{} - 1;
};

/// Adding 1.5·2^52 and taking it away rounds to a whole number.
[[gnu::always_inline]] inline void four_values(const double* from, double grid, float* to, Ranges& met) {
  constexpr double shift = 0x1.8p52;
  const Floats highest = Floats{} + std::numeric_limits<float>::max();
  Doubles exact;
  load(from, exact);
  const Floats value = __builtin_convertvector(exact, Floats);
  met.least = value < met.least ? value : met.least;
  met.most = value > met.most ? value : met.most;
  met.sound &= (value <= highest) & (value >= -highest);  // a NaN is neither
  const Doubles rounded = (__builtin_convertvector(value, Doubles) * (1 / grid) + shift - shift) * grid;
  store(__builtin_convertvector(rounded, Floats), to);
}

[[gnu::always_inline]] inline void all_values(std::span<const double> values, double grid, float* out, Ranges& met) {
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes) four_values(values.data() + i, grid, out + i, met);
  if (i == values.size()) return;
  std::array<double, lanes> from{};
  std::array<float, lanes> to{};
  std::copy(values.begin() + static_cast<std::ptrdiff_t>(i), values.end(), from.begin());
  four_values(from.data(), grid, to.data(), met);
  std::copy_n(to.begin(), values.size() - i, out + i);
}

void all_values_portable(std::span<const double> values, double grid, float* out, Ranges& met) {
  all_values(values, grid, out, met);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void all_values_avx2(std::span<const double> values, double grid, float* out, Ranges& met) {
  all_values(values, grid, out, met);
}
#else
constexpr auto all_values_avx2 = all_values_portable;
#endif

}  // namespace

double grid_for(double largest, std::uint64_t rows) {
  if (!(largest > 0)) return 1;
  int exponent = 0;
  std::frexp(largest, &exponent);  // largest < 2^exponent
  const int bits = std::min(24, 53 - static_cast<int>(std::bit_width(rows)));
  return std::ldexp(1.0, std::max(exponent - bits, -148));
}

Range round_to_grid(std::span<const double> values, double grid, float* out, bool portable) {
  Ranges met;
  const auto round = !portable && avx2_runs_here() ? all_values_avx2 : all_values_portable;
  round(values, grid, out, met);
  Range range;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    range.least = std::min(range.least, met.least[lane]);
    range.most = std::max(range.most, met.most[lane]);
    range.sound = range.sound && met.sound[lane] != 0;
  }
  return range;
}

}  // namespace proffer::boosting
