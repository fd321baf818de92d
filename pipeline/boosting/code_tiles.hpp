// Codes laid out for passing trees over many rows at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace proffer::boosting {

constexpr std::size_t tile_rows = 64;

/// The codes of one feature of tile_rows rows: a line of the cache. A tile is one of them per feature.
struct alignas(tile_rows) TileColumn {
  std::array<std::uint8_t, tile_rows> codes{};
};

/// Lays out up to tile_rows rows of codes (rows × features, row-major); what is beyond the rows stays as it was.
/// `tile`: a column per feature. Independent.
void fill_tile(std::span<const std::uint8_t> codes, std::span<TileColumn> tile);

/// All rows of a matrix of codes, in tiles; the last is filled up with code 0. Independent.
class CodeTiles {
 public:
  CodeTiles() = default;
  /// `codes`: rows × features, row-major.
  CodeTiles(std::span<const std::uint8_t> codes, std::size_t features);

  [[nodiscard]] std::size_t features() const { return features_; }
  /// The columns of the rows from number · tile_rows on.
  [[nodiscard]] const TileColumn* tile(std::size_t number) const { return columns_.data() + number * features_; }
  /// Rows there is room for: a multiple of tile_rows.
  [[nodiscard]] std::size_t capacity() const { return features_ == 0 ? 0 : columns_.size() / features_ * tile_rows; }

 private:
  std::size_t features_ = 0;
  std::vector<TileColumn> columns_;
};

}  // namespace proffer::boosting
