#include "statistics/bivariate_normal.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <stdexcept>

#include "foundation/lanes.hpp"
#include "statistics/exponential.hpp"
#include "statistics/gauss_legendre.hpp"
#include "statistics/normal.hpp"

namespace proffer::statistics {
namespace {

constexpr double moderate_rho = 0.925;
constexpr double two_pi = 2 * std::numbers::pi;

std::span<const GaussNode> rule_for(double rho) {
  const double size = std::fabs(rho);
  if (size < 0.3) return gauss_6;
  if (size < 0.75) return gauss_12;
  return gauss_20;
}

/// What is taken from P at |rho| = 1 to come to |rho| in [0.925, 1), for k of the sign of rho: Genz's expansion, whose
/// closed part takes the singularity out of the integral over √(1 − ρ²).
double near_one_correction(double h, double k, double rho) {
  const double hk = h * k;
  const double as = (1 - rho) * (1 + rho);
  const double a = std::sqrt(as);
  const double b = std::fabs(h - k);
  const double bs = b * b;
  const double c = (4 - hk) / 8;
  const double d = (12 - hk) / 80;
  double closed = 0;
  const double exponent = -(bs / as + hk) / 2;
  if (exponent > -100) closed = a * std::exp(exponent) * (1 - c * (bs - as) * (1 - d * bs) / 3 + c * d * as * as);
  if (hk > -100) {
    const double density_integral = std::sqrt(two_pi) * normal_cdf(-b / a);
    closed -= std::exp(-hk / 2) * density_integral * b * (1 - c * bs * (1 - d * bs) / 3);
  }
  const double half = a / 2;
  const double integral = integrate(gauss_20, 0, 2, [&](double place) {
    const double xs = half * half * place * place;
    const double here = -(bs / xs + hk) / 2;
    if (here <= -100) return 0.0;
    const double series = 1 + c * xs * (1 + 5 * d * xs);
    const double root = std::sqrt(1 - xs);
    const double exact = std::exp(-(hk / 2) * xs / ((1 + root) * (1 + root))) / root;
    return std::exp(here) * (series - exact);
  });
  return (half * integral - closed) / two_pi;
}

/// P(X > h, Y > k) for |rho| ≥ 0.925.
double near_one(double h, double k, double rho) {
  if (rho > 0) return normal_cdf(-std::max(h, k)) + (rho < 1 ? near_one_correction(h, k, rho) : 0.0);
  const double mirrored = -k;
  const double correction = rho > -1 ? near_one_correction(h, mirrored, rho) : 0.0;
  if (h >= mirrored) return -correction;
  // P(h < X < −k), from the tail where it is a difference of small numbers
  const double between = h < 0 ? normal_cdf(mirrored) - normal_cdf(h) : normal_cdf(-h) - normal_cdf(-mirrored);
  return between - correction;
}

using Nodes = BivariateNormalCdf::Nodes;

/// Σ weight · exp((sin θ · xy − (x² + y²)/2)/cos² θ)
[[gnu::always_inline]] inline double integral(const Nodes& nodes, double x, double y) {
  const double product = x * y, half_squares = (x * x + y * y) / 2;
  Doubles sum{};
  for (std::size_t i = 0; i < nodes.count; i += lanes) {
    Doubles weight, sine, per_rest;
    load(&nodes.weight[i], weight);
    load(&nodes.sine[i], sine);
    load(&nodes.per_rest[i], per_rest);
    Doubles density = (sine * product - half_squares) * per_rest;
    exponential(density);
    sum += weight * density;
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

double integral_portable(const Nodes& nodes, double x, double y) {
  return integral(nodes, x, y);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] double integral_avx2(const Nodes& nodes, double x, double y) {
  return integral(nodes, x, y);
}
#else
constexpr auto integral_avx2 = integral_portable;
#endif

}  // namespace

BivariateNormalCdf::BivariateNormalCdf(double rho, bool portable)
    : rho_(rho), integral_(!portable && avx2_runs_here() ? integral_avx2 : integral_portable) {
  if (rho < -1 || rho > 1) throw std::domain_error("bivariate_normal_cdf: a correlation lies in [-1, 1]");
  if (!(std::fabs(rho) < moderate_rho)) return;
  half_angle_ = std::asin(rho) / 2;
  nodes_.per_rest.fill(1);  // of those added too, for they must stay numbers
  std::size_t count = 0;
  for (const GaussNode& node : rule_for(rho))
    for (const double place : {1 - node.place, 1 + node.place}) {
      const double sine = std::sin(half_angle_ * place);
      nodes_.weight[count] = node.weight;
      nodes_.sine[count] = sine;
      nodes_.per_rest[count++] = 1 / (1 - sine * sine);
    }
  nodes_.count = (count + lanes - 1) / lanes * lanes;  // the weights of those added are 0
}

/// Φ₂(x, y; ρ) − Φ(x)Φ(y) for a moderate rho: the integral over the correlation from 0 to rho, with rho = sin θ.
double BivariateNormalCdf::beyond_product(double x, double y) const {
  return integral_(nodes_, x, y) * half_angle_ / two_pi;
}

double BivariateNormalCdf::operator()(double x, double y) const {
  if (std::isnan(x) || std::isnan(y) || std::isnan(rho_)) return x + y + rho_;
  if (std::isinf(x)) return x < 0 ? 0.0 : normal_cdf(y);
  if (std::isinf(y)) return y < 0 ? 0.0 : normal_cdf(x);
  return with_cdfs(x, normal_cdf(x), y, normal_cdf(y));
}

double BivariateNormalCdf::with_cdfs(double x, double below_x, double y, double below_y) const {
  if (rho_ == 0) return below_x * below_y;
  const double both = nodes_.count > 0 ? beyond_product(x, y) + below_x * below_y : near_one(-x, -y, rho_);
  return std::clamp(both, 0.0, 1.0);
}

double bivariate_normal_cdf(double x, double y, double rho) {
  return BivariateNormalCdf(rho)(x, y);
}

double bivariate_normal_density(double x, double y, double rho) {
  if (!(rho > -1 && rho < 1)) throw std::domain_error("bivariate_normal_density: a correlation lies inside (-1, 1)");
  const double rest = (1 - rho) * (1 + rho);
  // (x² − 2ρxy + y²)/(1 − ρ²) = x² + (y − ρx)²/(1 − ρ²), a sum without cancellation
  const double across = (y - rho * x) / std::sqrt(rest);
  return normal_density(x) * normal_density(across) / std::sqrt(rest);
}

}  // namespace proffer::statistics
