// The law of f among takers with the same inputs of g, as the excluded inputs make it vary.
#pragma once

#include <span>
#include <vector>

#include "boosting/communicator/session.hpp"
#include "models/joint_nuisance.hpp"

namespace proffer::models {

struct LawOfTake {
  std::vector<float> mean, spread;  ///< per row; of use for those that `told` names
};

/// Collective. What a row of fold k is told comes from the other folds alone: f_k, the forest of take-up that did not
/// learn from k; its mean over a few drawn values of the excluded inputs ("reference": whatever f_k gets wrong of the
/// other inputs is in f and reference alike); and a forest that learns f_k − reference from takers outside k.
/// `taker(i)`: a drawn row that learns and whose default is known; such rows are told, too. `outside`: of each fold,
/// the takers of the others, with the inputs of g.
[[nodiscard]] LawOfTake law_of_take(const boosting::CommunicatorSession& session, const JointRows& rows,
                                    const JointViews& views, const JointOptions& options, const CrossFitted& take,
                                    const std::function<bool(std::size_t)>& taker,
                                    const std::function<bool(std::size_t)>& told, std::span<const LearntRows> outside);

}  // namespace proffer::models
