#include "models/logistic_regression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "foundation/error.hpp"
#include "models/normal_equations.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "statistics/logistic.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

using parallel::AgreedError;

[[noreturn]] void refuse(const std::string& what, const std::string& why, const std::string& suggestion) {
  throw AgreedError(ExitCode::bad_data, {what + " has no logistic regression", why, suggestion});
}

double product(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// One regression: its rows, and Newton's method on them.
class Regression {
 public:
  Regression(const parallel::Communicator& comm, const Design& design, std::span<const std::uint8_t> labels,
             std::span<const double> weights, const LogisticOptions& options, const std::string& what)
      : design_(design),
        labels_(labels),
        weights_(weights),
        options_(options),
        what_(what),
        sums_(comm, design, 0.25 * largest_weight(comm), options.threads) {}

  [[nodiscard]] LogisticFit fit() {
    std::vector<double> beta(design_.names().size() + 1, 0);
    Sums at = evaluate(beta);
    const std::vector<double> information_at_start = diagonal(at);
    check_classes(at);
    LogisticFit result;
    for (double left = 1; left > close_enough; ++result.steps) {
      if (result.steps == options_.max_steps) refuse_separated(at, information_at_start);
      const Cholesky factor = factorise(at, information_at_start);
      const std::vector<double> step = factor.solve(at.vector);
      left = product(step, at.vector);  // twice what the step gains in log-likelihood, to second order
      advance(beta, at, step);
    }
    check_separation(at, information_at_start);
    describe(beta, at, information_at_start, result);
    return result;
  }

 private:
  static constexpr double close_enough = 1e-12;  // then the next step is below 1e-6 of a standard error, squared
  static constexpr double vanished = 1e-8;       // share of a column's information that tells a finite maximum

  double largest_weight(const parallel::Communicator& comm) const {
    double largest = weights_.empty() ? 1 : 0;
    parallel::together(comm, [&] {
      expects(labels_.size() == design_.rows(), "one label per row");
      expects(weights_.empty() || weights_.size() == design_.rows(), "one weight per row");
      for (const double weight : weights_) {
        expects(std::isfinite(weight) && weight >= 0, "weights are finite, at least 0");
        largest = std::max(largest, weight);
      }
    });
    return parallel::max_over_ranks(comm, largest);
  }

  /// Collective. Penalised log-likelihood, its gradient and its negative Hessian.
  [[nodiscard]] Sums evaluate(const std::vector<double>& beta) const {
    Sums sums = sums_.sum([&](std::size_t row, std::span<const double> x) {
      const double margin = product(beta, x);
      const double p = statistics::sigmoid(margin);
      const double weight = weights_.empty() ? 1 : weights_[row];
      const bool event = labels_[row] == 1;
      return RowTerms{weight * p * (1 - p), weight * ((event ? 1.0 : 0.0) - p),
                      -weight * statistics::log1pexp(event ? -margin : margin)};
    });
    const std::size_t size = beta.size();
    for (std::size_t j = 1; j < size; ++j) {
      sums.matrix[j * size + j] += options_.ridge;
      sums.vector[j] -= options_.ridge * beta[j];
      sums.value -= 0.5 * options_.ridge * beta[j] * beta[j];
    }
    return sums;
  }

  [[nodiscard]] static std::vector<double> diagonal(const Sums& at) {
    const std::size_t size = at.vector.size();
    std::vector<double> values;
    for (std::size_t j = 0; j < size; ++j) values.push_back(at.matrix[j * size + j]);
    return values;
  }

  /// At β = 0 the gradient of the intercept is (events − nonevents)/2, its curvature a quarter of all weight.
  void check_classes(const Sums& start) const {
    if (start.matrix[0] > 0 && std::fabs(start.vector[0]) < 2 * start.matrix[0]) return;
    refuse(what_, "its rows have one class only", "check the outcomes and the split");
  }

  [[nodiscard]] std::string column(std::size_t j) const { return j == 0 ? "the intercept" : design_.names()[j - 1]; }

  [[nodiscard]] Cholesky factorise(const Sums& at, const std::vector<double>& start) const {
    Cholesky factor(at.matrix);
    if (!factor.dependent()) return factor;
    check_separation(at, start);
    refuse(what_, column(*factor.dependent()) + " is a linear combination of other columns",
           "leave it out, or set a ridge penalty");
  }

  /// Where classes are separated, some column's information goes to nothing as its coefficient grows without end.
  void check_separation(const Sums& at, const std::vector<double>& start) const {
    const std::vector<double> now = diagonal(at);
    for (std::size_t j = 0; j < now.size(); ++j)
      if (now[j] <= vanished * start[j]) refuse_separated(at, start);
    const Cholesky factor(at.matrix);
    if (factor.dependent()) return;
    const std::vector<double> variance = factor.inverse_diagonal();
    for (std::size_t j = 1; j < now.size(); ++j)
      if (1 / variance[j] <= vanished * start[j] * tolerance_for_collinear) refuse_separated(at, start);
  }

  [[noreturn]] void refuse_separated(const Sums& at, const std::vector<double>& start) const {
    const std::vector<double> now = diagonal(at);
    std::size_t worst = now.size() > 1 ? 1 : 0;
    for (std::size_t j = 1; j < now.size(); ++j)
      if (now[j] * start[worst] < now[worst] * start[j]) worst = j;
    refuse(what_, fmt::format("events and nonevents are separated, by {} and perhaps others", column(worst)),
           "merge its bins, leave it out, or set a ridge penalty");
  }

  void advance(std::vector<double>& beta, Sums& at, std::vector<double> step) const {
    for (int halved = 0; halved < 40; ++halved) {
      std::vector<double> next = beta;
      for (std::size_t j = 0; j < beta.size(); ++j) next[j] += step[j];
      Sums there = evaluate(next);
      // Near the maximum rounding may say that the last step lost a little.
      if (there.value >= at.value - 1e-12 * std::fabs(at.value)) {
        beta = std::move(next);
        at = std::move(there);
        return;
      }
      for (double& change : step) change /= 2;
    }
  }

  void describe(const std::vector<double>& beta, const Sums& at, const std::vector<double>& start,
                LogisticFit& result) const {
    const std::vector<double> variance = factorise(at, start).inverse_diagonal();
    result.coefficient = beta;
    for (std::size_t j = 0; j < beta.size(); ++j) {
      result.standard_error.push_back(std::sqrt(variance[j]));
      result.z.push_back(beta[j] / result.standard_error[j]);
      result.p.push_back(2 * statistics::normal_cdf(-std::fabs(result.z[j])));
    }
    result.log_likelihood = at.value;
    for (std::size_t j = 1; j < beta.size(); ++j) result.log_likelihood += 0.5 * options_.ridge * beta[j] * beta[j];
  }

  static constexpr double tolerance_for_collinear = 1e-4;  // columns may share information without separating classes
  const Design& design_;
  std::span<const std::uint8_t> labels_;
  std::span<const double> weights_;
  const LogisticOptions& options_;
  const std::string& what_;
  RowSums sums_;
};

}  // namespace

CodeDesign::CodeDesign(std::span<const std::uint8_t> codes, std::size_t features, std::vector<CodeColumn> columns)
    : codes_(codes), features_(features), columns_(std::move(columns)) {
  expects(features > 0 && codes.size() % features == 0, "whole rows of codes");
  for (const CodeColumn& column : columns_) {
    expects(column.feature < features, "a feature that is there");
    names_.push_back(column.name);
  }
}

void CodeDesign::fill(std::size_t first, std::span<double> into) const {
  if (columns_.empty()) return;
  const std::size_t rows = into.size() / columns_.size();
  double* out = into.data();
  for (std::size_t r = first; r < first + rows; ++r)
    for (const CodeColumn& column : columns_) *out++ = column.value[codes_[r * features_ + column.feature]];
}

LogisticFit fit_logistic(const parallel::Communicator& comm, const Design& design, std::span<const std::uint8_t> labels,
                         std::span<const double> weights, const LogisticOptions& options, const std::string& what) {
  return Regression(comm, design, labels, weights, options, what).fit();
}

std::vector<double> correlations(const parallel::Communicator& comm, const Design& design, int threads) {
  const RowSums sums(comm, design, 1, threads);
  const Sums moments = sums.sum([](std::size_t, std::span<const double>) { return RowTerms{1, 0, 0}; });
  const std::size_t columns = design.names().size();
  const std::size_t size = columns + 1;
  const double rows = std::max(1.0, moments.matrix[0]);
  const auto covariance = [&](std::size_t i, std::size_t j) {
    return moments.matrix[i * size + j] - moments.matrix[i * size] * moments.matrix[j * size] / rows;
  };
  std::vector<double> matrix(columns * columns, 0);
  for (std::size_t i = 0; i < columns; ++i)
    for (std::size_t j = 0; j < columns; ++j) {
      const double scale = std::sqrt(covariance(i + 1, i + 1) * covariance(j + 1, j + 1));
      const double ratio = scale > 0 ? covariance(i + 1, j + 1) / scale : 0;
      matrix[i * columns + j] = i == j ? 1 : std::clamp(ratio, -1.0, 1.0);
    }
  return matrix;
}

std::vector<double> inverse_diagonal(std::span<const double> matrix) {
  const Cholesky factor(matrix);
  if (!factor.dependent()) return factor.inverse_diagonal();
  const auto size = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(matrix.size()))));
  std::vector<double> diagonal(size, 1);
  std::fill(diagonal.begin() + static_cast<std::ptrdiff_t>(*factor.dependent()), diagonal.end(),
            std::numeric_limits<double>::infinity());
  return diagonal;
}

std::vector<std::size_t> independent_columns(std::span<const double> matrix) {
  const auto size = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(matrix.size()))));
  std::vector<std::size_t> kept(size);
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  while (true) {
    std::vector<double> part;
    for (const std::size_t i : kept)
      for (const std::size_t j : kept) part.push_back(matrix[i * size + j]);
    const auto dependent = Cholesky(part).dependent();
    if (!dependent) return kept;
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(*dependent));
  }
}

}  // namespace proffer::models
