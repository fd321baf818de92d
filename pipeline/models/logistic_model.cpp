// kind: logistic. A regression on what the codes stand for.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "features/woe_table.hpp"
#include "foundation/text.hpp"
#include "models/code_tree.hpp"
#include "models/scorecard.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

using features::CodeCounts;
using features::missing_code;

std::uint64_t rows_of(const CodeCounts& counts, std::size_t end) {
  std::uint64_t rows = 0;
  for (std::size_t code = 0; code < end; ++code) rows += counts[code].rows;
  return rows;
}

/// Φ⁻¹ of the share of present rows below the middle of each code; a code without rows stands where it would.
CodeColumn normal_scores(const std::string& name, std::uint32_t input, const CodeCounts& counts) {
  CodeColumn column{name, input, {}};
  const double all = static_cast<double>(rows_of(counts, missing_code)) + 1;
  double below = 0.5;
  for (std::size_t code = 0; code < missing_code; ++code) {
    const auto rows = static_cast<double>(counts[code].rows);
    column.value[code] = statistics::normal_quantile((below + rows / 2) / all);
    below += rows;
  }
  return column;  // 0, the middle, for missing values: their own column tells them
}

CodeColumn indicator(std::string name, std::uint32_t input, std::size_t code) {
  CodeColumn column{std::move(name), input, {}};
  column.value[code] = 1;
  return column;
}

/// Columns for one input, none where it is the same for all rows.
void add_columns(const ModelRows& rows, const borrowers::Schema& schema, std::size_t i, const CodeCounts& counts,
                 double rare_share, std::vector<CodeColumn>& columns) {
  const auto input = static_cast<std::uint32_t>(i);
  const std::string& name = rows.inputs.names[i];
  const auto dictionary = dictionary_of(rows.inputs, schema, i);
  const std::uint64_t present = rows_of(counts, missing_code);
  const std::uint64_t all = present + counts[missing_code].rows;
  const double least = rare_share * static_cast<double>(all);
  const auto often = [&](std::size_t code) {
    return counts[code].rows > 0 && static_cast<double>(counts[code].rows) >= least;
  };
  const auto constant = [&](const features::EventCount& count) { return count.rows == all; };
  if (std::ranges::any_of(counts, constant)) return;
  if (dictionary.empty()) {
    if (std::ranges::count_if(counts.begin(), counts.begin() + missing_code,
                              [](const features::EventCount& count) { return count.rows > 0; }) > 1)
      columns.push_back(normal_scores(name, input, counts));
    if (counts[missing_code].rows > 0) columns.push_back(indicator(name + " missing", input, missing_code));
    return;
  }
  const auto largest =
      static_cast<std::size_t>(std::ranges::max_element(counts, {}, &features::EventCount::rows) - counts.begin());
  for (std::size_t code = 0; code < features::code_values; ++code) {
    if (code == largest || !often(code)) continue;
    const std::string label = code == missing_code ? "missing" : code < dictionary.size() ? dictionary[code] : "other";
    columns.push_back(indicator(name + " = " + label, input, code));
  }
}

/// Leaves out columns that are linear combinations of those before them.
void leave_out_dependent(const parallel::Communicator& comm, const FittedRows& fitted, std::size_t inputs, int threads,
                         const std::string& model, Log& log, std::vector<CodeColumn>& columns) {
  const auto matrix = correlations(comm, CodeDesign(fitted.rows.codes, inputs, columns), threads);
  const std::vector<std::size_t> kept = independent_columns(matrix);
  std::vector<CodeColumn> chosen;
  for (const std::size_t c : kept) chosen.push_back(std::move(columns[c]));
  if (chosen.size() < columns.size())
    log.info(
        fmt::format("model {} leaves out {} columns that follow from others", model, columns.size() - chosen.size()));
  columns = std::move(chosen);
}

std::string coefficients_csv(const std::vector<CodeColumn>& columns, const LogisticFit& fit) {
  std::string text = "column,coefficient,standard_error,z,p\n";
  for (std::size_t j = 0; j < fit.coefficient.size(); ++j)
    text += csv_cell(j == 0 ? "intercept" : columns[j - 1].name) + "," + shortest(fit.coefficient[j]) + "," +
            shortest(fit.standard_error[j]) + "," + shortest(fit.z[j]) + "," + shortest(fit.p[j]) + "\n";
  return text;
}

nlohmann::json coefficients_json(const std::vector<CodeColumn>& columns, const LogisticFit& fit, double ridge) {
  nlohmann::json list = nlohmann::json::array();
  for (std::size_t j = 0; j < fit.coefficient.size(); ++j)
    list.push_back({{"column", j == 0 ? "intercept" : columns[j - 1].name},
                    {"coefficient", fit.coefficient[j]},
                    {"standard_error", fit.standard_error[j]},
                    {"z", fit.z[j]},
                    {"p", fit.p[j]}});
  return {{"ridge", ridge}, {"log_likelihood", fit.log_likelihood}, {"coefficients", std::move(list)}};
}

}  // namespace

ModelFit fit_logistic_model(const parallel::Communicator& comm, const ModelSettings& settings, const ModelRows& rows,
                            const borrowers::Schema& schema, int threads, Log& log) {
  const FittedRows fitted = fitted_rows(comm, settings, rows, threads);
  std::vector<CodeColumn> columns;
  for (std::size_t i = 0; i < rows.inputs.size(); ++i)
    add_columns(rows, schema, i, fitted.counts[i], settings.binning.rules.rare_share, columns);
  leave_out_dependent(comm, fitted, rows.inputs.size(), threads, settings.name, log, columns);
  const CodeDesign design(fitted.rows.codes, rows.inputs.size(), columns);
  const LogisticFit fit = fit_logistic(comm, design, fitted.rows.label, {},
                                       {.ridge = settings.ridge, .threads = threads}, "model " + settings.name);
  log.info(fmt::format("model {}: a logistic regression of {} columns, {} Newton steps", settings.name, columns.size(),
                       fit.steps));
  ModelFit result;
  result.forest.features = static_cast<std::uint32_t>(rows.inputs.size());
  result.forest.base_margin = static_cast<float>(fit.coefficient[0]);
  for (std::size_t i = 0; i < rows.inputs.size(); ++i) {
    PerCode value{};
    bool used = false;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (columns[c].feature != i) continue;
      used = true;
      for (std::size_t code = 0; code < value.size(); ++code)
        value[code] += fit.coefficient[c + 1] * columns[c].value[code];
    }
    if (used)
      result.forest.trees.push_back(
          tree_of_codes(static_cast<std::uint32_t>(i), rows.rows.bins.bins(i), value, rows_of_codes(fitted.counts[i])));
  }
  result.facts["regression"] = coefficients_json(columns, fit, settings.ridge);
  result.tables = {{"coefficients.csv", coefficients_csv(columns, fit)}};
  return result;
}

}  // namespace proffer::models
