// Cross-fitting: what is said of a row by a forest that did not learn from its fold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "boosting/objective.hpp"
#include "boosting/trainer.hpp"
#include "boosting/training_data.hpp"

namespace proffer::models {

/// Rows of this rank and where they stand.
struct FoldedRows {
  std::span<const std::uint8_t> codes;  ///< rows × inputs
  std::span<const std::size_t> bins;    ///< per input
  std::span<const std::uint64_t> unit;
  std::span<const std::uint8_t> fold;
  std::size_t folds = 1;
};

/// An objective over some of the rows, which owns what it needs.
using MakeObjective = std::function<std::unique_ptr<boosting::Objective>(std::span<const std::size_t> rows)>;

/// The codes of some rows, one after another.
[[nodiscard]] std::vector<std::uint8_t> codes_of(const FoldedRows& rows, std::span<const std::size_t> which);

/// The codes of some rows, `columns` of which are said to be `values` instead.
[[nodiscard]] std::vector<std::uint8_t> codes_with(const FoldedRows& rows, std::span<const std::size_t> which,
                                                   std::span<const std::size_t> columns,
                                                   std::span<const std::uint8_t> values);

/// Margins out of fold, and the forest that gives them per fold.
struct CrossFitted {
  std::vector<float> margins;
  std::vector<boosting::Forest> forests;
};

/// Some of the rows, ready for as many forests as are wanted of them.
struct LearntRows {
  std::vector<std::size_t> which;  ///< their numbers
  boosting::TrainingData data;
};
/// Collective. The rows that `learns` names.
[[nodiscard]] LearntRows learnt_rows(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                                     const std::function<bool(std::size_t)>& learns, int threads);
/// Collective. The same for each fold: those of the other folds.
[[nodiscard]] std::vector<LearntRows> outside_folds(const boosting::CommunicatorSession& session,
                                                    const FoldedRows& rows,
                                                    const std::function<bool(std::size_t)>& learns, int threads);

/// Collective. For each fold, a forest of options.rounds trees from the rows of the other folds that `learns` names
/// gives the margins of the rows of the fold that `told` names; those of others are 0.
[[nodiscard]] CrossFitted cross_fit(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                                    const std::function<bool(std::size_t)>& learns,
                                    const std::function<bool(std::size_t)>& told, const MakeObjective& make,
                                    const boosting::TrainOptions& options);
/// The same where the rows outside the folds are ready; the other holds those of one fold at a time.
[[nodiscard]] CrossFitted cross_fit(std::span<const LearntRows> outside, const FoldedRows& rows,
                                    const std::function<bool(std::size_t)>& told, const MakeObjective& make,
                                    const boosting::TrainOptions& options);

/// Collective. One forest from the rows of `learns`, with as many trees as are best on the rows of `stops` (all of
/// options.rounds where no rank has one, or where options say never to stop).
[[nodiscard]] boosting::Forest fit_stopping(const boosting::CommunicatorSession& session, const FoldedRows& rows,
                                            const std::function<bool(std::size_t)>& learns,
                                            const std::function<bool(std::size_t)>& stops, const MakeObjective& make,
                                            const boosting::TrainOptions& options);
[[nodiscard]] boosting::Forest fit_stopping(const LearntRows& learnt, const FoldedRows& rows,
                                            const std::function<bool(std::size_t)>& stops, const MakeObjective& make,
                                            boosting::TrainOptions options);

/// Numbers of the rows that `wanted` names.
[[nodiscard]] std::vector<std::size_t> rows_where(std::size_t rows, const std::function<bool(std::size_t)>& wanted);

/// Independent. Margins of the rows that `wanted` names; 0 of others.
[[nodiscard]] std::vector<float> margins_of(const boosting::Forest& forest, const FoldedRows& rows,
                                            const std::function<bool(std::size_t)>& wanted, int threads);

}  // namespace proffer::models
