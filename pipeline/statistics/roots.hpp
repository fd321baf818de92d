// Roots of one equation in one unknown, kept inside a bracket.
#pragma once

#include <functional>

namespace proffer::statistics {

struct ValueAndSlope {
  double value = 0;
  double slope = 0;
};

struct Bracket {
  double low = 0;
  double high = 0;
};

/// The root of a function whose values at the (finite) ends of the bracket have different signs (std::domain_error
/// otherwise), by Newton's method from `guess` (clamped into the bracket), with bisection where a step leaves the
/// bracket or halves too slowly. Stops when a step is at most `tolerance` + 4 ulp of x; std::runtime_error after 200
/// steps or where the function is NaN.
[[nodiscard]] double newton_root(const std::function<ValueAndSlope(double)>& function, Bracket bracket, double guess,
                                 double tolerance = 0);

/// The same without slopes: Brent (1973), "Algorithms for minimization without derivatives", chapter 4.
[[nodiscard]] double brent_root(const std::function<double(double)>& function, Bracket bracket, double tolerance = 0);

struct Minimum {
  double place = 0;
  double value = 0;
};

/// A local minimum inside the bracket (the minimum, where the function is unimodal): Brent (1973), chapter 5.
/// `tolerance` is absolute; below about 1e-8 · |place| rounding decides.
[[nodiscard]] Minimum brent_minimum(const std::function<double(double)>& function, Bracket bracket, double tolerance);

}  // namespace proffer::statistics
