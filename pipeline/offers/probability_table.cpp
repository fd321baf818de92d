#include "offers/probability_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace proffer::offers {
namespace {

constexpr double edge = 16, per_unit = 32, half_width = 0.5 / per_unit;
constexpr std::size_t intervals = static_cast<std::size_t>(2 * edge * per_unit);
constexpr double tolerance = 0x1p-36, doubt = 0x1p-34;
constexpr std::size_t points = 6, block = 512;

double evaluate(const std::array<double, points>& c, double t) {
  return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * c[5]))));
}

double middle_of(std::size_t interval) {
  return -edge + (static_cast<double>(interval) + 0.5) / per_unit;
}

}  // namespace

ProbabilityTable::ProbabilityTable(Exact exact) : exact_(std::move(exact)), pieces_(intervals) {
  for (std::size_t i = 0; i < intervals; ++i) {
    pieces_[i] = fit(middle_of(i));
    if (!is_close(middle_of(i), pieces_[i])) pieces_[i].fill(std::numeric_limits<double>::quiet_NaN());
  }
}

/// Newton's interpolation through the function at floats near the Chebyshev points, then in powers.
ProbabilityTable::Quintic ProbabilityTable::fit(double middle) const {
  std::array<double, points> at{}, newton{};
  for (std::size_t i = 0; i < points; ++i) {
    const double place = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.5) / points);
    const auto margin = static_cast<float>(middle + half_width * place);
    at[i] = (static_cast<double>(margin) - middle) / half_width;
    newton[i] = exact_(margin);
  }
  for (std::size_t order = 1; order < points; ++order)
    for (std::size_t i = points - 1; i >= order; --i) newton[i] = (newton[i] - newton[i - 1]) / (at[i] - at[i - order]);
  Quintic powers{};
  for (std::size_t i = points; i-- > 0;) {  // powers = powers · (t − at[i]) + newton[i]
    for (std::size_t p = points - 1; p > 0; --p) powers[p] = powers[p - 1] - at[i] * powers[p];
    powers[0] = newton[i] - at[i] * powers[0];
  }
  return powers;
}

bool ProbabilityTable::is_close(double middle, const Quintic& piece) const {
  constexpr int places = 12;
  for (int i = 0; i <= places; ++i) {
    const auto margin = static_cast<float>(middle + half_width * (2.0 * i / places - 1.0));
    const double value = exact_(margin);
    const double found = evaluate(piece, (static_cast<double>(margin) - middle) / half_width);
    if (!(std::abs(found - value) <= tolerance * std::abs(value))) return false;
  }
  return true;
}

void ProbabilityTable::apply(std::span<float> margins) const {
  std::array<float, block> found;
  for (std::size_t first = 0; first < margins.size(); first += block) {
    const auto some = margins.subspan(first, std::min(block, margins.size() - first));
    bool all = true;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const double place = (static_cast<double>(some[i]) + edge) * per_unit;
      const bool inside = place >= 0 && place < intervals;  // false for NaN too
      const auto interval = static_cast<std::uint32_t>(inside ? place : 0.0);
      const double t = 2.0 * (place - static_cast<double>(interval)) - 1.0;
      const double value = evaluate(pieces_[interval], t);
      const auto lowest = static_cast<float>(value - value * doubt);
      const bool sure = inside && lowest == static_cast<float>(value + value * doubt);
      found[i] = sure ? lowest : std::numeric_limits<float>::quiet_NaN();
      all = all && found[i] == found[i];
    }
    if (!all)
      for (std::size_t i = 0; i < some.size(); ++i)
        if (found[i] != found[i]) found[i] = static_cast<float>(exact_(some[i]));
    std::copy_n(found.begin(), some.size(), some.begin());
  }
}

std::size_t ProbabilityTable::tabulated() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(pieces_, [](const Quintic& piece) { return piece[0] == piece[0]; }));
}

}  // namespace proffer::offers
