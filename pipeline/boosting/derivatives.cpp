#include "boosting/derivatives.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>

#include "boosting/grid.hpp"
#include "boosting/threads.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"
#include "parallel/random.hpp"

namespace proffer::boosting {
namespace {

constexpr std::size_t block = 1024;
constexpr std::uint64_t row_sampling = parallel::purpose("boosting.rows");

/// The derivatives of some rows from `first` on, weighted; 0 where a row does not take part.
void weighted_derivatives(const Objective& objective, std::span<const double> weights, std::size_t first,
                          std::span<const float> margins, std::span<double> gradient, std::span<double> curvature) {
  objective.derivatives(first, margins, gradient, curvature);
#ifndef NDEBUG
  for (std::size_t i = 0; i < margins.size(); ++i)
    expects(objective.takes_part(first + i) || (gradient[i] == 0 && curvature[i] == 0), "no part, no derivatives");
#endif
  if (weights.empty()) return;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    gradient[i] *= weights[first + i];
    curvature[i] *= weights[first + i];
  }
}

/// Takes out the rows that the sample leaves out.
void sample_rows(const RowSample& sample, std::uint64_t threshold, std::size_t first, std::span<double> gradient,
                 std::span<double> curvature) {
  if (sample.fraction >= 1) return;
  for (std::size_t i = 0; i < gradient.size(); ++i)
    if (parallel::random_bits(sample.seed, sample.units[first + i], row_sampling, sample.round) > threshold)
      gradient[i] = curvature[i] = 0;
}

/// Calls work(first, rows) for every block of rows, in threads.
void for_blocks(std::size_t rows, int threads, const std::function<void(std::size_t, std::size_t)>& work) {
  in_threads(rows, block, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t first = begin; first < end; first += block) work(first, std::min(block, end - first));
  });
}

std::uint64_t threshold_of(double fraction) {
  if (fraction >= 1) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(std::ldexp(fraction, 64));
}

/// Derivatives on the grids of `out`, and the largest of them.
std::array<double, 2> derivatives_on_grids(const Objective& objective, std::span<const double> weights,
                                           std::span<const float> margins, const RowSample& sample, int threads,
                                           Derivatives& out) {
  std::array<double, 2> largest{0, 0};
  const std::uint64_t threshold = threshold_of(sample.fraction);
  std::mutex mutex;
  for_blocks(margins.size(), threads, [&](std::size_t first, std::size_t count) {
    std::array<double, block> both[2];
    const auto gradient = std::span(both[0]).first(count), curvature = std::span(both[1]).first(count);
    weighted_derivatives(objective, weights, first, margins.subspan(first, count), gradient, curvature);
    sample_rows(sample, threshold, first, gradient, curvature);
    const Range slopes = round_to_grid(gradient, out.grids[0], out.gradient.data() + first);
    const Range bends = round_to_grid(curvature, out.grids[1], out.curvature.data() + first);
    expects(slopes.sound && bends.sound && bends.least >= 0, "finite derivatives, the second not negative");
    const std::lock_guard lock(mutex);
    largest[0] = std::max(largest[0], static_cast<double>(std::max(-slopes.least, slopes.most)));
    largest[1] = std::max(largest[1], static_cast<double>(bends.most));
  });
  return largest;
}

}  // namespace

void compute_derivatives(const parallel::Communicator& comm, const Objective& objective,
                         std::span<const double> weights, std::span<const float> margins, const RowSample& sample,
                         std::uint64_t total_rows, std::size_t padded_rows, int threads, Derivatives& out) {
  for (std::vector<float>* values : {&out.gradient, &out.curvature}) {
    values->resize(padded_rows);
    std::fill(values->begin() + static_cast<std::ptrdiff_t>(margins.size()), values->end(), 0.0F);
  }
  std::array<double, 2> largest{};
  parallel::together(comm, [&] { largest = derivatives_on_grids(objective, weights, margins, sample, threads, out); });
  parallel::all_reduce_max(comm, std::span<double>(largest));
  const std::array grids{grid_for(largest[0], total_rows), grid_for(largest[1], total_rows)};
  if (grids == out.grids) return;
  out.grids = grids;
  parallel::together(comm, [&] { derivatives_on_grids(objective, weights, margins, sample, threads, out); });
}

double best_constant(const parallel::Communicator& comm, const Objective& objective, std::span<const double> weights,
                     int threads) {
  constexpr double bound = 20;
  double margin = 0;
  for (int step = 0; step < 60; ++step) {
    std::array<parallel::ExactSum, 2> sums;
    parallel::together(comm, [&] {
      std::mutex mutex;
      in_threads(objective.rows(), block, threads, [&](std::size_t begin, std::size_t end) {
        std::array<parallel::ExactSum, 2> mine;
        const std::vector<float> constant(block, static_cast<float>(margin));
        for (std::size_t first = begin; first < end; first += block) {
          const std::size_t count = std::min(block, end - first);
          std::array<double, block> gradient, curvature;
          weighted_derivatives(objective, weights, first, std::span(constant).first(count),
                               std::span(gradient).first(count), std::span(curvature).first(count));
          for (std::size_t i = 0; i < count; ++i) {
            mine[0].add(gradient[i]);
            mine[1].add(curvature[i]);
          }
        }
        const std::lock_guard lock(mutex);
        for (std::size_t i = 0; i < mine.size(); ++i) sums[i].add(mine[i]);
      });
    });
    parallel::all_reduce(comm, sums);
    const double curvature = sums[1].rounded();
    if (!(curvature > 0)) break;
    const double next = std::clamp(margin - sums[0].rounded() / curvature, -bound, bound);
    const bool arrived = std::fabs(next - margin) < 1e-7;  // the margin is a float
    margin = next;
    if (arrived) break;
  }
  return margin;
}

}  // namespace proffer::boosting
