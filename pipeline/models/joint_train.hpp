// Default learnt together with the response to the offer: f, ρ, then g under the joint likelihood.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/joint_inputs.hpp"
#include "models/joint_model.hpp"
#include "models/model.hpp"
#include "models/model_rows.hpp"

namespace proffer::models {

struct JointFit {
  boosting::Forest forest;              ///< g
  std::optional<SecondOpinion> second;  ///< g of the rows kept from it
  /// Of each row of the default model: Φ⁻¹ of the PD given take-up. f is out of fold for the rows learnt from; where
  /// nobody was contacted it is the margin itself.
  std::vector<float> margins;
  JointModel joint;
  nlohmann::json report;
};

/// Collective. `trained`, the response model, must be there. UsageError (agreed) where the two models do not fit
/// together; DataError (agreed) where too few takers are known.
[[nodiscard]] JointFit fit_joint(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                                 const TrainSettings& train, const ModelSettings& settings, const ModelRows& collected,
                                 const JointResponse* trained, std::uint64_t seed, int threads, Log& log);

}  // namespace proffer::models
