// The dual near given multipliers, looked at only where something can change: makes most passes over the rows cheap.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "allocation/dual.hpp"
#include "allocation/multiplier_box.hpp"
#include "allocation/newton.hpp"

namespace proffer::allocation {

/// g on a box. A pair of which the reduced value cannot be the row's largest anywhere in the box is dropped; a row with
/// one option left is fixed and becomes part of a linear function. Within the box the value is that of the whole dual
/// (to rounding); outside it, it is no more than a lower bound of it. Evaluations are collective, and the same at any
/// number of ranks and threads.
class WindowDual : public DualFunction {
 public:
  /// Collective: one pass over the rows of `store`.
  WindowDual(const parallel::Communicator& comm, const PairStore& store, const MultiplierBox& box, int threads,
             double share = 1.0);
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

/// Where the dual of a store is least, looked for near given multipliers.
struct NearSearch {
  const PairStore* store = nullptr;
  double share = 1.0;  ///< of the rows of the problem
  double tolerance = 1e-10;
  MultiplierBox outer;   ///< how far it may go; empty = anywhere
  bool roughly = false;  ///< second-order steps are enough where they converge, else what cutting planes reach
  int threads = 1;
};
enum class NearEnd { inside, at_outer_face, given_up };
struct NearResult {
  NearEnd end = NearEnd::given_up;
  std::vector<double> lambda;
  std::uint64_t windows = 0;
};
/// Collective. Minimises within boxes around the best multipliers until the minimum lies inside one: as g is convex, it
/// is then the minimum everywhere. `half_width` is that of the first box.
/// `curvature` of the whole problem: used where known, found where not.
[[nodiscard]] NearResult minimise_near(const parallel::Communicator& comm, const NearSearch& search,
                                       std::vector<double> lambda, std::vector<double> half_width,
                                       Curvature& curvature);
/// `relative` times the size of λ_k, but not less than that times a little of a typical multiplier.
[[nodiscard]] std::vector<double> widths_around(const StoreDual& dual, std::span<const double> lambda, double relative);

}  // namespace proffer::allocation
