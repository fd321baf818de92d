// The eligible pairs of this rank, kept compactly for many passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "allocation/multiplier_box.hpp"
#include "allocation/problem.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

/// A limit as the range its use must lie in; an open side is ±∞. Rounded outwards where a tolerance is added.
struct UseRange {
  double low = -infinity;
  double high = infinity;
};
[[nodiscard]] UseRange range_of(const Limit& limit);

/// Facts over the rows of all ranks; the same on every rank.
struct PairFacts {
  std::uint64_t rows = 0;
  std::uint64_t pairs = 0;
  double value_max = 0.0;        ///< largest |v| of an eligible pair
  double value_mean = 0.0;       ///< mean |v| of eligible pairs
  std::vector<double> use_max;   ///< [limits] largest |a|
  std::vector<double> use_mean;  ///< [limits] mean |a| where not 0 (0: never)
  double lowest_value = 0.0;     ///< no choice, feasible or not, is worth less; rounded downwards
  bool someone_without = false;  ///< exactly_one and a row without any eligible offer …
  std::uint64_t without_id = 0;  ///< … the lowest id of such a row
};

/// Rows of one rank. Pairs of row i are first[i] … first[i+1]−1, in order of offers.
struct PairStore {
  std::size_t offers = 0;
  std::vector<std::uint64_t> id;              ///< [rows]
  std::vector<std::uint32_t> first{0};        ///< [rows + 1]
  std::vector<std::uint8_t> offer;            ///< [pairs]
  std::vector<double> value;                  ///< [pairs]
  std::vector<std::vector<double>> quantity;  ///< [used quantities] of [pairs]
  std::vector<std::uint32_t> group;           ///< [rows] index into group_limits
  std::vector<std::uint64_t> group_limits;    ///< which limits count the rows of this group
  std::vector<std::size_t> limit_quantity;    ///< [limits] index into quantity, or unit_quantity
  std::vector<RowNote> row_note;              ///< [rows] or empty
  std::vector<std::uint64_t> pair_note;       ///< [pairs] or empty
  /// Where pairs were left out: each of them loses more than this at every λ of the box they were left out for.
  double left_out_loses = infinity;
  const Rules* rules = nullptr;
  PairFacts facts;

  [[nodiscard]] std::size_t rows() const { return id.size(); }
  /// a^k of pair p of row i.
  [[nodiscard]] double use(std::size_t k, std::size_t i, std::size_t p) const {
    if (!(group_limits[group[i]] >> k & 1U)) return 0.0;
    const Limit& limit = rules->limits[k];
    const double weight = limit.weight.empty() ? 1.0 : limit.weight[offer[p]];
    return limit_quantity[k] == unit_quantity ? weight : weight * quantity[limit_quantity[k]][p];
  }
  /// The pair of row i and an offer; `no_pair` where it is not kept.
  [[nodiscard]] std::size_t find(std::size_t i, std::int32_t wanted) const;

  /// A store without rows that reads the same limits.
  [[nodiscard]] PairStore empty_copy() const;
  /// Appends row i of a store with the same groups, with these of its pairs.
  void append(const PairStore& from, std::size_t i, std::span<const std::size_t> pairs);
  /// The pairs appended since the last row are those of the next one.
  void close_row();
};
inline constexpr auto no_pair = static_cast<std::size_t>(-1);

/// Collective. Reads the source once and keeps every pair of the rows that `wanted` accepts (empty: of all). Errors as
/// in `solve`. `rules` must outlive the store.
[[nodiscard]] PairStore read_pairs(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
                                   const PairSource::Wanted& wanted = {});
/// Collective. Reads the source once and keeps every row, but only the pairs that some multipliers of the box make the
/// best or the second best option of their row, or that come close to it (docs/methods.md, "The choice").
[[nodiscard]] PairStore read_pairs_near(const parallel::Communicator& comm, const PairSource& source,
                                        const Rules& rules, const MultiplierBox& box, double margin);

/// Independent. Reads the source once, batch by batch, keeping none; `facts` of the parts are not set.
void visit_parts(const PairSource& source, const Rules& rules, const std::function<void(const PairStore&)>& take);

/// Which rows a hash sample takes: the same on any partition. Independent of `part_of_sample`.
[[nodiscard]] bool in_sample(std::uint64_t id, double share);
/// Which of `parts` disjoint parts of about the same size a row belongs to.
[[nodiscard]] std::size_t part_of_sample(std::uint64_t id, std::size_t parts);
/// Collective. The rows of a store that `wanted` accepts.
[[nodiscard]] PairStore rows_where(const parallel::Communicator& comm, const PairStore& store,
                                   const PairSource::Wanted& wanted);

}  // namespace proffer::allocation
