// All rows of all ranks in order of score, as exact counts: what every measure of discrimination is computed from.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "evaluation/scores.hpp"
#include "parallel/communicator.hpp"

namespace proffer::evaluation {

/// Weight per class, in units of Ranking::unit().
using Counts = std::array<std::uint64_t, 4>;

/// Rows sorted by score, highest first, ties together: each rank holds one stretch of the order, rank 0 the highest
/// scores. Everything is integer, so what is computed from it is the same at any number of ranks. Memory: 16 bytes per
/// distinct score and class, about three times as much while the rows move.
class Ranking {
 public:
  /// Collective. classes[i] < n_classes ≤ 4 says what row i counts as. `weights` (≥ 0; empty: all 1) are rounded to a
  /// power-of-two grid fine enough for 61 bits in total, which keeps integer weights exact. DataError where a score is
  /// NaN, a class or weight is out of range (on every rank, naming the row counted over ranks).
  Ranking(const parallel::Communicator& comm, Scores scores, std::span<const std::uint8_t> classes, int n_classes,
          std::span<const double> weights = {});

  [[nodiscard]] const parallel::Communicator& comm() const { return comm_; }
  /// Over all ranks.
  [[nodiscard]] const Counts& total() const { return total_; }
  /// On the ranks before this one, which hold higher scores.
  [[nodiscard]] const Counts& before() const { return before_; }
  /// Weight of one count; 1 without weights.
  [[nodiscard]] double unit() const { return unit_; }
  /// Rows of all ranks, whatever their weight.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  /// Independent. visit(score, here) for each distinct score on this rank, highest first; `here` are its Counts.
  template <class Visit>
  void for_each_score(Visit visit) const {
    std::array<std::size_t, std::tuple_size_v<Counts>> at{};
    for (;;) {
      std::uint64_t key = 0;
      bool more = false;
      for (std::size_t c = 0; c < runs_.size(); ++c)
        if (at[c] < runs_[c].size() && (!more || runs_[c][at[c]].key < key)) {
          key = runs_[c][at[c]].key;
          more = true;
        }
      if (!more) return;
      Counts here{};
      for (std::size_t c = 0; c < runs_.size(); ++c)
        if (at[c] < runs_[c].size() && runs_[c][at[c]].key == key) here[c] = runs_[c][at[c]++].count;
      visit(score_of(key), here);
    }
  }

  /// Rows of one class with one score. Keys ascend where scores descend.
  struct Run {
    std::uint64_t key = 0;
    std::uint64_t count = 0;
  };
  [[nodiscard]] static std::uint64_t key_of(double score);
  [[nodiscard]] static double score_of(std::uint64_t key);

 private:
  void exchange();
  void count();

  parallel::Communicator comm_;
  std::array<std::vector<Run>, std::tuple_size_v<Counts>> runs_;
  Counts total_{};
  Counts before_{};
  double unit_ = 1;
  std::uint64_t rows_ = 0;
};

[[nodiscard]] inline std::uint64_t sum_of(const Counts& counts) {
  return counts[0] + counts[1] + counts[2] + counts[3];
}
[[nodiscard]] inline Counts plus(const Counts& a, const Counts& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]};
}

/// Collective. A classes vector of 0 and 1 as labels: counts[0] are negatives, counts[1] positives.
[[nodiscard]] Ranking binary_ranking(const parallel::Communicator& comm, Scores scores,
                                     std::span<const std::uint8_t> labels, std::span<const double> weights = {});

/// Collective. A curve over the number of rows taken from the top, known where a score ends (`value` of the counts
/// taken so far) and straight in between, read at each of `taken` (in units of weight, 0 … total, ascending).
template <class Value>
[[nodiscard]] std::vector<double> curve_at(const Ranking& ranking, std::span<const std::uint64_t> taken, Value value);

namespace detail {
/// Independent. DataError for a NaN score, a class that is not below n_classes, a bad weight; rows count from
/// first_row.
void check_rows(Scores scores, std::span<const std::uint8_t> classes, int n_classes, std::span<const double> weights,
                bool weighted, std::uint64_t first_row);
/// Collective. Every entry is owned by at most one rank, which gives it; others give nothing (and 0 stays where no one
/// does).
[[nodiscard]] std::vector<double> from_owners(const parallel::Communicator& comm,
                                              std::span<const std::optional<double>> mine);
}  // namespace detail

template <class Value>
std::vector<double> curve_at(const Ranking& ranking, std::span<const std::uint64_t> taken, Value value) {
  std::vector<std::optional<double>> mine(taken.size());
  Counts counts = ranking.before();
  std::size_t next = 0;
  // A point exactly at the end of a score belongs to that score, so that it has one owner; 0 is nobody's.
  while (next < taken.size() && taken[next] <= sum_of(counts)) ++next;
  ranking.for_each_score([&](double, const Counts& here) {
    const std::uint64_t start = sum_of(counts);
    const std::uint64_t width = sum_of(here);
    const Counts after = plus(counts, here);
    for (; next < taken.size() && taken[next] <= start + width; ++next) {
      const double low = value(counts);
      const double share = static_cast<double>(taken[next] - start) / static_cast<double>(width);
      mine[next] = share == 1 ? value(after) : low + share * (value(after) - low);
    }
    counts = after;
  });
  return detail::from_owners(ranking.comm(), mine);
}

}  // namespace proffer::evaluation
