#include "boosting/code_tiles.hpp"

#include <algorithm>

namespace proffer::boosting {

void fill_tile(std::span<const std::uint8_t> codes, std::span<TileColumn> tile) {
  const std::size_t features = tile.size(), rows = features == 0 ? 0 : codes.size() / features;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t f = 0; f < features; ++f) tile[f].codes[i] = codes[i * features + f];
}

CodeTiles::CodeTiles(std::span<const std::uint8_t> codes, std::size_t features) : features_(features) {
  const std::size_t per_tile = tile_rows * features;
  if (per_tile == 0) return;
  const std::size_t tiles = (codes.size() + per_tile - 1) / per_tile;
  columns_.resize(tiles * features);
  for (std::size_t t = 0; t < tiles; ++t)
    fill_tile(codes.subspan(t * per_tile, std::min(per_tile, codes.size() - t * per_tile)),
              std::span(columns_).subspan(t * features, features));
}

}  // namespace proffer::boosting
