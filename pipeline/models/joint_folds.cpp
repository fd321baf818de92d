#include "models/joint_folds.hpp"

#include <algorithm>
#include <optional>

#include "boosting/training_data.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

std::vector<std::uint64_t> units_of(const FoldedRows& rows, std::span<const std::size_t> which) {
  std::vector<std::uint64_t> units;
  units.reserve(which.size());
  for (const std::size_t i : which) units.push_back(rows.unit[i]);
  return units;
}

boosting::Forest fit(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                     std::span<const std::size_t> learn, const MakeObjective& make,
                     const boosting::TrainOptions& options, const std::optional<boosting::HeldOut>& held_out) {
  const auto objective = make(learn);
  const boosting::TrainingData data(session, codes_of(rows, learn), rows.bins, units_of(rows, learn), options.threads);
  return boosting::train(data, {*objective}, options, held_out).forest;
}

}  // namespace

std::vector<std::size_t> rows_where(std::size_t rows, const std::function<bool(std::size_t)>& wanted) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < rows; ++i)
    if (wanted(i)) chosen.push_back(i);
  return chosen;
}

std::vector<std::uint8_t> codes_of(const FoldedRows& rows, std::span<const std::size_t> which) {
  const std::size_t inputs = rows.bins.size();
  std::vector<std::uint8_t> codes(which.size() * inputs);
  for (std::size_t k = 0; k < which.size(); ++k)
    std::copy_n(rows.codes.begin() + static_cast<std::ptrdiff_t>(which[k] * inputs), inputs,
                codes.begin() + static_cast<std::ptrdiff_t>(k * inputs));
  return codes;
}

std::vector<std::uint8_t> codes_with(const FoldedRows& rows, std::span<const std::size_t> which,
                                     std::span<const std::size_t> columns, std::span<const std::uint8_t> values) {
  std::vector<std::uint8_t> codes = codes_of(rows, which);
  for (std::size_t k = 0; k < which.size(); ++k)
    for (std::size_t c = 0; c < columns.size(); ++c) codes[k * rows.bins.size() + columns[c]] = values[c];
  return codes;
}

CrossFitted cross_fit(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                      const std::function<bool(std::size_t)>& learns, const std::function<bool(std::size_t)>& told,
                      const MakeObjective& make, boosting::TrainOptions options) {
  options.early_stop_rounds = 0;
  CrossFitted fitted{.margins = std::vector<float>(rows.unit.size()), .forests = {}};
  for (std::size_t k = 0; k < rows.folds; ++k) {
    const auto learn = rows_where(rows.unit.size(), [&](std::size_t i) { return rows.fold[i] != k && learns(i); });
    const auto own = rows_where(rows.unit.size(), [&](std::size_t i) { return rows.fold[i] == k && told(i); });
    const boosting::Forest& forest = fitted.forests.emplace_back(fit(session, rows, learn, make, options, {}));
    const std::vector<float> margins = boosting::margins(forest, codes_of(rows, own), own.size(), options.threads);
    for (std::size_t j = 0; j < own.size(); ++j) fitted.margins[own[j]] = margins[j];
  }
  return fitted;
}

boosting::Forest fit_stopping(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                              const std::function<bool(std::size_t)>& learns,
                              const std::function<bool(std::size_t)>& stops, const MakeObjective& make,
                              boosting::TrainOptions options) {
  const auto learn = rows_where(rows.unit.size(), learns);
  const bool early = options.early_stop_rounds > 0;
  const auto stop = rows_where(early ? rows.unit.size() : 0, stops);
  const auto objective = make(stop);
  const std::vector<std::uint8_t> codes = codes_of(rows, stop);
  std::optional<boosting::HeldOut> held_out;
  if (parallel::sum_over_ranks(session.communicator(), std::uint64_t{stop.size()}) > 0)
    held_out.emplace(boosting::HeldOut{*objective, codes});
  if (!held_out) options.early_stop_rounds = 0;
  return fit(session, rows, learn, make, options, held_out);
}

std::vector<float> margins_of(const boosting::Forest& forest, const FoldedRows& rows, int threads) {
  return boosting::margins(forest, rows.codes, rows.unit.size(), threads);
}

}  // namespace proffer::models
