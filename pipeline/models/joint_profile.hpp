// The correlation of the hidden causes of take-up and default: a score that errors of f and h do not move to first
// order, and the profile likelihood beside it. docs/methods.md, "Default and response together".
#pragma once

#include <cstdint>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::models {

/// This rank's contacted rows whose offer was drawn at random (a sample of those who did not take), with what
/// cross-fitted forests say of them.
struct ProfileRows {
  std::vector<float> f;                ///< probit margin of take-up
  std::vector<float> reduced;          ///< h: probit margin of the PD of takers, without the excluded inputs
  std::vector<float> mean, spread;     ///< law of f among takers with the same inputs of g
  std::vector<std::uint8_t> response;  ///< 1 accepted
  std::vector<std::uint8_t> label;     ///< default, known of some takers: 0, 1; else 255
  /// Share of takers of the same date whose default is known, times the contacts that the row stands for.
  std::vector<float> known;
  std::vector<std::uint64_t> unit;
  [[nodiscard]] std::size_t rows() const { return f.size(); }
};

/// The likelihood of the takers' defaults at one ρ, g following by inversion.
struct ProfilePoint {
  double rho = 0;
  double log_likelihood = 0;
  double information = 0;  ///< on ρ with g unknown and f known
};
/// Collective. The same bits at any number of ranks and threads.
[[nodiscard]] ProfilePoint profile_point(const parallel::Communicator& comm, const ProfileRows& rows, double rho,
                                         int threads);

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

/// Independent. Derivative of the log-likelihood by ρ of each row at a fixed ρ along the least favourable direction of
/// g, plus the correction for the error of f: ψ = w(D − p) − known · w(Φ((g − ρf)/√(1−ρ²)) − p)(R − Φ(f)) with w = (p_ρ
/// + p_g a)/(p(1 − p)) and the first term only where D is known. Its mean at the true ρ is 0 up to products of errors
/// of f, h and the law of f (Chernozhukov et al. 2018, "Double/debiased machine learning").
[[nodiscard]] std::vector<float> orthogonal_scores(const ProfileRows& rows, double rho, int threads);

}  // namespace proffer::models
