#include "models/normal_equations.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "boosting/threads.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

constexpr std::size_t block_rows = 128;

/// The smallest power of two that is at least `value` (1 for 0).
double power_of_two(double value) {
  if (!(value > 0)) return 1;
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(1.0, fraction == 0.5 ? exponent - 1 : exponent);
}

}  // namespace

struct RowSums::Part {
  std::vector<double> matrix;  // lower triangle, packed; multiples of the grid, hence exact
  std::vector<parallel::ExactSum> vector;
  parallel::ExactSum value;
  explicit Part(std::size_t size) : matrix(size * (size + 1) / 2), vector(size) {}
};

RowSums::RowSums(const parallel::Communicator& comm, const Design& design, double largest_curvature, int threads)
    : comm_(comm), design_(design), threads_(threads), size_(design.names().size() + 1), scale_(size_, 1) {
  std::vector<double> largest(size_, 1);
  std::fill(largest.begin() + 1, largest.end(), 0.0);
  parallel::together(comm, [&] {
    const std::size_t columns = size_ - 1;
    if (columns == 0) return;
    std::vector<double> values(block_rows * columns);
    for (std::size_t first = 0; first < design.rows(); first += block_rows) {
      const std::size_t rows = std::min(block_rows, design.rows() - first);
      design.fill(first, std::span(values).first(rows * columns));
      for (std::size_t i = 0; i < rows * columns; ++i) {
        expects(std::isfinite(values[i]), "columns of finite values");
        largest[1 + i % columns] = std::max(largest[1 + i % columns], std::fabs(values[i]));
      }
    }
  });
  parallel::all_reduce_max(comm, std::span<double>(largest));
  std::ranges::transform(largest, scale_.begin(), power_of_two);
  const auto rows = static_cast<double>(parallel::sum_over_ranks(comm, std::uint64_t{design.rows()}));
  // |term| ≤ curvature; all of them together stay below 2^52 grids, so every sum of some is exact.
  grid_ = power_of_two(std::max(rows, 1.0) * std::max(largest_curvature, 0x1p-500)) * 0x1p-51;
}

void RowSums::add_block(std::size_t first, std::size_t rows,
                        const std::function<RowTerms(std::size_t, std::span<const double>)>& terms, Part& part) const {
  const std::size_t columns = size_ - 1;
  std::vector<double> values(rows * columns), x(size_, 1), scaled(size_, 1);
  design_.fill(first, values);
  const double magic = 1.5 * 0x1p52 * grid_;  // adding and subtracting it rounds to the grid
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 1; j < size_; ++j) {
      x[j] = values[r * columns + j - 1];
      scaled[j] = x[j] / scale_[j];
    }
    const RowTerms term = terms(first + r, x);
    part.value.add(term.value);
    for (std::size_t j = 0; j < size_; ++j) part.vector[j].add(term.slope * x[j]);
    double* out = part.matrix.data();
    for (std::size_t j = 0; j < size_; ++j) {
      const double weighted = term.curvature * scaled[j];
      for (std::size_t k = 0; k <= j; ++k) out[k] += (weighted * scaled[k] + magic) - magic;
      out += j + 1;
    }
  }
}

Sums RowSums::sum(const std::function<RowTerms(std::size_t, std::span<const double>)>& terms) const {
  Part all(size_);
  parallel::together(comm_, [&] {
    std::mutex mutex;
    boosting::in_threads(design_.rows(), block_rows, threads_, [&](std::size_t begin, std::size_t end) {
      Part mine(size_);
      for (std::size_t first = begin; first < end; first += block_rows)
        add_block(first, std::min(block_rows, end - first), terms, mine);
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < mine.matrix.size(); ++i) all.matrix[i] += mine.matrix[i];
      for (std::size_t j = 0; j < size_; ++j) all.vector[j].add(mine.vector[j]);
      all.value.add(mine.value);
    });
  });
  std::vector<std::int64_t> on_grid;
  for (const double sum : all.matrix) on_grid.push_back(static_cast<std::int64_t>(sum / grid_));
  parallel::all_reduce_sum(comm_, std::span<std::int64_t>(on_grid));
  all.vector.push_back(all.value);
  parallel::all_reduce(comm_, std::span<parallel::ExactSum>(all.vector));
  Sums sums;
  sums.matrix.resize(size_ * size_);
  std::size_t at = 0;
  for (std::size_t j = 0; j < size_; ++j)
    for (std::size_t k = 0; k <= j; ++k) {
      const double value = static_cast<double>(on_grid[at++]) * grid_ * scale_[j] * scale_[k];
      sums.matrix[j * size_ + k] = sums.matrix[k * size_ + j] = value;
    }
  for (std::size_t j = 0; j < size_; ++j) sums.vector.push_back(all.vector[j].rounded());
  sums.value = all.vector.back().rounded();
  return sums;
}

Cholesky::Cholesky(std::span<const double> matrix)
    : size_(static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(matrix.size()))))),
      lower_(matrix.begin(), matrix.end()) {
  constexpr double negligible = 1e-10;
  for (std::size_t j = 0; j < size_ && !dependent_; ++j) {
    double pivot = matrix[j * size_ + j];
    for (std::size_t k = 0; k < j; ++k) pivot -= lower_[j * size_ + k] * lower_[j * size_ + k];
    if (!(pivot > negligible * matrix[j * size_ + j])) {
      dependent_ = j;
      return;
    }
    lower_[j * size_ + j] = std::sqrt(pivot);
    for (std::size_t i = j + 1; i < size_; ++i) {
      double value = matrix[i * size_ + j];
      for (std::size_t k = 0; k < j; ++k) value -= lower_[i * size_ + k] * lower_[j * size_ + k];
      lower_[i * size_ + j] = value / lower_[j * size_ + j];
    }
  }
}

std::vector<double> Cholesky::solve(std::vector<double> right) const {
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= lower_[i * size_ + k] * right[k];
    right[i] /= lower_[i * size_ + i];
  }
  for (std::size_t i = size_; i-- > 0;) {
    for (std::size_t k = i + 1; k < size_; ++k) right[i] -= lower_[k * size_ + i] * right[k];
    right[i] /= lower_[i * size_ + i];
  }
  return right;
}

std::vector<double> Cholesky::inverse_diagonal() const {
  std::vector<double> diagonal;
  for (std::size_t j = 0; j < size_; ++j) {
    std::vector<double> unit(size_, 0);
    unit[j] = 1;
    diagonal.push_back(solve(std::move(unit))[j]);
  }
  return diagonal;
}

}  // namespace proffer::models
