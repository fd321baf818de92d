#include "borrowers/derived.hpp"

#include <muParser.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>
#include <set>

#include "foundation/error.hpp"

namespace proffer::borrowers {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double is_missing(double value) {
  return std::isnan(value) ? 1.0 : 0.0;
}
double otherwise(double value, double instead) {
  return std::isnan(value) ? instead : value;
}

/// Variables that stand alone inside missing(x) or as the first argument of otherwise(x, …).
std::set<std::string> asked_about(const std::string& text) {
  static const std::regex call(R"((?:missing|otherwise)\s*\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*[,)])");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), call), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

/// Replaces each `column == "label"` by the name of a variable that holds the comparison.
std::string take_comparisons(std::string text, std::vector<Variable>& variables, std::vector<std::string>& names) {
  static const std::regex comparison(R"re(([A-Za-z_][A-Za-z0-9_]*)\s*(==|!=)\s*"([^"]*)")re");
  std::smatch match;
  while (std::regex_search(text, match, comparison)) {
    const Variable variable{match[1], true, match[3], false};
    const auto known = std::find(variables.begin(), variables.end(), variable);
    const auto index = static_cast<std::size_t>(known - variables.begin());
    if (known == variables.end()) {
      variables.push_back(variable);
      names.push_back("label_test_" + std::to_string(index));
    }
    const std::string instead = match[2] == "==" ? names[index] : "(1-" + names[index] + ")";
    text = match.prefix().str() + instead + match.suffix().str();
  }
  return text;
}

}  // namespace

struct Expression::State {
  Formula formula;
  std::vector<Variable> variables;
  std::vector<double> values;  // muParser reads the variables from here
  mu::Parser parser;

  [[noreturn]] void fail(const mu::Parser::exception_type& error) const {
    throw UsageError(
        {formula.where + ": cannot use the expression '" + formula.text + "'", error.GetMsg(),
         "columns go by their name in the mapping, or by their name in the CSV file where that is a plain word"});
  }
};

Expression::Expression(const Formula& formula) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.formula = formula;
  std::vector<std::string> names;
  const std::string text = take_comparisons(formula.text, s.variables, names);
  const std::set<std::string> asked = asked_about(text);
  try {
    s.parser.DefineFun("missing", is_missing);
    s.parser.DefineFun("otherwise", otherwise);
    s.parser.SetExpr(text);
    for (const auto& [name, address] : s.parser.GetUsedVar()) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      s.variables.push_back({name, false, "", asked.contains(name)});
      names.push_back(name);
    }
    // All variables are known now, so the vector no longer moves.
    s.values.assign(s.variables.size(), 0.0);
    for (std::size_t v = 0; v < names.size(); ++v) s.parser.DefineVar(names[v], &s.values[v]);
    static_cast<void>(s.parser.Eval());
  } catch (const mu::Parser::exception_type& error) {
    s.fail(error);
  }
}
Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

const std::vector<Variable>& Expression::variables() const {
  return state_->variables;
}
const Formula& Expression::formula() const {
  return state_->formula;
}

double Expression::evaluate(std::span<const double> values) const {
  State& s = *state_;
  for (std::size_t v = 0; v < values.size(); ++v) {
    if (std::isnan(values[v]) && !s.variables[v].may_be_missing) return unknown;
    s.values[v] = values[v];
  }
  try {
    const double result = s.parser.Eval();
    return std::isfinite(result) ? result : unknown;
  } catch (const mu::Parser::exception_type& error) {
    s.fail(error);
  }
}

}  // namespace proffer::borrowers
