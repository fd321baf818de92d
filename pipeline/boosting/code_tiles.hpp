// Codes laid out for passing trees over many rows at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace proffer::boosting {

constexpr std::size_t tile_rows = 64;

/// Lays out up to tile_rows rows of codes (rows × features, row-major) feature by feature: the code of feature f of row
/// i is tile[f · tile_rows + i]. What is beyond the rows stays as it was. Independent.
void fill_tile(std::span<const std::uint8_t> codes, std::size_t features, std::span<std::uint8_t> tile);

/// All rows of a matrix of codes, in tiles; the last is filled up with code 0. Independent.
class CodeTiles {
 public:
  CodeTiles() = default;
  /// `codes`: rows × features, row-major.
  CodeTiles(std::span<const std::uint8_t> codes, std::size_t features);

  [[nodiscard]] std::size_t features() const { return features_; }
  /// tile_rows × features codes: those of the rows from number · tile_rows on.
  [[nodiscard]] const std::uint8_t* tile(std::size_t number) const {
    return codes_.data() + number * tile_rows * features_;
  }
  /// Rows there is room for: a multiple of tile_rows.
  [[nodiscard]] std::size_t capacity() const { return features_ == 0 ? 0 : codes_.size() / features_; }

 private:
  std::size_t features_ = 0;
  std::vector<std::uint8_t> codes_;
};

}  // namespace proffer::boosting
