#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "features/binning.hpp"
#include "foundation/error.hpp"

namespace proffer::features {
namespace {
constexpr std::size_t block_rows = 256;  // so that a block of values stays in the cache while every feature passes

/// Number of cuts ≤ x by a search without branches. `cuts` has 2·half − 1 entries, half a power of two (or 0: none).
inline unsigned count_not_above(const float* cuts, unsigned half, float x) {
  unsigned below = 0;
  for (unsigned step = half; step > 0; step /= 2) below += cuts[below + step - 1] <= x ? step : 0;
  return below;
}
}  // namespace

Encoder::Encoder(const BinTable& table) : names_(table.names) {
  expects(table.names.size() == table.cuts.size(), "one list of cuts per feature");
  for (const auto& cuts : table.cuts) {
    expects(cuts.size() < max_bins, "at most 254 cuts");
    const std::size_t padded = std::bit_ceil(cuts.size() + 1) - 1;
    columns_.push_back({padded_.size(), static_cast<unsigned>((padded + 1) / 2)});
    padded_.insert(padded_.end(), cuts.begin(), cuts.end());
    padded_.resize(padded_.size() + padded - cuts.size(), std::numeric_limits<float>::infinity());
  }
}

void Encoder::encode_block(const float* values, std::uint8_t* codes, std::size_t rows, std::size_t stride) const {
  const std::size_t features = columns_.size();
  for (std::size_t f = 0; f < features; ++f) {
    const float* cuts = padded_.data() + columns_[f].first;
    const unsigned half = columns_[f].half;
    for (std::size_t r = 0; r < rows; ++r) {
      const float x = values[r * features + f];
      const unsigned code = count_not_above(cuts, half, x);
      codes[r * stride + f] = static_cast<std::uint8_t>(x != x ? missing_code : code);
    }
  }
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
    encode_block(values.data() + first * features, codes.data() + first * stride + offset,
                 std::min(block_rows, rows - first), stride);
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
  throw DataError({std::string(origin.dataset) + ":" + std::to_string(origin.first_row + index / names.size()) + ": '" +
                       names[index % names.size()] + "' is infinite",
                   "trees need finite numbers", "write NaN where the value is unknown, or a bound where it is capped"});
}

}  // namespace proffer::features
