// A population that is read and pruned once and can then be solved for many right-hand sides.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "allocation/problem.hpp"
#include "allocation/solver.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// Keeps what matters of a source: of small populations (below 4 · Options::sample_rows rows) every pair; of large ones
/// those that can be best or second best near the multipliers that a hash sample promises. Limits' bounds enter the
/// dual linearly, so what is kept serves any bounds whose multipliers lie there; where they do not, the source is read
/// again. `comm` and `source` must outlive it.
class Population {
 public:
  /// Independent: nothing is read yet. `rules` and `options` must be the same on every rank. UsageError for starting
  /// multipliers that do not fit.
  Population(const parallel::Communicator& comm, const PairSource& source, Rules rules, Options options = {});
  ~Population();
  Population(Population&&) noexcept;
  Population& operator=(Population&&) noexcept;

  /// Bounds ([limits]) for which it will be solved later: what is kept then serves these too, as far as can be told.
  void expect(std::vector<std::vector<double>> bounds);
  /// Collective. As `solve` of the source, without explanations: see `explain`. Starts from the last multipliers.
  [[nodiscard]] Solution solve();
  /// Collective. The same with other right-hand sides, one per limit.
  [[nodiscard]] Solution solve(std::span<const double> bounds);

  /// Independent. What choice and runner-up of these rows are worth at the solution's multipliers.
  [[nodiscard]] Explanation explain(const Solution& solution, std::size_t first, std::size_t count) const;

  [[nodiscard]] std::size_t rows() const;  ///< of this rank
  [[nodiscard]] std::uint64_t id(std::size_t row) const;
  /// What the source gave with the row, and with a pair that some solution chose; zeros where it gave nothing.
  [[nodiscard]] const RowNote& row_note(std::size_t row) const;
  [[nodiscard]] std::uint64_t pair_note(std::size_t row, std::int32_t offer) const;
  [[nodiscard]] double value(std::size_t row, std::int32_t offer) const;
  /// Pairs kept by this rank, and times the whole source was read by now.
  [[nodiscard]] std::uint64_t pairs_kept() const;
  [[nodiscard]] std::uint64_t readings() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proffer::allocation
