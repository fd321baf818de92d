#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "statistics/bivariate_normal.hpp"
#include "statistics/gauss_legendre.hpp"
#include "statistics/normal.hpp"
#include "statistics/roots.hpp"

namespace proffer::statistics {
namespace {

constexpr double log_sqrt_two_pi = 0.91893853320467274178;
constexpr double negligible = 40;  // exp(−40) of the largest value

double log_density(double x) {
  return -0.5 * x * x - log_sqrt_two_pi;
}

/// The integrand of Φ₂ over t ≤ x in logarithms, h(t) = log φ(t) + log Φ(a − bt) with a = y/√(1−ρ²), b = ρ/√(1−ρ²).
/// It is strictly concave: h″ ≤ −1.
struct Integrand {
  double a;
  double b;

  double operator()(double t) const { return log_density(t) + log_normal_cdf(a - b * t); }
  ValueAndSlope slope(double t) const {  // h′ and h″
    const double ratio = inverse_mills_ratio(a - b * t);
    return {-t - b * ratio, -1 - b * b * std::clamp(ratio * (ratio + a - b * t), 0.0, 1.0)};
  }
};

/// Where h is largest on t ≤ x.
double mode(const Integrand& h, double x) {
  if (h.slope(x).value >= 0) return x;
  double reach = 1;
  while (h.slope(x - reach).value <= 0) reach *= 2;
  return newton_root([&](double t) { return h.slope(t); }, {x - reach, x}, x - reach / 2, 1e-8);
}

/// How far from `top` to the given side h has fallen until it is negligible.
double extent(const Integrand& h, double top, double side) {
  const double least = h(top) - negligible;
  double near = 0;
  double far = 10;  // h″ ≤ −1: there h has fallen by at least 50
  for (int step = 0; step < 40 && far - near > 0.1 * far; ++step) {
    const double middle = (near + far) / 2;
    (h(top + side * middle) < least ? far : near) = middle;
  }
  return far;
}

/// log Φ₂ by panels between the ends of what counts, narrower where the inner Φ turns.
double log_integral(const Integrand& h, double x) {
  const double top = mode(h, x);
  const double low = top - extent(h, top, -1);
  const double high = top < x ? std::min(x, top + extent(h, top, 1)) : x;
  constexpr int panels = 6;
  std::vector<double> ends{high};
  for (int i = 0; i < panels; ++i) ends.push_back(low + (top - low) * i / panels);
  for (int i = 0; i < panels && top < high; ++i) ends.push_back(top + (high - top) * i / panels);
  for (const double turn : {-8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0}) {
    const double t = (h.a + turn) / h.b;
    if (t > low && t < high) ends.push_back(t);
  }
  std::sort(ends.begin(), ends.end());
  const double scale = h(top);
  double sum = 0;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i)
    sum += integrate(gauss_20, ends[i], ends[i + 1], [&](double t) { return std::exp(h(t) - scale); });
  return scale + std::log(sum);
}

double log_cdf(double x, double y, double rho) {
  if (rho == 0) return log_normal_cdf(x) + log_normal_cdf(y);
  const double direct = bivariate_normal_cdf(x, y, rho);
  if (direct > 1e-7) return std::log(direct);
  const double width = std::sqrt((1 - rho) * (1 + rho));
  return log_integral({y / width, rho / width}, x);
}

}  // namespace

LogBivariateNormal log_bivariate_normal(double x, double y, double rho) {
  if (!std::isfinite(x) || !std::isfinite(y) || !(rho > -1 && rho < 1))
    throw std::domain_error("log_bivariate_normal: finite x, y and a correlation inside (-1, 1)");
  const double width = std::sqrt((1 - rho) * (1 + rho));
  const double beyond_x = (y - rho * x) / width;
  const double beyond_y = (x - rho * y) / width;
  LogBivariateNormal result;
  result.value = log_cdf(x, y, rho);
  // In logarithms, since numerator and denominator may both underflow.
  result.by_x = std::exp(log_density(x) + log_normal_cdf(beyond_x) - result.value);
  result.by_y = std::exp(log_density(y) + log_normal_cdf(beyond_y) - result.value);
  result.by_rho = std::exp(log_density(x) + log_density(beyond_x) - result.value) / width;
  return result;
}

}  // namespace proffer::statistics
