#include "statistics/inverse_mills_table.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <numbers>

#include "statistics/normal.hpp"

namespace proffer::statistics {

InverseMillsTable::InverseMillsTable() {
  constexpr int terms = 4;
  Eigen::Matrix<double, terms, 1> nodes;
  for (int i = 0; i < terms; ++i) nodes[i] = 0.5 * std::cos(std::numbers::pi * (i + 0.5) / terms);
  Eigen::Matrix<double, terms, terms> powers;
  for (int i = 0; i < terms; ++i)
    for (int j = 0; j < terms; ++j) powers(i, j) = std::pow(nodes[i], j);
  const Eigen::PartialPivLU<Eigen::Matrix<double, terms, terms>> solver(powers);
  cells_.resize(static_cast<std::size_t>(last_cell) + 1);
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    const double middle = (static_cast<double>(cell) + 0.5) / cells_per_unit - reach;
    Eigen::Matrix<double, terms, 1> values;
    for (int i = 0; i < terms; ++i) values[i] = inverse_mills_ratio(middle + nodes[i] / cells_per_unit);
    const Eigen::Matrix<double, terms, 1> coefficients = solver.solve(values);
    for (int j = 0; j < terms; ++j) cells_[cell][static_cast<std::size_t>(j)] = coefficients[j];
  }
}

}  // namespace proffer::statistics
