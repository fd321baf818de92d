// A second model of the same outcome from the rows that the first one did not learn from.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "boosting/objective.hpp"
#include "boosting/trainer.hpp"
#include "models/model.hpp"
#include "models/training_rows.hpp"

namespace proffer::models {

/// Rows of some parts, taken out of all rows of a model.
struct RowSubset {
  std::vector<std::uint8_t> codes, label;
  std::vector<std::uint64_t> unit;
  std::vector<double> weight{};  ///< empty: 1 each
};
/// Independent.
[[nodiscard]] RowSubset subset(const TrainingRows& rows, const std::function<bool(Part)>& wanted);

/// Whether rows of a part are learnt from. Without early stopping the valid rows train too.
[[nodiscard]] inline bool fits(Part part, bool stops_early) {
  return part == Part::train || (part == Part::valid && !stops_early);
}

/// Collective. Trains on the rows kept from the first model (valid, test, out of time), with three times as many trees,
/// and anchors the level on the rows the first one learnt from. Nothing where either set of rows holds one class only.
[[nodiscard]] std::optional<SecondOpinion> second_opinion(const boosting::CommunicatorSession& session,
                                                          const TrainingRows& rows, Link link,
                                                          const std::vector<std::size_t>& bins,
                                                          boosting::TrainOptions options, bool stops_early,
                                                          std::size_t trees);

/// The loss that a link fits 0/1 labels by. `labels` must outlive it.
[[nodiscard]] std::unique_ptr<boosting::Objective> objective_of(Link link, std::span<const std::uint8_t> labels);

/// Collective. The intercept that, added to the log-odds, maximises the likelihood of 0/1 labels: their mean is then
/// that of the probabilities. The same at any number of ranks; 0 where there is no maximum.
[[nodiscard]] double fit_intercept(const parallel::Communicator& comm, std::span<const double> log_odds,
                                   std::span<const std::uint8_t> labels);

}  // namespace proffer::models
