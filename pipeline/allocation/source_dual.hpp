// The dual over a source that is read anew for every evaluation: slow, but in no memory, and exact.
#pragma once

#include <cstdint>
#include <vector>

#include "allocation/dual.hpp"

namespace proffer::allocation {

/// Evaluations are collective and give the same bits at any number of ranks: sums are exact.
class SourceDual : public DualFunction {
 public:
  /// Scales are those of `sample`, a part `share` of the rows.
  SourceDual(const parallel::Communicator& comm, const PairSource& source, const Rules& rules, const StoreDual& sample,
             double share, bool with_values);
  [[nodiscard]] std::span<const UseRange> ranges() const override { return ranges_; }
  [[nodiscard]] std::vector<double> multiplier_scale() const override { return scale_; }
  [[nodiscard]] double value_scale() const override { return unit_; }
  [[nodiscard]] DualPoint evaluate(std::span<const double> lambda) override;
  [[nodiscard]] std::uint64_t evaluations() const { return evaluations_; }
  /// Limits that are to be taken as absent keep λ_k = 0.
  void leave_out(std::size_t limit) { ranges_[limit] = {}; }

 private:
  const parallel::Communicator& comm_;
  const PairSource& source_;
  const Rules& rules_;
  std::vector<double> scale_;
  double unit_;
  bool with_values_;
  std::vector<UseRange> ranges_;
  std::uint64_t evaluations_ = 0;
};

}  // namespace proffer::allocation
