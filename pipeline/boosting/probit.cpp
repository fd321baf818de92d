#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "boosting/objective.hpp"
#include "foundation/lanes.hpp"
#include "statistics/inverse_mills_table.hpp"
#include "statistics/normal.hpp"

namespace proffer::boosting {
namespace {

using Mills = statistics::InverseMillsTable;
constexpr bool little_endian = std::endian::native == std::endian::little;

/// Rows and where their derivatives go.
struct Piece {
  const std::int8_t* sign;  ///< 1 or −1 by the label, 0 where it is not known
  const float* margin;
  double* gradient;
  double* curvature;
};

/// −log Φ(w) with w = ±margin: derivative −λ(w), second derivative λ(w)(λ(w) + w), λ = φ/Φ. Times 0 where no label is.
[[gnu::always_inline]] inline void four_rows(const Mills& mills, const Piece& piece) {
  std::int32_t signs = 0;
  Floats margins;
  std::memcpy(&signs, piece.sign, sizeof signs);
  load(piece.margin, margins);
  constexpr Integers to_the_top = little_endian ? Integers{24, 16, 8, 0} : Integers{0, 8, 16, 24};
  const Integers spread = ((Integers{} + signs) << to_the_top) >> 24;  // each byte in a number of its own
  const Doubles sign = __builtin_convertvector(spread, Doubles), zero{};
  const Doubles high = Doubles{} + Mills::reach, low = -high;
  Doubles margin = __builtin_convertvector(margins, Doubles);
  margin = margin > high ? high : margin;
  margin = margin < low ? low : margin;
  const Doubles w = sign * margin;
  Doubles ratio = w;
  mills.of_four(ratio);
  const Doubles bend = ratio * (ratio + w) * (sign * sign);
  store(Doubles(-sign * ratio), piece.gradient);
  store(Doubles(bend < zero ? zero : bend), piece.curvature);
}

[[gnu::always_inline]] inline void all_rows(const Mills& mills, const Piece& rows_of, std::size_t rows) {
  const Piece piece = rows_of;  // which what is stored cannot change
  std::size_t i = 0;
  for (; i + lanes <= rows; i += lanes)
    four_rows(mills, {piece.sign + i, piece.margin + i, piece.gradient + i, piece.curvature + i});
  if (i == rows) return;
  std::array<std::int8_t, lanes> sign{};
  std::array<float, lanes> margin{};
  std::array<double, lanes> gradient{}, curvature{};
  std::copy_n(piece.sign + i, rows - i, sign.begin());
  std::copy_n(piece.margin + i, rows - i, margin.begin());
  four_rows(mills, {sign.data(), margin.data(), gradient.data(), curvature.data()});
  std::copy_n(gradient.begin(), rows - i, piece.gradient + i);
  std::copy_n(curvature.begin(), rows - i, piece.curvature + i);
}

void all_rows_portable(const Mills& mills, const Piece& piece, std::size_t rows) {
  all_rows(mills, piece, rows);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void all_rows_avx2(const Mills& mills, const Piece& piece, std::size_t rows) {
  all_rows(mills, piece, rows);
}
#else
constexpr auto all_rows_avx2 = all_rows_portable;
#endif

class Probit : public Objective {
 public:
  Probit(std::span<const std::uint8_t> labels, bool portable)
      : all_rows_(!portable && avx2_runs_here() ? all_rows_avx2 : all_rows_portable) {
    signs_.reserve(labels.size());
    for (const std::uint8_t label : labels) signs_.push_back(sign_of(label));
  }
  [[nodiscard]] std::size_t rows() const override { return signs_.size(); }
  [[nodiscard]] bool takes_part(std::size_t row) const final { return signs_[row] != 0; }
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    all_rows_(mills_, {signs_.data() + first, margins.data(), gradient.data(), curvature.data()}, margins.size());
  }
  void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const override {
    for (std::size_t i = 0; i < margins.size(); ++i)
      loss[i] =
          takes_part(first + i) ? -statistics::log_normal_cdf(signs_[first + i] * static_cast<double>(margins[i])) : 0;
  }

 private:
  static std::int8_t sign_of(std::uint8_t label) {
    if (label > 1) return 0;
    return label == 1 ? 1 : -1;
  }

  Mills mills_;
  std::vector<std::int8_t> signs_;
  void (*all_rows_)(const Mills&, const Piece&, std::size_t);
};

}  // namespace

std::unique_ptr<Objective> probit(std::span<const std::uint8_t> labels, bool portable) {
  return std::make_unique<Probit>(labels, portable);
}

}  // namespace proffer::boosting
