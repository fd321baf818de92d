// Whether a population has moved: the population stability index of scores (PSI) and of characteristics (CSI).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evaluation/ranking.hpp"

namespace proffer::evaluation {

enum class Shift { stable, moderate, shifted };
[[nodiscard]] std::string_view name_of(Shift shift);

struct Stability {
  double psi = 0;
  int bins = 0;           ///< bins that hold rows on either side
  bool smoothed = false;  ///< whether half a row was added to every bin, because a bin was empty on one side
  double expected = 0;    ///< E[psi] without any shift, about (B − 1)(1/n + 1/m)
  double threshold = 0;   ///< χ²_{B−1, 0.95} · (1/n + 1/m): exceeded by chance in 5 % of cases
  /// The rule of thumb (below 0.10, below 0.25, above), but stable wherever the threshold is not exceeded.
  Shift shift = Shift::stable;
};

/// Σ (a_i − e_i) ln(a_i / e_i) over the shares of two histograms with the same bins (Yurdakul & Naranjo 2020 for its
/// distribution). Bins empty on both sides are left out; if one is empty on one side, half a row is added to every bin
/// of both. DataError where a histogram is empty. Independent.
[[nodiscard]] Stability stability(std::span<const std::uint64_t> expected, std::span<const std::uint64_t> actual);

/// Collective. The smallest score of every bin but the lowest, ascending, so that bins hold about equal weight of the
/// ranking (fewer where ties are heavy).
[[nodiscard]] std::vector<double> quantile_edges(const Ranking& ranking, int bins = 10);

/// Collective. Rows per bin: bin k holds edges[k − 1] ≤ score < edges[k]; one more bin at the end for NaN.
[[nodiscard]] std::vector<std::uint64_t> histogram(const parallel::Communicator& comm, Scores scores,
                                                   std::span<const double> edges);

/// Collective. Both steps: bins from the quantiles of `expected`, then the index of `actual` against it. NaN is a bin
/// of its own. DataError where a side has no rows.
[[nodiscard]] Stability stability_of_scores(const parallel::Communicator& comm, Scores expected, Scores actual,
                                            int bins = 10);

}  // namespace proffer::evaluation
