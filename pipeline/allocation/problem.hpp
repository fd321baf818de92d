// The choice problem: maximise Σ v_ij x_ij over binary x with at most (or exactly) one offer j per row i, subject to
// K ≤ 64 limits Σ a^k_ij x_ij {≤, ≥, =} b_k. Rows are spread over ranks. Knows nothing of loans or files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace proffer::allocation {

inline constexpr std::size_t max_limits = 64;
inline constexpr std::size_t max_offers = 256;

enum class Sense : std::uint8_t { at_most = 0, at_least = 1, equal = 2 };
enum class Choose : std::uint8_t { at_most_one = 0, exactly_one = 1 };

/// Limit::quantity of a limit that counts: every pair has quantity 1.
inline constexpr std::size_t unit_quantity = static_cast<std::size_t>(-1);

/// One limit. The use of pair (i, j) is the double a_ij = weight[j] · q_ij (one rounding; exact for weights 0, ±1,
/// 2^k), with q_ij from the source's quantity of that number, or 1. It is 0 where the row is not counted (see
/// PairBatch::counted_by). Many limits may share one quantity: the cost of a pass grows with quantities, not limits.
struct Limit {
  std::string name;
  Sense sense = Sense::at_most;
  double bound = 0.0;
  /// Use is within the limit when use ≤ bound + tolerance (≥ bound − tolerance, or both), compared exactly.
  double tolerance = 0.0;
  std::size_t quantity = unit_quantity;
  std::vector<double> weight;  ///< [offers], empty = 1 for every offer
};

/// What does not depend on rows; the same on every rank.
struct Rules {
  Choose choose = Choose::at_most_one;
  std::vector<Limit> limits;
};

/// Sixteen bytes that go with a row and mean nothing here.
using RowNote = std::array<std::byte, 16>;

/// Rows of this rank, in order. Spans live until `visit`'s callback returns. Numbers of ineligible pairs are ignored.
struct PairBatch {
  std::size_t rows = 0;
  std::span<const std::uint64_t> id;                ///< [rows], unique over all ranks: decides ties
  std::span<const double> value;                    ///< [rows, offers]
  std::vector<std::span<const double>> quantities;  ///< [quantities] of [rows, offers]
  std::span<const std::uint8_t> eligible;           ///< [rows, offers], 0 = not to be chosen; empty = all eligible
  std::span<const std::uint64_t> counted_by;        ///< [rows], bit k: limit k counts this row; empty = all do
  /// Whatever the caller wants back with a row or with a pair that was kept (see Population); empty = nothing.
  std::span<const RowNote> row_note;         ///< [rows]
  std::span<const std::uint64_t> pair_note;  ///< [rows, offers]
};

/// Where this rank's pairs come from: memory, a file, or computed on the way. Independent (no collectives inside).
class PairSource {
 public:
  virtual ~PairSource() = default;
  [[nodiscard]] virtual std::size_t rows() const = 0;        ///< of this rank; may be 0
  [[nodiscard]] virtual std::size_t offers() const = 0;      ///< 1 … 256, the same on every rank
  [[nodiscard]] virtual std::size_t quantities() const = 0;  ///< the same on every rank
  using Take = std::function<void(const PairBatch&)>;
  using Wanted = std::function<bool(std::uint64_t id)>;
  /// Calls `take` with every row once, in the same order each time; with `wanted`, only with the rows whose id it
  /// accepts.
  virtual void visit(const Take& take, const Wanted& wanted = {}) const = 0;
};

/// A source wholly in memory.
class MemorySource : public PairSource {
 public:
  std::size_t offer_count = 0;
  std::vector<std::uint64_t> id;
  std::vector<double> value;                  ///< [rows, offers]
  std::vector<std::vector<double>> quantity;  ///< [quantities] of [rows, offers]
  std::vector<std::uint8_t> eligible;         ///< [rows, offers] or empty
  std::vector<std::uint64_t> counted_by;      ///< [rows] or empty
  std::vector<RowNote> row_note;              ///< [rows] or empty
  std::vector<std::uint64_t> pair_note;       ///< [rows, offers] or empty

  [[nodiscard]] std::size_t rows() const override { return id.size(); }
  [[nodiscard]] std::size_t offers() const override { return offer_count; }
  [[nodiscard]] std::size_t quantities() const override { return quantity.size(); }
  void visit(const Take& take, const Wanted& wanted = {}) const override;

 private:
  [[nodiscard]] PairBatch part(std::size_t first, std::size_t count) const;
};

}  // namespace proffer::allocation
