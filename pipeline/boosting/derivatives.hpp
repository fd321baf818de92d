// First and second derivatives of the training rows, on a grid on which XGBoost's sums are exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boosting/objective.hpp"
#include "parallel/communicator.hpp"

namespace proffer::boosting {

/// Which rows a tree sees: those whose 64 hash bits of (seed, unit, round) are at most `threshold`.
struct RowSample {
  std::uint64_t seed = 0;
  std::uint64_t round = 0;
  double fraction = 1;
  std::span<const std::uint64_t> units = {};
};

/// Derivatives in the precision XGBoost takes; 0 for rows left out and for rows of padding at the end.
struct Derivatives {
  std::vector<float> gradient;
  std::vector<float> curvature;
  std::array<double, 2> grids{1, 1};  ///< on which they are; of the next round probably too
};

/// Collective. Computes derivatives at the margins, times weights (empty: 1), of the rows in the sample, each rounded
/// to float and then to the grid (grid_for) of the largest of all ranks. `out` gets padded_rows of them; its memory is
/// used again, and where its grids are those of now, one pass over the rows is enough.
void compute_derivatives(const parallel::Communicator& comm, const Objective& objective,
                         std::span<const double> weights, std::span<const float> margins, const RowSample& sample,
                         std::uint64_t total_rows, std::size_t padded_rows, int threads, Derivatives& out);

/// Collective. The constant margin at which the weighted derivatives of all rows sum to 0, by Newton's method; within
/// ±20. 0 where no row takes part.
[[nodiscard]] double best_constant(const parallel::Communicator& comm, const Objective& objective,
                                   std::span<const double> weights, int threads);

}  // namespace proffer::boosting
