#include "models/joint_folds.hpp"

#include <algorithm>
#include <optional>

#include "foundation/error.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

std::vector<std::uint64_t> units_of(const FoldedRows& rows, std::span<const std::size_t> which) {
  std::vector<std::uint64_t> units;
  units.reserve(which.size());
  for (const std::size_t i : which) units.push_back(rows.unit[i]);
  return units;
}

boosting::Forest fit(const LearntRows& learnt, const MakeObjective& make, const boosting::TrainOptions& options,
                     const std::optional<boosting::HeldOut>& held_out) {
  const auto objective = make(learnt.which);
  return boosting::train(learnt.data, {*objective}, options, held_out).forest;
}

LearntRows outside_fold(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                        const std::function<bool(std::size_t)>& learns, std::size_t k, int threads) {
  return learnt_rows(
      session, rows, [&](std::size_t i) { return rows.fold[i] != k && learns(i); }, threads);
}

/// `outside(k)` gives the rows outside fold k.
CrossFitted cross_fit_with(const auto& outside, const FoldedRows& rows, const std::function<bool(std::size_t)>& told,
                           const MakeObjective& make, boosting::TrainOptions options) {
  options.early_stop_rounds = 0;
  CrossFitted fitted{.margins = std::vector<float>(rows.unit.size()), .forests = {}};
  for (std::size_t k = 0; k < rows.folds; ++k) {
    const boosting::Forest& forest = fitted.forests.emplace_back(fit(outside(k), make, options, {}));
    const auto own = [&](std::size_t i) { return rows.fold[i] == k && told(i); };
    const std::vector<float> margins = margins_of(forest, rows, own, options.threads);
    for (std::size_t i = 0; i < margins.size(); ++i)
      if (rows.fold[i] == k) fitted.margins[i] = margins[i];
  }
  return fitted;
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

LearntRows learnt_rows(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                       const std::function<bool(std::size_t)>& learns, int threads) {
  auto which = rows_where(rows.unit.size(), learns);
  boosting::TrainingData data(session, codes_of(rows, which), rows.bins, units_of(rows, which), threads);
  return {std::move(which), std::move(data)};
}

std::vector<LearntRows> outside_folds(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                                      const std::function<bool(std::size_t)>& learns, int threads) {
  std::vector<LearntRows> outside;
  for (std::size_t k = 0; k < rows.folds; ++k) outside.push_back(outside_fold(session, rows, learns, k, threads));
  return outside;
}

CrossFitted cross_fit(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                      const std::function<bool(std::size_t)>& learns, const std::function<bool(std::size_t)>& told,
                      const MakeObjective& make, const boosting::TrainOptions& options) {
  const auto outside = [&](std::size_t k) { return outside_fold(session, rows, learns, k, options.threads); };
  return cross_fit_with(outside, rows, told, make, options);
}

CrossFitted cross_fit(std::span<const LearntRows> outside, const FoldedRows& rows,
                      const std::function<bool(std::size_t)>& told, const MakeObjective& make,
                      const boosting::TrainOptions& options) {
  expects(outside.size() == rows.folds, "the rows outside each fold");
  return cross_fit_with([&](std::size_t k) -> const LearntRows& { return outside[k]; }, rows, told, make, options);
}

boosting::Forest fit_stopping(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                              const std::function<bool(std::size_t)>& learns,
                              const std::function<bool(std::size_t)>& stops, const MakeObjective& make,
                              const boosting::TrainOptions& options) {
  return fit_stopping(learnt_rows(session, rows, learns, options.threads), rows, stops, make, options);
}

boosting::Forest fit_stopping(const LearntRows& learnt, const FoldedRows& rows,
                              const std::function<bool(std::size_t)>& stops, const MakeObjective& make,
                              boosting::TrainOptions options) {
  const bool early = options.early_stop_rounds > 0;
  const auto stop = rows_where(early ? rows.unit.size() : 0, stops);
  const auto objective = make(stop);
  const std::vector<std::uint8_t> codes = codes_of(rows, stop);
  std::optional<boosting::HeldOut> held_out;
  if (parallel::sum_over_ranks(learnt.data.session().communicator(), std::uint64_t{stop.size()}) > 0)
    held_out.emplace(boosting::HeldOut{*objective, codes});
  if (!held_out) options.early_stop_rounds = 0;
  return fit(learnt, make, options, held_out);
}

std::vector<float> margins_of(const boosting::Forest& forest, const FoldedRows& rows,
                              const std::function<bool(std::size_t)>& wanted, int threads) {
  const auto which = rows_where(rows.unit.size(), wanted);
  const std::vector<float> told = boosting::margins(forest, codes_of(rows, which), which.size(), threads);
  std::vector<float> margins(rows.unit.size());
  for (std::size_t j = 0; j < which.size(); ++j) margins[which[j]] = told[j];
  return margins;
}

}  // namespace proffer::models
