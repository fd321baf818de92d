// What is told of a joint model: ρ and how sure it is, what identifies it, and how it compares with independent models.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/joint_profile.hpp"
#include "models/joint_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

[[nodiscard]] nlohmann::json rho_json(const RhoEstimate& estimate);

/// Margins by three models of default, of the rows that JointForests::compared tells.
struct ComparedMargins {
  std::vector<float> f;        ///< take-up
  std::vector<float> g;        ///< joint
  std::vector<float> without;  ///< independent, inputs of g
  std::vector<float> with;     ///< independent, inputs of g and the excluded ones
};

/// Collective. Per part that was kept from the models: mean joint log-likelihood per contact (f is the same for all
/// three), log loss of known takers, and the mean PD of those who did not take.
[[nodiscard]] nlohmann::json comparison_json(const parallel::Communicator& comm, const JointRows& rows,
                                             const ComparedMargins& margins, double rho);

/// Collective. Share of the variance of f among takers that the excluded inputs make, beyond the inputs of g.
[[nodiscard]] double excluded_share(const parallel::Communicator& comm, const ProfileRows& rows);

}  // namespace proffer::models
