// The dual near given multipliers, looked at only where something can change: makes most passes over the rows cheap.
#pragma once

#include <span>
#include <vector>

#include "allocation/dual.hpp"

namespace proffer::allocation {

/// A box of multipliers: |μ_k − centre_k| ≤ half_width_k.
struct MultiplierBox {
  std::vector<double> centre, half_width;  ///< [limits]
};

/// g on a box. A pair of which the reduced value cannot be the row's largest anywhere in the box is dropped; a row with
/// one option left is fixed and becomes part of a linear function. Within the box the value is that of the whole dual
/// (to rounding); outside it, it is no more than a lower bound of it. Evaluations are collective, and the same at any
/// number of ranks and threads.
class WindowDual : public DualFunction {
 public:
  /// Collective: one pass over the rows of `store`.
  WindowDual(const parallel::Communicator& comm, const PairStore& store, const MultiplierBox& box, int threads);
  [[nodiscard]] std::span<const UseRange> ranges() const override { return whole_.ranges(); }
  [[nodiscard]] std::vector<double> multiplier_scale() const override { return whole_.multiplier_scale(); }
  [[nodiscard]] double value_scale() const override { return whole_.value_scale(); }
  [[nodiscard]] DualPoint evaluate(std::span<const double> lambda) override;
  /// Rows of all ranks that are not fixed.
  [[nodiscard]] std::uint64_t open_rows() const { return open_.facts.rows; }

 private:
  StoreDual whole_;           ///< for scales and ranges only
  double fixed_value_ = 0.0;  ///< of the rows that are decided
  std::vector<double> fixed_use_;
  PairStore open_;  ///< undecided rows with the options that count
  StoreDual open_dual_;
};

}  // namespace proffer::allocation
