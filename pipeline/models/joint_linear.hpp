// The linear special case of the joint model: probit with sample selection (heckprobit), by maximum likelihood. It
// checks the likelihood against other programs, and tells ρ where f and g are straight lines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parallel/communicator.hpp"

namespace proffer::models {

/// This rank's rows; the columns hold no intercept.
struct HeckprobitRows {
  std::size_t f_columns = 0, g_columns = 0;
  std::span<const double> x;               ///< rows × f_columns, of every contact
  std::span<const double> z;               ///< rows × g_columns
  std::span<const std::uint8_t> response;  ///< 1 accepted
  std::span<const std::uint8_t> label;     ///< default: 0, 1; else unknown (then R = 1 adds log Φ(f) only)
};

struct Heckprobit {
  std::vector<double> f, g;  ///< intercept, then the columns
  double rho = 0;
  double log_likelihood = 0;
  double rho_error = 0;  ///< standard error, from the outer product of the scores
  bool converged = false;
};

/// Collective. Newton's method with the outer product of the scores for the matrix (Berndt, Hall, Hall & Hausman 1974),
/// halving steps that do not climb, on (f, g, artanh ρ); from 0. The same bits at any number of ranks. std::logic_error
/// where sizes do not fit.
[[nodiscard]] Heckprobit fit_heckprobit(const parallel::Communicator& comm, const HeckprobitRows& rows);

}  // namespace proffer::models
