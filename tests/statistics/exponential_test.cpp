#include "statistics/exponential.hpp"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>

namespace proffer::statistics {
namespace {

using Real = boost::multiprecision::cpp_bin_float_50;

double of(double x) {
  Doubles four = Doubles{} + x;
  exponential(four);
  return four[2];
}

TEST(Exponential, AgreesWith50Digits) {
  double worst = 0;
  for (double x = -700; x <= 700; x += 0.0917) {
    const Real exact = exp(Real(x));
    worst = std::max(worst, std::fabs(static_cast<double>((Real(of(x)) - exact) / exact)));
  }
  EXPECT_LT(worst, 4e-16);
  EXPECT_EQ(of(0), 1);
}

TEST(Exponential, EndsAtItsReachAndPassesNaNOn) {
  EXPECT_EQ(of(-1e9), of(-700));
  EXPECT_TRUE(std::isnan(of(std::nan(""))));
}

}  // namespace
}  // namespace proffer::statistics
