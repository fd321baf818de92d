// What of the terms of an offer the borrower does not tell.
#pragma once

#include <span>
#include <vector>

#include "models/joint_folds.hpp"

namespace proffer::models {

/// Collective. Per row and term (rows × terms, row-major) the value less its mean given the borrower's codes, by trees
/// that did not learn from the row's fold, as far as the values bear them out; 0 where the value is missing (NaN), and
/// of a term that fewer than thirty rows outside some fold have. `like`: seed and threads.
[[nodiscard]] std::vector<float> own_terms(const boosting::CommunicatorSession& session, const FoldedRows& borrowers,
                                           std::span<const float> values, std::size_t terms,
                                           const boosting::TrainOptions& like);

}  // namespace proffer::models
