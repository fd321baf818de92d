// The core of the problem: the rows whose choice is not clear at the best multipliers, few and different enough to be
// held by every rank. Rows that look the same are one type with a count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "allocation/dual.hpp"
#include "allocation/pair_store.hpp"
#include "parallel/communicator.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::allocation {

/// How many rows of a type take each of its options; one number per option of the core.
using Amounts = std::vector<std::uint32_t>;

/// The same on every rank. Options of type t are first[t] … first[t+1]−1.
struct Core {
  const Rules* rules = nullptr;
  bool complete = false;                      ///< holds every option of every row
  double window = 0.0;                        ///< options left out lose more than this at λ
  std::vector<parallel::ExactSum> fixed_use;  ///< [limits] use of the rows outside the core
  parallel::ExactSum fixed_value;             ///< their value
  std::vector<UseRange> ranges;               ///< [limits] what they leave for the core, rounded
  std::vector<double> fixed_size;             ///< [limits] size of the numbers that were subtracted
  std::vector<std::uint32_t> count;           ///< [types] rows that look like this
  std::vector<std::size_t> first;             ///< [types + 1]
  std::vector<std::int32_t> offer;            ///< [options] −1 = none
  std::vector<double> value;                  ///< [options]
  std::vector<double> use;                    ///< [options, limits]

  [[nodiscard]] std::size_t types() const { return count.size(); }
  [[nodiscard]] std::size_t options() const { return offer.size(); }
  [[nodiscard]] std::size_t limits() const { return ranges.size(); }
  [[nodiscard]] const double* uses(std::size_t option) const { return use.data() + option * ranges.size(); }
};

/// This rank's rows in relation to the core.
struct CoreRows {
  std::vector<std::int32_t> choice;               ///< [rows] of rows outside the core; −2 inside it
  std::vector<std::vector<std::size_t>> rows_of;  ///< [types] this rank's rows of each type
};

struct CoreAndRows {
  Core core;
  CoreRows rows;
};

/// Collective. Everything: for problems small enough to be searched as a whole.
[[nodiscard]] CoreAndRows whole_core(const parallel::Communicator& comm, const PairStore& store);
/// Collective. The rows with two or more options that lose no more than a window at λ, which is as wide as about
/// `types_wanted` types allow, each with those options only. Nothing where many more rows than that are exactly tied
/// though they differ, unless `however_many`.
[[nodiscard]] std::optional<CoreAndRows> core_at(const parallel::Communicator& comm, const PairStore& store,
                                                 std::span<const double> lambda, std::uint64_t types_wanted,
                                                 bool however_many);

/// Collective. This rank's choice when the core's options are taken so often: within a type in order of id.
[[nodiscard]] std::vector<std::int32_t> spread(const parallel::Communicator& comm, const PairStore& store,
                                               const Core& core, const CoreRows& rows, const Amounts& amounts);

/// Collective. The reverse: how often a choice takes each option of the core. Every row of the core must have chosen
/// one of its options.
[[nodiscard]] Amounts amounts_of(const parallel::Communicator& comm, const Core& core, const CoreRows& rows,
                                 std::span<const std::int32_t> choice);

/// Whether every limit holds, in exact arithmetic.
[[nodiscard]] bool holds_exactly(const Core& core, const Amounts& amounts);
/// Whether an exact use is within a limit and its tolerance. Independent.
[[nodiscard]] bool within(const Limit& limit, const parallel::ExactSum& use);
/// Value of the core's options taken so often, without the fixed rows (plain double arithmetic in order of options).
[[nodiscard]] double core_value(const Core& core, const Amounts& amounts);

}  // namespace proffer::allocation
