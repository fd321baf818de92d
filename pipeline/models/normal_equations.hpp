// Sums of products over all rows, and small symmetric systems. Internal to models/.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "models/logistic_regression.hpp"
#include "parallel/communicator.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::models {

/// What each row adds: its curvature c to the matrix Σ c x xᵀ, its slope s to the vector Σ s x, its value to a sum.
struct RowTerms {
  double curvature = 0;
  double slope = 0;
  double value = 0;
};

struct Sums {
  std::vector<double> matrix;  ///< (columns + 1)², row-major; the intercept is column 0
  std::vector<double> vector;  ///< columns + 1
  double value = 0;
};

/// Sums over the rows of all ranks that do not depend on ranks, threads or order: vector and value exactly (rounded
/// once), the matrix from products that are rounded to a grid of powers of two on which double sums are exact.
class RowSums {
 public:
  /// Collective. Looks at all columns once. `largest_curvature` bounds every row's.
  RowSums(const parallel::Communicator& comm, const Design& design, double largest_curvature, int threads);
  /// Collective. `terms`: of a row, from its number and its columns (the intercept's 1 first).
  [[nodiscard]] Sums sum(const std::function<RowTerms(std::size_t, std::span<const double>)>& terms) const;

 private:
  struct Part;
  void add_block(std::size_t first, std::size_t rows,
                 const std::function<RowTerms(std::size_t, std::span<const double>)>& terms, Part& part) const;
  parallel::Communicator comm_;
  const Design& design_;
  int threads_;
  std::size_t size_;           // columns + 1
  std::vector<double> scale_;  // powers of two at least as large as the columns' values
  double grid_ = 1;
};

/// The Cholesky factor of a symmetric positive definite matrix.
class Cholesky {
 public:
  explicit Cholesky(std::span<const double> matrix);
  /// The first column that is (to 1e-10 of its square) a linear combination of those before it.
  [[nodiscard]] std::optional<std::size_t> dependent() const { return dependent_; }
  [[nodiscard]] std::vector<double> solve(std::vector<double> right) const;
  [[nodiscard]] std::vector<double> inverse_diagonal() const;

 private:
  std::size_t size_;
  std::vector<double> lower_;
  std::optional<std::size_t> dependent_;
};

}  // namespace proffer::models
