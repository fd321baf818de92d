// Logistic regression by Newton's method, the same at any number of ranks and threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "features/woe_counts.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// The columns of a regression over the rows of this rank. fill() may be called from several threads at once.
class Design {
 public:
  virtual ~Design() = default;
  [[nodiscard]] virtual std::size_t rows() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& names() const = 0;  ///< of the columns, without the intercept
  /// Rows first … of names().size() finite values each, row-major, as many as fit.
  virtual void fill(std::size_t first, std::span<double> into) const = 0;
};

/// A column that is a function of one feature's code.
struct CodeColumn {
  std::string name;
  std::uint32_t feature = 0;
  std::array<double, features::code_values> value{};
};

/// Columns that are functions of codes (rows × features, row-major; must outlive it).
class CodeDesign : public Design {
 public:
  CodeDesign(std::span<const std::uint8_t> codes, std::size_t features, std::vector<CodeColumn> columns);
  [[nodiscard]] std::size_t rows() const override { return codes_.size() / features_; }
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }
  void fill(std::size_t first, std::span<double> into) const override;

 private:
  std::span<const std::uint8_t> codes_;
  std::size_t features_;
  std::vector<CodeColumn> columns_;
  std::vector<std::string> names_;
};

struct LogisticOptions {
  double ridge = 0;  ///< λ ≥ 0 of the penalty λ/2 · Σ β², the intercept left out
  int max_steps = 50;
  int threads = 1;  ///< affects speed
};

struct LogisticFit {
  // The intercept first, then one entry per column.
  std::vector<double> coefficient, standard_error, z, p;
  double log_likelihood = 0;  ///< without the penalty
  int steps = 0;
};

/// Collective. Maximises Σ w (y log p + (1 − y) log(1 − p)) − λ/2 Σ β² with p = 1/(1 + exp(−β₀ − xβ)) by Newton's
/// method (iteratively reweighted least squares; McCullagh & Nelder 1989, section 4.4), halving steps that do not
/// improve. Standard errors are √ of the diagonal of the inverse Hessian (penalty included), z = β/s.e., p two-sided
/// normal. Gradient and likelihood are summed exactly, the Hessian on a grid on which sums of doubles are exact.
/// `labels` 0 or 1 and `weights` (empty: 1; finite, ≥ 0) one per row. A rank may have no rows. DataError (agreed):
/// fewer than two classes; a column that is a linear combination of those before it; separated classes, which have no
/// finite maximum (Albert & Anderson 1984). `what` starts the messages.
[[nodiscard]] LogisticFit fit_logistic(const parallel::Communicator& comm, const Design& design,
                                       std::span<const std::uint8_t> labels, std::span<const double> weights,
                                       const LogisticOptions& options, const std::string& what);

/// Collective. Correlations of the columns (size², row-major) by the same sums; 0 where a column is constant.
[[nodiscard]] std::vector<double> correlations(const parallel::Communicator& comm, const Design& design, int threads);

/// The diagonal of the inverse of a symmetric positive definite matrix (size², row-major): of a correlation matrix, the
/// variance inflation factors. Infinity from the first column on that depends on those before it. Pure.
[[nodiscard]] std::vector<double> inverse_diagonal(std::span<const double> matrix);

/// The columns that are left when each that is (to 1e-10) a linear combination of those before it is taken out of a
/// correlation matrix. Pure.
[[nodiscard]] std::vector<std::size_t> independent_columns(std::span<const double> matrix);

}  // namespace proffer::models
