// Expressions over the cells of one CSV row (muParser).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "borrowers/mapping.hpp"

namespace proffer::borrowers {

/// What an expression needs from a row: a column's number, or whether a column holds a label (1, 0, NaN if missing).
struct Variable {
  std::string column;
  bool compares = false;
  std::string label;
  bool may_be_missing = false;  ///< stands in missing() or otherwise(): NaN does not make the result missing
  friend bool operator==(const Variable&, const Variable&) = default;
};

/// A compiled expression. The result is missing (NaN) where a variable is missing that is not asked about by
/// missing(x) or otherwise(x, value), and where it is not finite (division by zero, logarithm of a negative number).
class Expression {
 public:
  /// UsageError at formula.where for wrong syntax.
  explicit Expression(const Formula& formula);
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  [[nodiscard]] const std::vector<Variable>& variables() const;
  [[nodiscard]] const Formula& formula() const;
  /// `values` has one number per variable, in their order. UsageError for errors of evaluation.
  [[nodiscard]] double evaluate(std::span<const double> values) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proffer::borrowers
