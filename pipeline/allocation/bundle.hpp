// Minimises a convex piecewise linear dual function by cutting planes in a trust region.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "allocation/dual.hpp"

namespace proffer::allocation {

struct BundleOptions {
  double tolerance = 1e-10;             ///< relative: stop when the model promises no more than this
  double stop_at_or_below = -infinity;  ///< stop once g is surely no larger
  double radius = 1.0;                  ///< first half-width of the box, in units of multiplier_scale
  double radius_limit = 1e9;            ///< and its largest
  std::uint64_t evaluation_limit = 2'000;
  std::vector<double> lowest, highest;  ///< [limits] λ is kept within these; empty = no such limits
};

/// Lines known from elsewhere (a parent node); intercept and slope as in DualPoint.
struct KnownLine {
  double intercept = 0.0;
  std::vector<double> slope;
  std::size_t tag = 0;
};

struct BundleResult {
  DualPoint best;
  bool converged = false;  ///< the model promises nothing more (to the tolerance)
  bool below = false;      ///< stopped at `stop_at_or_below`
  /// The lines' convex combination at the end: tags and weights. Where converged, the same combination of choices
  /// solves the linear relaxation.
  std::vector<std::size_t> tag;
  std::vector<double> weight;
  std::vector<KnownLine> lines;  ///< all lines at the end, in the order of `tag`
  std::uint64_t evaluations = 0;
};

/// Cutting planes (Kelley 1960) in a box around the best point so far that grows after good steps and shrinks after
/// bad ones (Marsten, Hogan & Blankenship 1975). Deterministic; collective where `function` is.
[[nodiscard]] BundleResult minimise(DualFunction& function, std::span<const double> start, const BundleOptions& options,
                                    std::vector<KnownLine> known = {});

}  // namespace proffer::allocation
