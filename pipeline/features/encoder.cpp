#include <algorithm>
#include <cmath>
#include <limits>

#include "features/binning.hpp"
#include "foundation/error.hpp"
#include "foundation/lanes.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace proffer::features {
namespace {

constexpr std::size_t block_rows = 256;  // so that a block of values stays in the cache while every feature passes
constexpr unsigned group = 16;           // cuts that are compared at once; at most as many groups

/// Some values of one feature, a stride apart, and where their codes go.
struct Strip {
  const float* values;
  std::size_t value_stride;
  std::uint8_t* codes;
  std::size_t code_stride;
  std::size_t rows;
};

// Both searches count the cuts that are ≤ x: first the groups that lie below it whole, then within one group.

unsigned count_not_above(const float* cuts, float x) {
  unsigned below = 0;
  for (unsigned step = group / 2; step > 0; step /= 2) below += cuts[below + step - 1] <= x ? step : 0;
  return below + (cuts[below] <= x ? 1 : 0);
}

void encode_strip(const float* cuts, const float* coarse, std::size_t groups, const Strip& strip) {
  for (std::size_t r = 0; r < strip.rows; ++r) {
    const float x = strip.values[r * strip.value_stride];
    const unsigned whole = groups > 1 ? count_not_above(coarse, x) : 0;
    const unsigned code = group * whole + count_not_above(cuts + group * whole, x);
    strip.codes[r * strip.code_stride] = static_cast<std::uint8_t>(x != x ? missing_code : code);
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2,popcnt")]] unsigned count_sixteen(const float* cuts, __m256 x) {
  const int low = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(cuts), x, _CMP_LE_OQ));
  const int high = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(cuts + 8), x, _CMP_LE_OQ));
  return static_cast<unsigned>(_mm_popcnt_u32(static_cast<unsigned>(low | high << 8)));
}

[[gnu::target("avx2,popcnt")]] void encode_strip_avx2(const float* cuts, const float* coarse, std::size_t groups,
                                                      const Strip& strip) {
  for (std::size_t r = 0; r < strip.rows; ++r) {
    const float value = strip.values[r * strip.value_stride];
    const __m256 x = _mm256_set1_ps(value);
    const unsigned whole = groups > 1 ? count_sixteen(coarse, x) : 0;
    const unsigned code = group * whole + count_sixteen(cuts + group * whole, x);
    strip.codes[r * strip.code_stride] = static_cast<std::uint8_t>(value != value ? missing_code : code);
  }
}

#endif

}  // namespace

Encoder::Encoder(const BinTable& table, bool portable)
    : names_(table.names), vectorised_(!portable && avx2_runs_here()) {
  expects(table.names.size() == table.cuts.size(), "one list of cuts per feature");
  constexpr float infinite = std::numeric_limits<float>::infinity();
  for (const auto& cuts : table.cuts) {
    expects(cuts.size() < max_bins, "at most 254 cuts");
    const std::size_t groups = std::max<std::size_t>(1, (cuts.size() + group - 1) / group);
    columns_.push_back({padded_.size(), groups, coarse_.size()});
    padded_.insert(padded_.end(), cuts.begin(), cuts.end());
    padded_.resize(padded_.size() + groups * group - cuts.size(), infinite);
    for (std::size_t g = 0; g < group; ++g) coarse_.push_back(g + 1 < groups ? cuts[g * group + group - 1] : infinite);
  }
}

void Encoder::encode_column(const Column& column, const float* values, std::size_t value_stride, std::uint8_t* codes,
                            std::size_t code_stride, std::size_t rows) const {
  const float* cuts = padded_.data() + column.first;
  const float* coarse = coarse_.data() + column.coarse;
  const Strip strip{values, value_stride, codes, code_stride, rows};
#if defined(__x86_64__)
  if (vectorised_) return encode_strip_avx2(cuts, coarse, column.groups, strip);
#endif
  encode_strip(cuts, coarse, column.groups, strip);
}

void Encoder::encode(std::span<const float> values, std::span<std::uint8_t> codes, RowOrigin origin) const {
  encode_into(values, codes, columns_.size(), 0, origin);
}

void Encoder::encode_into(std::span<const float> values, std::span<std::uint8_t> codes, std::size_t stride,
                          std::size_t offset, RowOrigin origin) const {
  const std::size_t features = columns_.size();
  if (features == 0) return;
  const std::size_t rows = values.size() / features;
  expects(values.size() == rows * features, "whole rows of values");
  expects(offset + features <= stride && codes.size() == rows * stride, "a place for every code");
  refuse_infinite(values, names_, origin);
  for (std::size_t first = 0; first < rows; first += block_rows)
    for (std::size_t f = 0; f < features; ++f)
      encode_column(columns_[f], values.data() + first * features + f, features,
                    codes.data() + first * stride + offset + f, stride, std::min(block_rows, rows - first));
}

void Encoder::encode_columns(std::span<const float> values, std::size_t columns, std::span<const std::size_t> column_of,
                             std::span<std::uint8_t> codes) const {
  const std::size_t features = columns_.size();
  if (features == 0 || columns == 0) return;
  const std::size_t rows = values.size() / columns;
  expects(values.size() == rows * columns && column_of.size() == features, "whole rows, a column for every feature");
  expects(codes.size() == rows * features, "a place for every code");
  for (std::size_t first = 0; first < rows; first += block_rows)
    for (std::size_t f = 0; f < features; ++f)
      encode_column(columns_[f], values.data() + first * columns + column_of[f], columns,
                    codes.data() + first * features + f, features, std::min(block_rows, rows - first));
}

void encode(const BinTable& table, std::span<const float> values, std::span<std::uint8_t> codes, RowOrigin origin) {
  Encoder(table).encode(values, codes, origin);
}

void refuse_infinite(std::span<const float> values, std::span<const std::string> names, RowOrigin origin) {
  constexpr float infinite = std::numeric_limits<float>::infinity();
  bool any = false;
  for (const float value : values) any |= std::fabs(value) == infinite;
  if (!any) return;
  const auto at = std::find_if(values.begin(), values.end(), [](float v) { return std::fabs(v) == infinite; });
  const auto index = static_cast<std::size_t>(at - values.begin());
  const std::size_t row = index / names.size();
  const std::uint64_t number = origin.first_row + (origin.chosen.empty() ? row : origin.chosen[row]);
  throw DataError({std::string(origin.dataset) + ":" + std::to_string(number) + ": '" + names[index % names.size()] +
                       "' is infinite",
                   "trees need finite numbers", "write NaN where the value is unknown, or a bound where it is capped"});
}

}  // namespace proffer::features
