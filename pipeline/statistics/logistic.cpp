#include "statistics/logistic.hpp"

#include <cmath>
#include <stdexcept>

namespace proffer::statistics {

double sigmoid(double x) {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const double small = std::exp(x);
  return small / (1 + small);
}

double log1pexp(double x) {
  if (x <= 18) return std::log1p(std::exp(x));
  return x <= 33.3 ? x + std::exp(-x) : x;
}

double logit(double p) {
  if (!(p >= 0 && p <= 1)) throw std::domain_error("logit: a probability lies in [0, 1]");
  // Near ½ the ratio is near 1; log1p of its exact distance from 1 keeps all digits there.
  if (p > 0.25 && p < 0.75) return std::log1p((2 * p - 1) / (1 - p));
  return std::log(p) - std::log1p(-p);
}

}  // namespace proffer::statistics
