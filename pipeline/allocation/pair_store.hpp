// The eligible pairs of this rank, kept compactly for many passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "allocation/problem.hpp"
#include "parallel/communicator.hpp"

namespace proffer::allocation {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

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
  std::vector<std::size_t> first;             ///< [rows + 1]
  std::vector<std::uint8_t> offer;            ///< [pairs]
  std::vector<double> value;                  ///< [pairs]
  std::vector<std::vector<double>> quantity;  ///< [used quantities] of [pairs]
  std::vector<std::uint32_t> group;           ///< [rows] index into group_limits
  std::vector<std::uint64_t> group_limits;    ///< which limits count the rows of this group
  std::vector<std::size_t> limit_quantity;    ///< [limits] index into quantity, or unit_quantity
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
};

/// Collective. Reads the source once. Errors as in `solve`. `rules` must outlive the store.
[[nodiscard]] PairStore read_pairs(const parallel::Communicator& comm, const PairSource& source, const Rules& rules);

/// Collective. The rows whose hash of id falls below rows_wanted / rows of all ranks: the same on any partition.
[[nodiscard]] PairStore sample_rows(const parallel::Communicator& comm, const PairStore& store,
                                    std::uint64_t rows_wanted);

}  // namespace proffer::allocation
