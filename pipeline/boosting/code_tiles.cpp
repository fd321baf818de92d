#include "boosting/code_tiles.hpp"

#include <algorithm>

namespace proffer::boosting {

void fill_tile(std::span<const std::uint8_t> codes, std::size_t features, std::span<std::uint8_t> tile) {
  const std::size_t rows = features == 0 ? 0 : codes.size() / features;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t f = 0; f < features; ++f) tile[f * tile_rows + i] = codes[i * features + f];
}

CodeTiles::CodeTiles(std::span<const std::uint8_t> codes, std::size_t features) : features_(features) {
  const std::size_t per_tile = tile_rows * features;
  if (per_tile == 0) return;
  codes_.resize((codes.size() + per_tile - 1) / per_tile * per_tile);
  for (std::size_t first = 0; first < codes.size(); first += per_tile)
    fill_tile(codes.subspan(first, std::min(per_tile, codes.size() - first)), features,
              std::span(codes_).subspan(first, per_tile));
}

}  // namespace proffer::boosting
