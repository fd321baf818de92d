// The correlation of the hidden causes of take-up and default: a score that errors of f and h do not move to first
// order, and the profile likelihood beside it. docs/methods.md, "Default and response together".
#pragma once

#include <cstdint>
#include <vector>

#include "models/joint_scores.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

struct Interval {
  double low = 0, high = 0;
};

struct RhoEstimate {
  double rho = 0;             ///< root of the orthogonal score
  double standard_error = 0;  ///< sandwich, with the errors of f and h
  Interval interval;          ///< every ρ that the score test does not refuse at 5 %, within ±0.93
  /// The score has no root inside the bounds, or refuses no ρ: the data hardly tell it. It is then that of the profile
  /// (or a bound).
  bool undetermined = false;
  double information = 0;
  double profile_rho = 0;       ///< maximum of the profile likelihood, which takes f and h as known
  Interval profile_interval;    ///< by likelihood ratio, 95 %
  double likelihood_ratio = 0;  ///< against ρ = 0, at the maximum of the profile
  double p_value = 0;           ///< of it, χ² with one degree of freedom
  double score_p_value = 1;     ///< of ρ = 0 by the orthogonal score
  std::int64_t replications = 0;
  double bootstrap_error = 0;
  Interval bootstrap_interval;
  std::vector<ProfilePoint> grid;  ///< fixed ρ
};

/// Collective. The same bits at any number of ranks and threads. Two-sided 95 % throughout.
[[nodiscard]] RhoEstimate estimate_rho(const parallel::Communicator& comm, const ProfileRows& rows,
                                       std::int64_t replications, std::uint64_t seed, int threads);

}  // namespace proffer::models
