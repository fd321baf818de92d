// Problems for tests, made whole on every rank and dealt out to the ranks as a test likes.
#pragma once

#include <cmath>
#include <functional>
#include <vector>

#include "allocation/solver.hpp"
#include "parallel/collectives.hpp"
#include "parallel/partition.hpp"
#include "parallel/random.hpp"

namespace proffer::allocation::test {

struct Problem {
  MemorySource all;
  Rules rules;
};

/// The rows begin … end of a source.
inline MemorySource rows_of(const MemorySource& all, std::size_t begin, std::size_t end) {
  const auto cut = [](const auto& from, std::size_t first, std::size_t last) {
    return std::decay_t<decltype(from)>(from.begin() + static_cast<std::ptrdiff_t>(first),
                                        from.begin() + static_cast<std::ptrdiff_t>(last));
  };
  const std::size_t m = all.offer_count;
  MemorySource part;
  part.offer_count = m;
  part.id = cut(all.id, begin, end);
  part.value = cut(all.value, begin * m, end * m);
  for (const auto& q : all.quantity) part.quantity.push_back(cut(q, begin * m, end * m));
  if (!all.eligible.empty()) part.eligible = cut(all.eligible, begin * m, end * m);
  if (!all.counted_by.empty()) part.counted_by = cut(all.counted_by, begin, end);
  if (!all.row_note.empty()) part.row_note = cut(all.row_note, begin, end);
  if (!all.pair_note.empty()) part.pair_note = cut(all.pair_note, begin * m, end * m);
  return part;
}

/// How rows go to ranks: evenly, or unevenly with ranks that get none.
enum class Deal { even, only_last, uneven };
inline parallel::RowRange dealt(std::size_t rows, int rank, int size, Deal deal) {
  if (deal == Deal::even) return parallel::part_of(rows, rank, size);
  if (deal == Deal::only_last) return rank == size - 1 ? parallel::RowRange{0, rows} : parallel::RowRange{0, 0};
  // Rank 0 gets three quarters, rank 1 nothing, the rest share.
  const std::size_t first = rows * 3 / 4;
  if (rank == 0) return {0, size <= 2 ? rows : first};
  if (rank == 1) return {first, first};
  const auto part = parallel::part_of(rows - first, rank - 2, size - 2);
  return {first + part.begin, first + part.end};
}

/// Every rank's answers one after another, in the order of rows.
struct WholeSolution {
  std::vector<std::int32_t> choice, runner_up;
  std::vector<double> reduced_value, runner_up_reduced;
  Solution mine;
};
inline WholeSolution solve_dealt(const parallel::Communicator& comm, const Problem& problem, Deal deal,
                                 const Options& options = {}) {
  const auto range = dealt(problem.all.rows(), comm.rank(), comm.size(), deal);
  const MemorySource part = rows_of(problem.all, range.begin, range.end);
  WholeSolution whole;
  whole.mine = solve(comm, part, problem.rules, options);
  whole.choice = parallel::all_gather(comm, std::span<const std::int32_t>(whole.mine.choice));
  whole.runner_up = parallel::all_gather(comm, std::span<const std::int32_t>(whole.mine.runner_up));
  whole.reduced_value = parallel::all_gather(comm, std::span<const double>(whole.mine.reduced_value));
  whole.runner_up_reduced = parallel::all_gather(comm, std::span<const double>(whole.mine.runner_up_reduced));
  return whole;
}

/// Whole numbers, so that any arithmetic is exact. `copies` of ten rows repeat the rows before them.
inline Problem random_problem(std::uint64_t seed, std::size_t rows, std::size_t offers, std::size_t limits,
                              int copies = 0) {
  parallel::RandomStream random(seed, 0, "allocation.test");
  const auto whole = [&](int low, int high) {
    return low + static_cast<int>(random.below(std::uint64_t(high - low + 1)));
  };
  Problem problem;
  problem.all.offer_count = offers;
  problem.rules.choose = random.below(3) == 0 ? Choose::exactly_one : Choose::at_most_one;
  problem.all.quantity.assign(limits, {});
  for (std::size_t i = 0; i < rows; ++i) {
    problem.all.id.push_back(mix64(seed * 1000 + i));
    const bool copy = i > 0 && whole(1, 10) <= copies;
    for (std::size_t j = 0; j < offers; ++j) {
      const std::size_t from = (i - 1) * offers + j;
      problem.all.value.push_back(copy ? problem.all.value[from] : whole(-3, 30));
      problem.all.eligible.push_back(copy ? problem.all.eligible[from] : std::uint8_t(j == 0 || whole(1, 5) > 1));
      for (auto& q : problem.all.quantity) q.push_back(copy ? q[from] : whole(0, 9));
    }
  }
  for (std::size_t k = 0; k < limits; ++k) {
    const auto sense = static_cast<Sense>(random.below(5) < 3 ? 0 : random.below(3));
    const double bound = std::floor(static_cast<double>(rows) * (1.0 + 4.0 * random.uniform()));
    problem.rules.limits.push_back(
        {"limit " + std::to_string(k), sense, bound, sense == Sense::equal ? 1.0 : 0.0, k, {}});
  }
  return problem;
}

}  // namespace proffer::allocation::test
