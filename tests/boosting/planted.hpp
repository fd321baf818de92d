// A planted problem: rows are functions of their number, so that every partition of them holds the same rows.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "boosting/training_data.hpp"
#include "features/binning.hpp"
#include "parallel/random.hpp"

namespace proffer::test {

inline constexpr std::size_t planted_features = 6;

struct Rows {
  std::vector<float> values;  // rows × planted_features
  std::vector<std::uint8_t> labels;
  std::vector<std::uint64_t> units;
  std::vector<std::uint8_t> codes;

  void append(std::uint64_t row, bool with_missing) {
    parallel::RandomStream draws(7, row, "boosting.planted");
    float x[planted_features];
    for (float& value : x) value = static_cast<float>(draws.uniform() * 2 - 1);
    x[3] = static_cast<float>(draws.below(5));
    const bool hole = draws.uniform() < 0.2;
    const double margin = -1.0 + 2.0 * static_cast<double>(x[0]) - 1.5 * std::sin(3.0 * static_cast<double>(x[1])) +
                          (x[3] > 2 ? 1.0 : 0.0) * static_cast<double>(x[2]) + (hole ? 0.8 : 0.0);
    if (with_missing && hole) x[2] = std::numeric_limits<float>::quiet_NaN();
    if (with_missing && draws.uniform() < 0.1) x[0] = std::numeric_limits<float>::quiet_NaN();
    values.insert(values.end(), x, x + planted_features);
    labels.push_back(draws.uniform() < 1 / (1 + std::exp(-margin)) ? 1 : 0);
    units.push_back(row / 2);
  }
};

/// Rows first … end − 1 of which `mine` says true.
inline Rows planted_rows(
    std::uint64_t first, std::uint64_t end, bool with_missing,
    const std::function<bool(std::uint64_t)>& mine = [](std::uint64_t) { return true; }) {
  Rows rows;
  for (std::uint64_t row = first; row < end; ++row)
    if (mine(row)) rows.append(row, with_missing);
  return rows;
}

/// Cuts that every test shares.
inline features::BinTable planted_bins(bool with_missing) {
  const Rows rows = planted_rows(0, 3000, with_missing);
  features::BinSampler sampler({"a", "b", "c", "kind", "noise", "more noise"}, 3000, {.max_bins = 64});
  sampler.add(rows.units, rows.values);
  return sampler.finish(parallel::self());
}

inline void encode(Rows& rows, const features::BinTable& bins) {
  rows.codes.resize(rows.values.size());
  features::encode(bins, rows.values, rows.codes);
}

inline std::vector<std::size_t> bin_counts(const features::BinTable& bins) {
  std::vector<std::size_t> counts;
  for (std::size_t f = 0; f < bins.features(); ++f) counts.push_back(bins.bins(f));
  return counts;
}

/// The ways in which a test deals rows to ranks: evenly, unevenly, and with the first and last rank empty.
inline bool dealt_to(int way, std::uint64_t row, int rank, int size) {
  if (way == 0) return static_cast<int>(row) % size == rank;
  if (way == 1) return static_cast<int>(std::sqrt(static_cast<double>(row % 100)) / 10 * size) == rank;
  return (size > 2 ? 1 : size - 1) == rank;
}

}  // namespace proffer::test
