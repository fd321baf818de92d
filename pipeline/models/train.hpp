// Trains the models a config names on one book.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/card.hpp"
#include "models/fit_model.hpp"
#include "models/joint_inputs.hpp"
#include "models/model.hpp"
#include "models/model_rows.hpp"
#include "models/settings.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

struct TrainedModel {
  Model model;
  nlohmann::json card;  ///< model_card
  nlohmann::json
      metrics;  ///< per part (train, valid, test, out_of_time): rows, AUC, KS, log loss, Brier, calibration …
  std::vector<ModelTable> tables;
  std::vector<float> margins;  ///< of its rows; where it is joint, Φ⁻¹ of the PD of those who take
};

/// Collective. Trains a model and its challengers on the same rows; the first is the one to be used, under the model's
/// name: the best by settings.promotion. DataError (agreed) where the rows do not allow it.
[[nodiscard]] std::vector<TrainedModel> train_model(const boosting::CommunicatorSession& session,
                                                    const borrowers::BookReader& book, const TrainSettings& train,
                                                    const ModelSettings& settings, std::uint64_t seed, int threads,
                                                    Log& log, const JointResponse* response = nullptr,
                                                    const Membership* membership = nullptr);

/// Collective. Trains one model on rows that were collected for it (a challenger: for its champion).
[[nodiscard]] TrainedModel train_on_rows(const boosting::CommunicatorSession& session,
                                         const borrowers::BookReader& book, const TrainSettings& train,
                                         const ModelSettings& settings, const ModelRows& collected, std::uint64_t seed,
                                         int threads, Log& log, const JointResponse* response = nullptr);

struct TrainOutcome {
  std::vector<storage::Published> files;
  nlohmann::json metrics;  ///< of each model, without the larger tables of metrics.json
  std::uint64_t rows = 0;
};

/// Collective. Trains every model whose target the book has (others are passed over with a warning) and writes
/// NAME.json, NAME.xgboost.json the model card (NAME.card.json, NAME.card.md) and the tables of its kind into `folder`
/// (of those that were not promoted as NAME.CHALLENGER.json …), and metrics.json beside it.
[[nodiscard]] TrainOutcome train_all(const parallel::Communicator& comm, const std::filesystem::path& book,
                                     const TrainSettings& train, std::uint64_t seed, int threads,
                                     const std::filesystem::path& run, Log& log, CardOrigin origin = {});

}  // namespace proffer::models
