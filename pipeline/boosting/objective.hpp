// What trees are fitted to: a loss per row as a function of its margin. Implement it for a likelihood of your own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace proffer::boosting {

/// A loss over the rows of one data set of this rank; it owns or refers to whatever it needs per row (labels, offsets).
/// All functions are independent, may be called from several threads at once, and get the rows first, first + 1, ….
class Objective {
 public:
  virtual ~Objective() = default;
  /// Rows of this rank.
  [[nodiscard]] virtual std::size_t rows() const = 0;
  /// First and second derivative of the loss by the margin, per row; the second ≥ 0. 0 where a row does not take part.
  /// Row weights are not included.
  virtual void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                           std::span<double> curvature) const = 0;
  /// Loss per row, in nats. Row weights are not included.
  virtual void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const = 0;
  /// Whether a row takes part at all (a label that is known). Others have weight 0.
  [[nodiscard]] virtual bool takes_part(std::size_t row) const = 0;
};

/// −log-likelihood of 0/1 labels with P(1) = 1/(1 + exp(−margin)). Labels other than 0 and 1 do not take part. `labels`
/// must outlive it.
[[nodiscard]] std::unique_ptr<Objective> logistic(std::span<const std::uint8_t> labels);

/// The same with P(1) = Φ(margin); it keeps what it needs of the labels. Derivatives are cut off where |margin| > 30,
/// so that a single hopeless row cannot coarsen the grid of all gradients. `portable`: without AVX2, to the same bits.
[[nodiscard]] std::unique_ptr<Objective> probit(std::span<const std::uint8_t> labels, bool portable = false);

}  // namespace proffer::boosting
