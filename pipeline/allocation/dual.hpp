// The Lagrangian dual g(λ) = Σ_k max(λ_k·low_k, λ_k·high_k) + Σ_i max_j (v_ij − λᵀa_ij): convex, piecewise linear,
// and never below the value of a feasible choice. λ_k ≥ 0 where only `high` is finite, ≤ 0 where only `low` is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "allocation/pair_store.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// g at one λ: its value, how far the true g may lie above it (rounding), and the line that touches it there:
/// g(μ) ≥ intercept + slope·μ for every μ.
struct DualPoint {
  std::vector<double> lambda;
  double value = 0.0;
  double error = 0.0;
  double intercept = 0.0;
  std::vector<double> slope;
  std::size_t tag = 0;  ///< names the choice behind the line, for functions that remember it

  /// g(λ) is surely at most this.
  [[nodiscard]] double bound() const;
};

/// What the bundle method minimises.
class DualFunction {
 public:
  virtual ~DualFunction() = default;
  [[nodiscard]] virtual std::span<const UseRange> ranges() const = 0;      ///< [limits]
  [[nodiscard]] virtual std::vector<double> multiplier_scale() const = 0;  ///< [limits] size of a typical λ_k
  [[nodiscard]] virtual double value_scale() const = 0;                    ///< size of a typical g
  [[nodiscard]] virtual DualPoint evaluate(std::span<const double> lambda) = 0;
};

/// Σ_k of the limits' part of g, with the slope's part written to `slope`.
[[nodiscard]] double limits_part(std::span<const UseRange> ranges, std::span<const double> lambda,
                                 std::span<double> slope);

/// λ_k's smallest and largest sensible values: of one sign where only one side of the limit is given.
[[nodiscard]] double natural_lowest(const UseRange& range);
[[nodiscard]] double natural_highest(const UseRange& range);

/// The dual of the rows of all ranks. Every evaluation is collective and gives the same bits at any number of ranks
/// and threads: sums are 64-bit fixed point, and `error` covers what they round away.
class StoreDual : public DualFunction {
 public:
  /// `share`: bounds are multiplied by it (a sample's share of the rows). `with_values` false: all v are taken as 0,
  /// so that g(λ) < 0 proves that nothing is feasible (Farkas).
  StoreDual(const parallel::Communicator& comm, const PairStore& store, int threads, double share = 1.0,
            bool with_values = true);
  [[nodiscard]] std::span<const UseRange> ranges() const override { return ranges_; }
  [[nodiscard]] std::vector<double> multiplier_scale() const override;
  [[nodiscard]] double value_scale() const override;
  [[nodiscard]] DualPoint evaluate(std::span<const double> lambda) override;
  [[nodiscard]] std::uint64_t evaluations() const { return evaluations_; }
  /// Limits that are to be taken as absent keep λ_k = 0.
  void leave_out(std::size_t limit) { ranges_[limit] = {}; }

 private:
  const parallel::Communicator& comm_;
  const PairStore& store_;
  int threads_;
  bool with_values_;
  std::vector<UseRange> ranges_;
  std::vector<int> use_exponent_;  ///< fixed point of use k counts units of 2^-exponent
  std::uint64_t evaluations_ = 0;
};

/// λ turned into prices per (group of rows, quantity, offer), so that a pair's reduced value costs one product per
/// quantity however many limits there are.
class Prices {
 public:
  /// Of::sizes: |λ_k a_ij| takes the place of λ_k a_ij (quantities of either sign are allowed for).
  enum class Of { uses, sizes };
  Prices(const PairStore& store, std::span<const double> lambda, Of of = Of::uses) : store_(store) { set(lambda, of); }
  explicit Prices(const PairStore& store) : store_(store) {}
  /// Other multipliers, and the groups of rows there are by now.
  void set(std::span<const double> lambda, Of of = Of::uses);
  /// Reduced values of the pairs of row i, in `out`; `value_factor` 0 leaves the values out. Returns their number.
  std::size_t reduced_values(std::size_t i, double value_factor, std::span<double> out) const;

 private:
  const PairStore& store_;
  bool sizes_ = false;
  std::vector<double> price_;  ///< [groups, quantities + 1, offers]; the last "quantity" is the count
};

}  // namespace proffer::allocation
