// Descent by second-order models: over many rows the dual is nearly smooth, and its curvature is nearly that of a
// sample.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "allocation/bundle.hpp"
#include "allocation/dual.hpp"
#include "allocation/multiplier_box.hpp"

namespace proffer::allocation {

/// Second derivatives of the whole problem's g, [limits, limits]; empty = not known.
using Curvature = std::vector<double>;

struct NewtonOptions {
  MultiplierBox box;          ///< λ is kept within it
  double tolerance = 1e-8;    ///< relative: stop when the model promises no more than this
  std::vector<double> probe;  ///< [limits] steps for differences, where the curvature is not known
  double share = 1.0;         ///< of the whole problem's rows in the function's
  std::uint64_t step_limit = 60;
};

struct NewtonResult {
  DualPoint best;
  std::vector<KnownLine> lines;  ///< all lines met
  double reach = 0.0;            ///< size of the last step, in units of multiplier_scale
  bool converged = false;        ///< the model promises nothing more (to the tolerance)
  std::uint64_t evaluations = 0;
};

/// Projected Newton steps (Bertsekas 1982) from differences of subgradients, corrected by BFGS updates on the way.
/// `curvature` is used where given and left as it was found. Stops where kinks get in the way: cutting planes go on
/// from there. Deterministic; collective where `function` is.
[[nodiscard]] NewtonResult descend(DualFunction& function, std::span<const double> start, const NewtonOptions& options,
                                   Curvature& curvature);

}  // namespace proffer::allocation
