// Trains the uplift models a config names.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/card.hpp"
#include "models/fit_model.hpp"
#include "models/settings.hpp"

namespace proffer::models {

struct TrainedUplift {
  nlohmann::json metrics;         ///< uplift_metrics, and what was compared with what
  std::vector<ModelTable> files;  ///< models/NAME.SUFFIX
};

/// Collective. Trains one uplift model and judges it. Where the outcome is responded, the forest of the controls is
/// also a model of its own (NAME.control.json), by which score can tell who would come without contact. UsageError,
/// DataError (agreed) as collect_uplift_rows.
[[nodiscard]] TrainedUplift train_uplift(const boosting::CommunicatorSession& session,
                                         const borrowers::BookReader& book, const TrainSettings& train,
                                         const UpliftSettings& settings, std::uint64_t seed, int threads,
                                         const CardOrigin& origin, Log& log);

/// One line for people. Pure.
[[nodiscard]] std::string uplift_line(const std::string& name, const nlohmann::json& metrics);

/// Metrics without curves and deciles, for the manifest. Pure.
[[nodiscard]] nlohmann::json without_curves(nlohmann::json metrics);

}  // namespace proffer::models
