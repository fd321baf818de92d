// How sure uplift measures are: all of them in the same bootstrap replicates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluation/bootstrap.hpp"
#include "evaluation/scores.hpp"
#include "evaluation/uplift.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

/// Weight of each cell in the sample (first) and in each replicate.
using CellReplicates = std::vector<std::vector<double>>;

/// Collective. Row i counts in cell cells[i] < n_cells; in a replicate it counts as in auc_interval, by (seed, id,
/// replicate) alone. `weights` (finite, ≥ 0; empty: all 1) are rounded to a power-of-two grid, which keeps integers
/// exact. The same bits on every rank and at any number of ranks. Memory: replicates × cells × 8 bytes; about 5 ns per
/// row and replicate.
[[nodiscard]] CellReplicates cell_replicates(const parallel::Communicator& comm, std::span<const std::uint32_t> cells,
                                             std::size_t n_cells, std::span<const double> weights,
                                             std::span<const std::uint64_t> ids, const Bootstrap& bootstrap = {});

struct UpliftDecile {
  UpliftBin bin;                   ///< of the rows as they are
  std::optional<Interval> uplift;  ///< empty where an arm is
  double mean_score = 0;           ///< what the score says of these rows, treated and controls
};

struct UpliftIntervals {
  std::optional<Interval> effect;       ///< of treatment on everyone: rate of the treated less that of the controls
  std::optional<Interval> area;         ///< Qini::area / weight of all rows
  std::optional<Interval> coefficient;  ///< Qini::coefficient
  std::optional<Interval> auuc;
  std::optional<Interval> top;        ///< uplift of the highest `top_share` of the rows
  std::vector<UpliftDecile> deciles;  ///< highest scores first
};

/// Collective. Estimates are those of qini, uplift_by_share and uplift_by_deciles; the replicates read the curves where
/// one of 500 groups of neighbouring scores ends, and keep the deciles of the sample. Empty intervals where an arm is.
/// Errors as qini.
[[nodiscard]] UpliftIntervals uplift_intervals(const parallel::Communicator& comm, Scores uplift,
                                               std::span<const std::uint8_t> treated,
                                               std::span<const std::uint8_t> outcome,
                                               std::span<const std::uint64_t> ids, std::span<const double> weights = {},
                                               double top_share = 0.3, const Bootstrap& bootstrap = {});

}  // namespace proffer::evaluation
