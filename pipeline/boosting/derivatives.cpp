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

/// The derivatives of up to `block` rows in double, weighted; 0 where a row does not take part.
struct Block {
  std::array<double, block> gradient;
  std::array<double, block> curvature;

  void compute(const Objective& objective, std::span<const double> weights, std::size_t first,
               std::span<const float> margins) {
    const std::size_t rows = margins.size();
    objective.derivatives(first, margins, std::span(gradient).first(rows), std::span(curvature).first(rows));
    for (std::size_t i = 0; i < rows; ++i) {
      if (!objective.takes_part(first + i)) {
        gradient[i] = curvature[i] = 0;
      } else if (!weights.empty()) {
        gradient[i] *= weights[first + i];
        curvature[i] *= weights[first + i];
      }
    }
  }
};

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
  std::vector<double> gradient(rows);
  std::vector<double> curvature(rows);
  std::array<double, 2> largest{0, 0};
  const std::uint64_t threshold = threshold_of(sample.fraction);
  parallel::together(comm, [&] {
    std::mutex mutex;
    for_blocks(rows, threads, [&](std::size_t first, std::size_t count) {
      Block values;
      values.compute(objective, weights, first, margins.subspan(first, count));
      std::array<double, 2> most{0, 0};
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t row = first + i;
        const bool seen = sample.fraction >= 1 || parallel::random_bits(sample.seed, sample.units[row], row_sampling,
                                                                        sample.round) <= threshold;
        gradient[row] = seen ? values.gradient[i] : 0;
        curvature[row] = seen ? values.curvature[i] : 0;
        expects(std::isfinite(gradient[row]) && curvature[row] >= 0, "finite derivatives, the second not negative");
        most[0] = std::max(most[0], std::fabs(gradient[row]));
        most[1] = std::max(most[1], curvature[row]);
      }
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < most.size(); ++i) largest[i] = std::max(largest[i], most[i]);
    });
  });
  parallel::all_reduce_max(comm, std::span<double>(largest));

  const double gradient_grid = grid_for(largest[0], total_rows);
  const double curvature_grid = grid_for(largest[1], total_rows);
  out.gradient.assign(padded_rows, 0);
  out.curvature.assign(padded_rows, 0);
  for_blocks(rows, threads, [&](std::size_t first, std::size_t count) {
    for (std::size_t row = first; row < first + count; ++row) {
      out.gradient[row] = static_cast<float>(on_grid(gradient[row], gradient_grid));
      out.curvature[row] = static_cast<float>(on_grid(curvature[row], curvature_grid));
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
          Block values;
          values.compute(objective, weights, first, std::span(constant).first(count));
          for (std::size_t i = 0; i < count; ++i) {
            mine[0].add(values.gradient[i]);
            mine[1].add(values.curvature[i]);
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
