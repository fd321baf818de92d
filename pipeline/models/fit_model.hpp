// Fits one model of any kind to the rows of its target.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "boosting/forest.hpp"
#include "boosting/trainer.hpp"
#include "foundation/log.hpp"
#include "models/model_rows.hpp"
#include "models/settings.hpp"

namespace proffer::models {

/// A file that belongs to a model: written as models/NAME.SUFFIX.
struct ModelTable {
  std::string suffix;
  std::string text;
};

/// Whatever the kind, the margin is a forest on codes, so that scoring and export know one kind only.
struct ModelFit {
  boosting::Forest forest;
  nlohmann::json facts;  ///< kind, trees, importance … for the model file
  std::vector<ModelTable> tables;
};

/// The training options of boosted trees (for a random forest too, but for the ensemble). Pure.
[[nodiscard]] boosting::TrainOptions boosting_options(const ModelSettings& settings, const ModelRows& rows,
                                                      std::uint64_t seed, int threads);

/// Independent. What is told of a forest that was fitted as `kind`.
[[nodiscard]] ModelFit fit_of(boosting::Forest forest, const Inputs& inputs, std::string_view kind);

/// Collective. Fits settings.kind to the rows that `fits` names. DataError (agreed) where there is no such fit.
[[nodiscard]] ModelFit fit_model(const boosting::CommunicatorSession& session, const ModelSettings& settings,
                                 const ModelRows& rows, const borrowers::Schema& schema, std::uint64_t seed,
                                 int threads, Log& log);

}  // namespace proffer::models
