// What must be known of every contacted row before ρ can be estimated, cross-fitted.
#pragma once

#include <vector>

#include "boosting/communicator/session.hpp"
#include "boosting/trainer.hpp"
#include "models/joint_folds.hpp"
#include "models/joint_profile.hpp"
#include "models/joint_rows.hpp"

namespace proffer::models {

/// Views of the rows for the forests of f, of g, and of g with the excluded inputs.
struct JointViews {
  std::vector<std::size_t> f_bins, g_bins, all_bins;
  FoldedRows f, g, all;
};

/// How the forests are grown.
struct JointOptions {
  boosting::TrainOptions response, defaults;
  std::size_t response_trees = 1;                 ///< of the response model
  std::size_t reduced_trees = 1;                  ///< of the default model without the excluded inputs
  std::vector<std::size_t> excluded_places = {};  ///< of the excluded inputs among those of f
  bool identified = false;                        ///< offers were drawn at random
};

/// The values of some rows, one after another.
template <class T>
[[nodiscard]] std::vector<T> picked(const std::vector<T>& values, std::span<const std::size_t> which) {
  std::vector<T> out;
  out.reserve(which.size());
  for (const std::size_t i : which) out.push_back(values[i]);
  return out;
}

/// Trees for the mean of a number: it is no rare event, so leaves may be fine. `like`: seed and threads. Pure.
[[nodiscard]] boosting::TrainOptions regression_options(const boosting::TrainOptions& like, int rounds, double eta,
                                                        int depth);
/// Squared errors of numbers that are there for every row, and outlive it. Pure.
[[nodiscard]] MakeObjective squared_error_of(const std::vector<float>& target);

/// Collective. f of every row: cross-fitted where the row is learnt from, else the response model's.
[[nodiscard]] CrossFitted cross_fitted_f(const boosting::CommunicatorSession& session, const JointRows& rows,
                                         const JointViews& views, const JointOptions& options,
                                         const boosting::Forest& response);

/// Collective. The rows that ρ is estimated from, and what forests of takers say of them: h, and the mean and spread of
/// f among takers with the same inputs of g.
[[nodiscard]] ProfileRows profile_rows(const boosting::CommunicatorSession& session, const JointRows& rows,
                                       const JointViews& views, const JointOptions& options, const CrossFitted& take);

}  // namespace proffer::models
