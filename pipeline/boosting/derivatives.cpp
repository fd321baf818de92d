#include "boosting/derivatives.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>

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

/// The nearest multiple of a power of two (the even one of two), for less than 2^51 of them. Adding 1.5·2^52 and taking
/// it away rounds to a whole number, with no call of a function.
double on_grid(double value, double grid) {
  constexpr double shift = 0x1.8p52;
  return (value * (1 / grid) + shift - shift) * grid;
}

}  // namespace

double grid_for(double largest, std::uint64_t rows) {
  if (!(largest > 0)) return 1;
  int exponent = 0;
  std::frexp(largest, &exponent);  // largest < 2^exponent
  const int bits = std::min(24, 53 - static_cast<int>(std::bit_width(rows)));
  return std::ldexp(1.0, std::max(exponent - bits, -148));
}

void compute_derivatives(const parallel::Communicator& comm, const Objective& objective,
                         std::span<const double> weights, std::span<const float> margins, const RowSample& sample,
                         std::uint64_t total_rows, std::size_t padded_rows, int threads, Derivatives& out) {
  const std::size_t rows = margins.size();
  for (std::vector<float>* values : {&out.gradient, &out.curvature}) {
    values->resize(padded_rows);
    std::fill(values->begin() + static_cast<std::ptrdiff_t>(rows), values->end(), 0.0F);
  }
  std::array<double, 2> largest{0, 0};
  const std::uint64_t threshold = threshold_of(sample.fraction);
  parallel::together(comm, [&] {
    std::mutex mutex;
    for_blocks(rows, threads, [&](std::size_t first, std::size_t count) {
      std::array<double, block> both[2];
      const auto gradient = std::span(both[0]).first(count), curvature = std::span(both[1]).first(count);
      weighted_derivatives(objective, weights, first, margins.subspan(first, count), gradient, curvature);
      sample_rows(sample, threshold, first, gradient, curvature);
      std::array<float, 2> most{0, 0};
      bool sound = true;
      for (std::size_t i = 0; i < count; ++i) {
        const auto slope = static_cast<float>(gradient[i]), bend = static_cast<float>(curvature[i]);
        const float size = std::fabs(slope);
        sound = sound && size <= std::numeric_limits<float>::max() && bend >= 0;  // no NaN either
        most[0] = std::max(most[0], size);
        most[1] = std::max(most[1], bend);
        out.gradient[first + i] = slope;
        out.curvature[first + i] = bend;
      }
      expects(sound, "finite derivatives, the second not negative");
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < most.size(); ++i) largest[i] = std::max(largest[i], static_cast<double>(most[i]));
    });
  });
  parallel::all_reduce_max(comm, std::span<double>(largest));

  const double gradient_grid = grid_for(largest[0], total_rows);
  const double curvature_grid = grid_for(largest[1], total_rows);
  for_blocks(rows, threads, [&](std::size_t first, std::size_t count) {
    for (std::size_t row = first; row < first + count; ++row) {
      out.gradient[row] = static_cast<float>(on_grid(static_cast<double>(out.gradient[row]), gradient_grid));
      out.curvature[row] = static_cast<float>(on_grid(static_cast<double>(out.curvature[row]), curvature_grid));
    }
  });
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
