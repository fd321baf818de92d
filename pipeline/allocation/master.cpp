#include "allocation/master.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace proffer::allocation {
namespace {
constexpr double pivot_tolerance = 1e-11;
constexpr double price_tolerance = 1e-13;
constexpr int iteration_limit = 5'000;
constexpr int stall_limit = 40;  ///< degenerate pivots before Bland's rule takes over
}  // namespace

std::size_t Master::add(std::span<const double> slope) {
  slopes_.emplace_back(slope.begin(), slope.end());
  return slopes_.size() - 1;
}

void Master::start_basis(std::span<const double> height) {
  const auto best = static_cast<std::size_t>(std::max_element(height.begin(), height.end()) - height.begin());
  basis_.assign(1, {Kind::line, best});
  for (std::size_t k = 0; k < dimensions_; ++k)
    basis_.push_back({slopes_[best][k] >= 0 ? Kind::lower : Kind::upper, k});
}

Master::Answer Master::solve(std::span<const double> height, std::span<const double> lower,
                             std::span<const double> upper) {
  if (basis_.empty()) start_basis(height);
  const auto size = static_cast<Eigen::Index>(dimensions_ + 1);
  const auto entry = [&](const Column& column, Eigen::Index row) {
    const auto k = static_cast<std::size_t>(row);
    if (column.kind == Kind::line) return k == dimensions_ ? 1.0 : slopes_[column.index][k];
    if (k != column.index) return 0.0;
    return column.kind == Kind::lower ? -1.0 : 1.0;
  };
  const auto cost = [&](const Column& column) {
    if (column.kind == Kind::line) return height[column.index];
    return column.kind == Kind::lower ? lower[column.index] : -upper[column.index];
  };
  Eigen::MatrixXd matrix(size, size);
  Eigen::VectorXd basic_cost(size), right(size), price(size), amount(size), pivot(size), column_values(size);
  right.setZero();
  right[size - 1] = 1.0;
  int stalled = 0;
  for (int iteration = 0; iteration < iteration_limit; ++iteration) {
    for (Eigen::Index b = 0; b < size; ++b) {
      basic_cost[b] = cost(basis_[static_cast<std::size_t>(b)]);
      for (Eigen::Index row = 0; row < size; ++row) matrix(row, b) = entry(basis_[static_cast<std::size_t>(b)], row);
    }
    const Eigen::PartialPivLU<Eigen::MatrixXd> factors(matrix);
    amount = factors.solve(right);
    price = factors.transpose().solve(basic_cost);

    // The entering column: the most profitable one, or under Bland's rule the first profitable one.
    const bool bland = stalled > stall_limit;
    Column entering;
    double best = 0.0;
    const auto consider = [&](const Column& column, double gain, double size_of_terms) {
      if (gain <= price_tolerance * (1.0 + size_of_terms) || (bland ? best > 0 : gain <= best)) return;
      if (std::find(basis_.begin(), basis_.end(), column) != basis_.end()) return;
      best = gain;
      entering = column;
    };
    for (std::size_t c = 0; c < slopes_.size(); ++c) {
      double gain = height[c] - price[size - 1];
      double terms = std::abs(height[c]);
      for (std::size_t k = 0; k < dimensions_; ++k) {
        const double term = price[static_cast<Eigen::Index>(k)] * slopes_[c][k];
        gain -= term;
        terms = std::max(terms, std::abs(term));
      }
      consider({Kind::line, c}, gain, terms);
    }
    for (std::size_t k = 0; k < dimensions_; ++k) {
      const double p = price[static_cast<Eigen::Index>(k)];
      consider({Kind::lower, k}, lower[k] + p, std::abs(p));
      consider({Kind::upper, k}, -upper[k] - p, std::abs(p));
    }
    if (best == 0.0) break;

    for (Eigen::Index row = 0; row < size; ++row) column_values[row] = entry(entering, row);
    pivot = factors.solve(column_values);
    Eigen::Index leaving = -1;
    double smallest = 0.0;
    for (Eigen::Index b = 0; b < size; ++b) {
      if (pivot[b] <= pivot_tolerance) continue;
      const double ratio = std::max(amount[b], 0.0) / pivot[b];
      const bool smaller = leaving < 0 || ratio < smallest - 1e-15;
      const bool tie = !smaller && ratio <= smallest + 1e-15;
      if (smaller || (tie && !bland && pivot[b] > pivot[leaving])) {
        leaving = b;
        smallest = leaving == b && !smaller ? std::min(smallest, ratio) : ratio;
      }
    }
    if (leaving < 0) break;  // cannot happen: the box bounds the program; rounding has the last word
    stalled = smallest > 1e-14 ? 0 : stalled + 1;
    basis_[static_cast<std::size_t>(leaving)] = entering;
  }

  Answer answer;
  answer.weight.assign(slopes_.size(), 0.0);
  answer.lower_force.assign(dimensions_, 0.0);
  answer.upper_force.assign(dimensions_, 0.0);
  for (Eigen::Index b = 0; b < size; ++b) {
    const Column& column = basis_[static_cast<std::size_t>(b)];
    const double x = std::max(amount[b], 0.0);
    if (column.kind == Kind::line) answer.weight[column.index] = x;
    if (column.kind == Kind::lower) answer.lower_force[column.index] = x;
    if (column.kind == Kind::upper) answer.upper_force[column.index] = x;
  }
  answer.step.resize(dimensions_);
  for (std::size_t k = 0; k < dimensions_; ++k)
    answer.step[k] = std::clamp(-price[static_cast<Eigen::Index>(k)], lower[k], upper[k]);
  answer.height = price[size - 1];
  return answer;
}

std::vector<std::size_t> Master::forget(const std::vector<bool>& keep) {
  std::vector<std::size_t> stays, renumbered(slopes_.size());
  const auto basic = [&](std::size_t c) {
    return std::find(basis_.begin(), basis_.end(), Column{Kind::line, c}) != basis_.end();
  };
  for (std::size_t c = 0; c < slopes_.size(); ++c) {
    if (!keep[c] && !basic(c)) continue;
    renumbered[c] = stays.size();
    if (stays.size() != c) slopes_[stays.size()] = std::move(slopes_[c]);
    stays.push_back(c);
  }
  slopes_.resize(stays.size());
  for (Column& column : basis_)
    if (column.kind == Kind::line) column.index = renumbered[column.index];
  return stays;
}

}  // namespace proffer::allocation
