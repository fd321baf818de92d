// A loan's value tabulated over PD, so that a pair costs a look-up.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "offers/loan_value.hpp"

namespace proffer::offers {

/// Piecewise cubic in PD over [0, LoanValue::highest_pd]. Intervals are halved until the cubic through four points of
/// an interval agrees with the function at three points between them within `tolerance` (per unit of limit, and of the
/// greatest fixed part); kinks, as at a PD floor, are closed in on. Tested: within 1e-7 anywhere.
class ValueCurve {
 public:
  explicit ValueCurve(const std::function<Affine(Probability)>& value, double tolerance = 1e-8);
  /// PDs outside the range count as its nearest end.
  [[nodiscard]] Affine at(Probability pd) const;
  [[nodiscard]] std::size_t intervals() const { return pieces_.size(); }

 private:
  struct Piece {
    double start;
    double width;
    std::array<double, 4> fixed;  // in powers of (pd − start)/width
    std::array<double, 4> per_unit;
  };
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> first_of_bucket_;  // the piece that holds each bucket's start
};

}  // namespace proffer::offers
