// Cody (1969), "Rational Chebyshev approximation for the error function", Math. Comp. 23, in the form for Φ of
// Cody (1993), algorithm 715, ACM TOMS 19; Wichura (1988), "The percentage points of the normal distribution",
// Applied Statistics 37. Their coefficients are minimax fits, tabulated in the papers. Far out, Abramowitz & Stegun
// (1964), 26.2.14.
#include "statistics/normal.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace proffer::statistics {
namespace {

constexpr double one_over_sqrt_two_pi = 0.39894228040143267793994605993438;
constexpr double central = 0.67448975;  // up to this |x|, Cody's first fit
constexpr double root_32 = 5.656854249492380195206754896838;

/// c[0]·x^(n−1) + … + c[n−1]
template <std::size_t n>
constexpr double polynomial(const std::array<double, n>& c, double x) {
  double value = c[0];
  for (std::size_t i = 1; i < n; ++i) value = value * x + c[i];
  return value;
}

/// exp(−x²/2) with x² split into an exact part and a small rest, so that its rounding is not magnified by x².
double exp_minus_half_square(double x) {
  if (!(std::fabs(x) < 40)) return std::isnan(x) ? x : 0.0;
  const double coarse = std::trunc(x * 16) / 16;
  return std::exp(-0.5 * coarse * coarse) * std::exp(-0.5 * (x - coarse) * (x + coarse));
}

/// Φ(x) − ½ for |x| ≤ central.
double central_part(double x) {
  constexpr std::array numerator{0.065682337918207449113, 2.2352520354606839287, 161.02823106855587881,
                                 1067.6894854603709582, 18154.981253343561249};
  constexpr std::array denominator{1.0, 47.20258190468824187, 976.09855173777669322, 10260.932208618978205,
                                   45507.789335026729956};
  const double square = x * x;
  return x * polynomial(numerator, square) / polynomial(denominator, square);
}

/// Φ(−y)·exp(y²/2) for y ≥ central.
double scaled_tail(double y) {
  if (y <= root_32) {
    constexpr std::array numerator{1.0765576773720192317e-8, 0.39894151208813466764, 8.8831497943883759412,
                                   93.506656132177855979,    597.27027639480026226,  2494.5375852903726711,
                                   6848.1904505362823326,    11602.651437647350124,  9842.7148383839780218};
    constexpr std::array denominator{1.0,
                                     22.266688044328115691,
                                     235.38790178262499861,
                                     1519.377599407554805,
                                     6485.558298266760755,
                                     18615.571640885098091,
                                     34900.952721145977266,
                                     38912.003286093271411,
                                     19685.429676859990727};
    return polynomial(numerator, y) / polynomial(denominator, y);
  }
  // Laplace's continued fraction for the Mills ratio, 1/(y + 1/(y + 2/(y + 3/(y + …)))): 20 levels err by less
  // than 1e-16 from √32 on.
  double fraction = y;
  for (int level = 20; level >= 1; --level) fraction = y + level / fraction;
  return one_over_sqrt_two_pi / fraction;
}

/// Φ(−y) for y ≥ central, where exp(−y²/2) is known.
double tail(double y, double decay) {
  return decay == 0 ? 0.0 : decay * scaled_tail(y);
}

double tail(double y) {
  return tail(y, exp_minus_half_square(y));
}

}  // namespace

double normal_density(double x) {
  return one_over_sqrt_two_pi * exp_minus_half_square(x);
}

double normal_cdf(double x) {
  if (std::isnan(x)) return x;
  if (std::fabs(x) <= central) return 0.5 + central_part(x);
  return x < 0 ? tail(-x) : 1 - tail(x);
}

CdfAndDensity normal_cdf_and_density(double x) {
  const double decay = exp_minus_half_square(x), density = one_over_sqrt_two_pi * decay;
  if (std::isnan(x)) return {x, x};
  if (std::fabs(x) <= central) return {0.5 + central_part(x), density};
  return {x < 0 ? tail(-x, decay) : 1 - tail(x, decay), density};
}

double log_normal_cdf(double x) {
  if (std::isnan(x) || x == -std::numeric_limits<double>::infinity()) return x;
  if (x < -central) return -0.5 * x * x + std::log(scaled_tail(-x));
  if (x <= central) return std::log(0.5 + central_part(x));
  return std::log1p(-tail(x));
}

double inverse_mills_ratio(double x) {
  if (std::isnan(x)) return x;
  if (x == -std::numeric_limits<double>::infinity()) return -x;
  if (x < -central) return one_over_sqrt_two_pi / scaled_tail(-x);
  const double decay = exp_minus_half_square(x);
  const double below = x <= central ? 0.5 + central_part(x) : 1 - (decay == 0 ? 0.0 : decay * scaled_tail(x));
  return one_over_sqrt_two_pi * decay / below;
}

double normal_quantile(double p) {
  if (!(p >= 0 && p <= 1)) throw std::domain_error("normal_quantile: a probability lies in [0, 1]");
  if (p == 0) return -std::numeric_limits<double>::infinity();
  if (p == 1) return std::numeric_limits<double>::infinity();
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    constexpr std::array numerator{2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                                   45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                                   133.14166789178437745, 3.387132872796366608};
    constexpr std::array denominator{
        5226.495278852545925,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1.0};
    const double r = 0.180625 - q * q;
    return q * polynomial(numerator, r) / polynomial(denominator, r);
  }
  const double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  double magnitude = 0;
  if (r <= 5) {
    constexpr std::array numerator{7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
                                   1.27045825245236838258,   3.64784832476320460504,   5.7694972214606914055,
                                   4.6303378461565452959,    1.42343711074968357734};
    constexpr std::array denominator{
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455,    1.6763848301838038494,   2.05319162663775882187,   1.0};
    magnitude = polynomial(numerator, r - 1.6) / polynomial(denominator, r - 1.6);
  } else {
    constexpr std::array numerator{2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
                                   0.026532189526576123093,   0.29656057182850489123,    1.7848265399172913358,
                                   5.4637849111641143699,     6.6579046435011037772};
    constexpr std::array denominator{
        2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
        0.0148753612908506148525,   0.13692988092273580531,   0.59983220655588793769,   1.0};
    magnitude = polynomial(numerator, r - 5) / polynomial(denominator, r - 5);
  }
  return q < 0 ? -magnitude : magnitude;
}

}  // namespace proffer::statistics
