// The inputs of the two halves of a joint model, and whether they fit together.
#pragma once

#include "boosting/trainer.hpp"
#include "models/joint_rows.hpp"
#include "models/model.hpp"
#include "models/model_rows.hpp"

namespace proffer::models {

/// A response model, and how it was trained.
struct JointResponse {
  const Model* model = nullptr;
  const ModelSettings* settings = nullptr;
};

/// Independent. UsageError where links, targets or excluded inputs do not fit together.
[[nodiscard]] JointInputs joint_inputs(const JointSettings& joint, const ModelSettings& settings,
                                       const ModelRows& collected, const JointResponse& response,
                                       const borrowers::BookReader& book);

/// Pure. How the response model's trees are grown.
[[nodiscard]] boosting::TrainOptions response_options(const JointResponse& response, const Inputs& inputs,
                                                      std::uint64_t seed, int threads);

}  // namespace proffer::models
