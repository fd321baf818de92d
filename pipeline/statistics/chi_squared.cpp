#include "statistics/chi_squared.hpp"

#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace proffer::statistics {

double chi_squared_survival(double x, double degrees) {
  if (!(x >= 0) || !(degrees > 0) || std::isinf(degrees))
    throw std::domain_error("chi_squared_survival: x is not negative and degrees are positive");
  if (std::isinf(x)) return 0;
  return boost::math::gamma_q(degrees / 2, x / 2);
}

double chi_squared_quantile(double p, double degrees) {
  if (!(p >= 0 && p < 1) || !(degrees > 0) || std::isinf(degrees))
    throw std::domain_error("chi_squared_quantile: p lies in [0, 1) and degrees are positive");
  return p == 0 ? 0 : 2 * boost::math::gamma_p_inv(degrees / 2, p);
}

}  // namespace proffer::statistics
