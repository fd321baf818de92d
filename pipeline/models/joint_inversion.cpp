#include "models/joint_inversion.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

constexpr double reach = 8;

/// Where g would be if v, given that f + u > 0, were normal with its true mean ρλ and variance 1 − ρ²λ(λ + f).
double first_guess(double f, double reduced, double rho) {
  const double mills = statistics::inverse_mills_ratio(f);
  const double variance = 1 - rho * rho * std::clamp(mills * (mills + f), 0.0, 1.0);
  return std::sqrt(variance) * reduced - rho * mills;
}

}  // namespace

Inverted invert(const TakeLaw& law, double reduced, const TakerDefaults& defaults, std::optional<double> start) {
  const std::array takers{TakerDefaults::taker(law.mean - law.spread), TakerDefaults::taker(law.mean + law.spread)};
  const double target = std::clamp(reduced, -reach, reach);
  double low = -reach, high = reach;
  Inverted found{.g = std::clamp(start ? *start : first_guess(law.mean, target, defaults.rho()), low, high)};
  std::array<DefaultOfTakers, 2> at;
  TakerDefaults::Risk risk;
  double before = 0;  // what the step before has missed by
  for (int step = 0; step < 40; ++step) {
    risk = TakerDefaults::risk(found.g);
    for (std::size_t k = 0; k < 2; ++k) at[k] = defaults.level_at(takers[k], risk);
    const double mean = (at[0].p + at[1].p) / 2, slope = (at[0].by_g + at[1].by_g) / 2;
    const double here = statistics::normal_quantile(std::clamp(mean, 1e-16, 1 - 1e-16));
    const double off = here - target;
    (off > 0 ? high : low) = found.g;
    if (std::fabs(off) < 1e-7 || high - low < 1e-9) break;
    double next = found.g - off * statistics::normal_density(here) / std::max(slope, 1e-300);
    const bool newton = next > low && next < high;
    if (!newton) next = (low + high) / 2;
    const double moved = next - found.g;
    found.g = next;
    // Newton's method leaves a constant times the square of what was missed: what the last two tell of it, or less
    // than 10, for the mean is nearly linear.
    const double left =
        before == 0 ? 10 * std::max(off * off, moved * moved) : std::fabs(off) * (off / before) * (off / before);
    if (newton && left < 1e-7) break;
    before = off;
  }
  double cross = 0, square = 0;
  for (std::size_t k = 0; k < 2; ++k) {
    const double slope = at[k].by_g / at[k].complement;
    cross += defaults.by_rho_at(takers[k], risk) / at[k].p * slope;
    square += at[k].by_g / at[k].p * slope;
  }
  found.direction = square > 0 ? -cross / square : 0;
  return found;
}

Inverted invert(const TakeLaw& law, double reduced, double rho) {
  return invert(law, reduced, TakerDefaults(rho));
}

}  // namespace proffer::models
