// The dual of a core whose options may be taken between so many and so many times (a node of the search).
#pragma once

#include <memory>
#include <vector>

#include "allocation/bundle.hpp"
#include "allocation/core.hpp"

namespace proffer::allocation {

/// How often each option may be taken.
struct AmountBounds {
  Amounts low, high;
};
[[nodiscard]] AmountBounds free_bounds(const Core& core);

/// A choice of the core and the line it gives.
struct Pick {
  Amounts amounts;
  double value = 0.0;       ///< of the core's options
  std::vector<double> use;  ///< [limits]
  KnownLine line;
};

/// Serial: every rank evaluates the same. Remembers every choice it met, under the point's tag.
class CoreDual : public DualFunction {
 public:
  CoreDual(const Core& core, const AmountBounds& bounds);
  [[nodiscard]] std::span<const UseRange> ranges() const override { return core_.ranges; }
  [[nodiscard]] std::vector<double> multiplier_scale() const override { return scale_; }
  [[nodiscard]] double value_scale() const override { return unit_; }
  [[nodiscard]] DualPoint evaluate(std::span<const double> lambda) override;
  /// Takes over a choice of another node if these bounds allow it.
  void adopt(const std::shared_ptr<const Pick>& pick);
  [[nodiscard]] const std::vector<std::shared_ptr<const Pick>>& picks() const { return picks_; }
  [[nodiscard]] std::vector<KnownLine> known_lines() const;
  /// False where the bounds themselves rule out every choice.
  [[nodiscard]] bool possible() const { return possible_; }
  /// Reduced values of all options at λ.
  void reduced_values(std::span<const double> lambda, std::vector<double>& reduced) const;

 private:
  void take_best(std::size_t type, const std::vector<double>& reduced, Amounts& amounts);

  const Core& core_;
  const AmountBounds& bounds_;
  std::vector<double> scale_;
  double unit_ = 1.0;
  double value_max_ = 0.0, rows_ = 0.0;
  std::vector<double> use_max_;
  bool possible_ = true;
  std::vector<double> reduced_;
  std::vector<std::size_t> order_;
  std::vector<std::shared_ptr<const Pick>> picks_;
};

}  // namespace proffer::allocation
