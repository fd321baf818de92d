#include "offers/value_curve.hpp"

#include <algorithm>
#include <cmath>

namespace proffer::offers {
namespace {

constexpr std::size_t buckets = 1024;
constexpr double narrowest = 1e-11;  // where a kink is closed in on no further

using Cubic = std::array<double, 4>;

/// The cubic through four values at 0, 1/3, 2/3, 1.
Cubic through(double y0, double y1, double y2, double y3) {
  return {y0, -5.5 * y0 + 9.0 * y1 - 4.5 * y2 + y3, 9.0 * y0 - 22.5 * y1 + 18.0 * y2 - 4.5 * y3,
          -4.5 * y0 + 13.5 * y1 - 13.5 * y2 + 4.5 * y3};
}

double evaluate(const Cubic& cubic, double x) {
  return cubic[0] + x * (cubic[1] + x * (cubic[2] + x * cubic[3]));
}

}  // namespace

ValueCurve::ValueCurve(const std::function<Affine(Probability)>& value, double tolerance) {
  double greatest_fixed = 1e-300;
  for (int step = 0; step <= 8; ++step)
    greatest_fixed = std::max(greatest_fixed, std::abs(value(LoanValue::highest_pd * step / 8.0).fixed));

  const auto piece_over = [&](double start, double width) {
    std::array<Affine, 4> points;
    for (std::size_t i = 0; i < 4; ++i) points[i] = value(start + width * static_cast<double>(i) / 3.0);
    return Piece{start, width, through(points[0].fixed, points[1].fixed, points[2].fixed, points[3].fixed),
                 through(points[0].per_unit, points[1].per_unit, points[2].per_unit, points[3].per_unit)};
  };
  const auto is_close = [&](const Piece& piece) {
    for (const double x : {1.0 / 6.0, 0.5, 5.0 / 6.0}) {
      const Affine exact = value(piece.start + piece.width * x);
      if (std::abs(exact.fixed - evaluate(piece.fixed, x)) > tolerance * greatest_fixed) return false;
      if (std::abs(exact.per_unit - evaluate(piece.per_unit, x)) > tolerance) return false;
    }
    return true;
  };

  std::vector<std::array<double, 2>> waiting{{0.0, LoanValue::highest_pd}};  // start and width, leftmost last
  while (!waiting.empty()) {
    const auto [start, width] = waiting.back();
    waiting.pop_back();
    const Piece piece = piece_over(start, width);
    if (width <= narrowest || is_close(piece)) {
      pieces_.push_back(piece);
    } else {
      waiting.push_back({start + width / 2, width / 2});
      waiting.push_back({start, width / 2});
    }
  }
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    const double start = static_cast<double>(bucket) / buckets;
    const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), start,
                                        [](double pd, const Piece& piece) { return pd < piece.start; });
    first_of_bucket_.push_back(static_cast<std::uint32_t>(after - pieces_.begin() - 1));
  }
  first_of_bucket_.push_back(static_cast<std::uint32_t>(pieces_.size() - 1));
}

Affine ValueCurve::at(Probability pd) const {
  const double inside = std::clamp(pd, 0.0, LoanValue::highest_pd);
  const auto bucket = static_cast<std::size_t>(inside * buckets);
  std::size_t at = first_of_bucket_[bucket];
  for (const std::size_t last = first_of_bucket_[bucket + 1]; at < last && pieces_[at + 1].start <= inside;) ++at;
  const Piece& piece = pieces_[at];
  const double x = (inside - piece.start) / piece.width;
  return {evaluate(piece.fixed, x), evaluate(piece.per_unit, x)};
}

}  // namespace proffer::offers
