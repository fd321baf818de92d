#include "statistics/roots.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace proffer::statistics {
namespace {

constexpr int most_steps = 200;
constexpr double epsilon = std::numeric_limits<double>::epsilon();

void expect_signs_differ(double at_low, double at_high) {
  if (!((at_low < 0 && at_high > 0) || (at_low > 0 && at_high < 0)))
    throw std::domain_error("root: the function must have different signs at the ends of the bracket");
}

[[noreturn]] void give_up() {
  throw std::runtime_error("root: no convergence, or the function is not a number");
}

}  // namespace

double newton_root(const std::function<ValueAndSlope(double)>& function, Bracket bracket, double guess,
                   double tolerance) {
  const double at_low = function(bracket.low).value;
  if (at_low == 0) return bracket.low;
  const double at_high = function(bracket.high).value;
  if (at_high == 0) return bracket.high;
  expect_signs_differ(at_low, at_high);
  double negative = at_low < 0 ? bracket.low : bracket.high;  // the ends where the function is below and above 0
  double positive = at_low < 0 ? bracket.high : bracket.low;
  double x = std::clamp(guess, bracket.low, bracket.high);
  double last_step = std::fabs(bracket.high - bracket.low);
  double step_before = last_step;
  for (int step = 0; step < most_steps; ++step) {
    const ValueAndSlope here = function(x);
    if (here.value == 0) return x;
    if (std::isnan(here.value)) give_up();
    (here.value < 0 ? negative : positive) = x;
    double next = x - here.value / here.slope;
    const bool inside = next > std::min(negative, positive) && next < std::max(negative, positive);
    if (!inside || !(std::fabs(next - x) <= step_before / 2)) next = negative + (positive - negative) / 2;
    step_before = last_step;
    last_step = std::fabs(next - x);
    x = next;
    if (last_step <= tolerance + 4 * epsilon * std::fabs(x)) return x;
  }
  give_up();
}

double brent_root(const std::function<double(double)>& function, Bracket bracket, double tolerance) {
  double a = bracket.low, b = bracket.high;
  double fa = function(a), fb = function(b);
  if (fa == 0) return a;
  if (fb == 0) return b;
  expect_signs_differ(fa, fb);
  double c = a, fc = fa;  // b and c enclose the root, b is the better end
  double step = b - a, step_before = step;
  for (int count = 0; count < most_steps; ++count) {
    if (std::fabs(fc) < std::fabs(fb)) {
      a = std::exchange(b, c);
      c = a;
      fa = std::exchange(fb, fc);
      fc = fa;
    }
    const double enough = 2 * epsilon * std::fabs(b) + tolerance / 2;
    const double half = (c - b) / 2;
    if (std::fabs(half) <= enough || fb == 0) return b;
    bool bisect = std::fabs(step_before) < enough || std::fabs(fa) <= std::fabs(fb);
    if (!bisect) {
      // Secant through two points or inverse quadratic interpolation through three: the step is p/q.
      const double s = fb / fa;
      double p = 2 * half * s;
      double q = 1 - s;
      if (a != c) {
        const double r = fb / fc;
        const double t = fa / fc;
        p = s * (2 * half * t * (t - r) - (b - a) * (r - 1));
        q = (t - 1) * (r - 1) * (s - 1);
      }
      if (p > 0)
        q = -q;
      else
        p = -p;
      bisect = !(2 * p < std::min(3 * half * q - std::fabs(enough * q), std::fabs(step_before * q)));
      if (!bisect) {
        step_before = step;
        step = p / q;
      }
    }
    if (bisect) step = step_before = half;
    a = b;
    fa = fb;
    b += std::fabs(step) > enough ? step : std::copysign(enough, half);
    fb = function(b);
    if (std::isnan(fb)) give_up();
    if ((fb > 0) == (fc > 0)) {
      c = a;
      fc = fa;
      step = step_before = b - a;
    }
  }
  give_up();
}

Minimum brent_minimum(const std::function<double(double)>& function, Bracket bracket, double tolerance) {
  constexpr double golden = 0.3819660112501051;  // (3 − √5)/2
  double low = bracket.low, high = bracket.high;
  double best = low + golden * (high - low), second = best, third = best;
  double f_best = function(best), f_second = f_best, f_third = f_best;
  double step = 0, step_before = 0;
  for (int count = 0; count < most_steps; ++count) {
    const double middle = low + (high - low) / 2;
    const double least = tolerance + 1e-10 * std::fabs(best);
    if (std::fabs(best - middle) <= 2 * least - (high - low) / 2) break;
    bool parabolic = false;
    if (std::fabs(step_before) > least) {
      const double r = (best - second) * (f_best - f_third);
      double q = (best - third) * (f_best - f_second);
      double p = (best - third) * q - (best - second) * r;
      q = 2 * (q - r);
      if (q > 0) p = -p;
      q = std::fabs(q);
      parabolic = std::fabs(p) < std::fabs(q * step_before / 2) && p > q * (low - best) && p < q * (high - best);
      if (parabolic) {
        step_before = std::exchange(step, p / q);
        const double to = best + step;
        if (to - low < 2 * least || high - to < 2 * least) step = std::copysign(least, middle - best);
      }
    }
    if (!parabolic) {
      step_before = (best >= middle ? low : high) - best;
      step = golden * step_before;
    }
    const double place = best + (std::fabs(step) >= least ? step : std::copysign(least, step));
    const double value = function(place);
    if (value <= f_best) {
      (place >= best ? low : high) = best;
      third = std::exchange(second, std::exchange(best, place));
      f_third = std::exchange(f_second, std::exchange(f_best, value));
    } else {
      (place < best ? low : high) = place;
      if (value <= f_second || second == best) {
        third = std::exchange(second, place);
        f_third = std::exchange(f_second, value);
      } else if (value <= f_third || third == best || third == second) {
        third = place;
        f_third = value;
      }
    }
  }
  return {best, f_best};
}

}  // namespace proffer::statistics
