// What may be left out of a large population, against plain arithmetic over all of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "allocation/presolve.hpp"
#include "allocation/problems.hpp"
#include "allocation/source_dual.hpp"
#include "allocation/store_solver.hpp"
#include "allocation/survivors.hpp"
#include "support/world.hpp"

namespace proffer::allocation::test {
namespace {

/// A problem with numbers that are not whole, of either sign, and limits that share quantities and count some rows and
/// offers only.
Problem rough_problem(std::uint64_t seed, std::size_t rows, std::size_t offers, std::size_t limits) {
  parallel::RandomStream random(seed, 1, "allocation.test.rough");
  Problem problem;
  problem.rules.choose = seed % 3 == 0 ? Choose::exactly_one : Choose::at_most_one;
  problem.all.offer_count = offers;
  problem.all.quantity.resize(3);
  for (std::size_t i = 0; i < rows; ++i) {
    problem.all.id.push_back(mix64(seed * 100'000 + i));
    problem.all.counted_by.push_back(random.below(3) == 0 ? random.bits() : ~0ULL);
    const double size = 1.0 + 5.0 * random.uniform();
    for (std::size_t j = 0; j < offers; ++j) {
      problem.all.value.push_back(size * (4.0 * random.uniform() - 1.0));
      problem.all.eligible.push_back(std::uint8_t(j == 0 || random.below(4) > 0));
      problem.all.quantity[0].push_back(random.uniform());
      problem.all.quantity[1].push_back(size * random.uniform());
      problem.all.quantity[2].push_back(random.uniform() - 0.5);
    }
  }
  for (std::size_t k = 0; k < limits; ++k) {
    Limit limit{"limit " + std::to_string(k), Sense::at_most, 0.0, 0.0, k % 4 == 0 ? unit_quantity : k % 4 - 1, {}};
    for (std::size_t j = 0; j < offers && k >= 4; ++j) limit.weight.push_back(random.below(2) ? 1.0 + double(j) : 0.0);
    limit.bound = static_cast<double>(rows) * (0.2 + 0.3 * random.uniform());
    problem.rules.limits.push_back(std::move(limit));
  }
  return problem;
}

long double use_of(const Problem& problem, std::size_t k, std::size_t i, std::size_t j) {
  const Limit& limit = problem.rules.limits[k];
  if (!(problem.all.counted_by[i] >> k & 1U)) return 0;
  const long double weight = limit.weight.empty() ? 1.0 : limit.weight[j];
  return limit.quantity == unit_quantity
             ? weight
             : weight * problem.all.quantity[limit.quantity][i * problem.all.offer_count + j];
}

/// Reduced values of the eligible offers of a row (−infinity for others), then that of no offer.
std::vector<long double> reduced_values(const Problem& problem, std::size_t i, const std::vector<double>& lambda) {
  const std::size_t m = problem.all.offer_count;
  std::vector<long double> reduced(m + 1, -std::numeric_limits<long double>::infinity());
  for (std::size_t j = 0; j < m; ++j) {
    if (!problem.all.eligible[i * m + j]) continue;
    reduced[j] = problem.all.value[i * m + j];
    for (std::size_t k = 0; k < lambda.size(); ++k) reduced[j] -= lambda[k] * use_of(problem, k, i, j);
  }
  if (problem.rules.choose == Choose::at_most_one) reduced[m] = 0;
  return reduced;
}

MultiplierBox random_box(parallel::RandomStream& random, std::size_t limits, double width) {
  MultiplierBox box;
  for (std::size_t k = 0; k < limits; ++k) {
    const double at = 3.0 * random.uniform();
    box.lowest.push_back(at);
    box.highest.push_back(k % 3 == 2 ? at : at + width * random.uniform());
  }
  return box;
}

TEST(Pruning, NeverLeavesOutWhatIsBestOrSecondBestSomewhereInTheBox) {
  std::uint64_t kept_pairs = 0, all_pairs = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Problem problem = rough_problem(seed, 80, 2 + seed % 9, 1 + seed % 7);
    parallel::RandomStream random(seed, 2, "allocation.test.box");
    const MultiplierBox box = random_box(random, problem.rules.limits.size(), seed % 2 ? 0.1 : 1.5);
    const double margin = seed % 4 == 0 ? 0.3 : 0.0;
    const PairStore store = read_pairs_near(parallel::self(), problem.all, problem.rules, box, margin);
    kept_pairs += store.value.size();
    all_pairs += static_cast<std::uint64_t>(std::ranges::count(problem.all.eligible, 1));
    ASSERT_EQ(store.rows(), problem.all.rows());
    for (int draw = 0; draw < 300; ++draw) {
      std::vector<double> lambda;
      for (std::size_t k = 0; k < box.lowest.size(); ++k) {
        const std::uint64_t where = random.below(4);  // faces and corners too
        const double share = where == 0 ? 0.0 : where == 1 ? 1.0 : random.uniform();
        lambda.push_back(box.lowest[k] + share * (box.highest[k] - box.lowest[k]));
      }
      for (std::size_t i = 0; i < problem.all.rows(); ++i) {
        const auto reduced = reduced_values(problem, i, lambda);
        std::vector<long double> sorted = reduced;
        std::ranges::sort(sorted, std::greater<>());
        for (std::size_t j = 0; j < problem.all.offer_count; ++j) {
          if (!problem.all.eligible[i * problem.all.offer_count + j] || reduced[j] < sorted[1] - margin) continue;
          ASSERT_NE(store.find(i, static_cast<std::int32_t>(j)), no_pair)
              << "seed " << seed << ", row " << i << ", offer " << j;
        }
      }
    }
  }
  EXPECT_LT(kept_pairs, all_pairs * 3 / 4);  // it does leave something out
}

TEST(Pruning, FindsTheSameMinimumFromABoxThatIsFarTooSmall) {
  for (std::uint64_t seed : {1, 2, 4, 5}) {
    const Problem problem = rough_problem(seed, 1'500, 6, 5);
    const auto& comm = proffer::test::world();
    const auto range = dealt(problem.all.rows(), comm.rank(), comm.size(), Deal::uneven);
    const MemorySource part = rows_of(problem.all, range.begin, range.end);
    Options options;
    options.node_limit = 20;
    const Certificate whole = solve(comm, part, problem.rules, options).certificate;
    std::vector<double> lambda(5, 0.01);
    Curvature curvature;
    MultiplierBox box{lambda, lambda};
    for (std::size_t k = 0; k < 5; ++k) box.highest[k] += 1e-3;
    int widened_times = 0;
    for (; widened_times < 40; ++widened_times) {
      PairStore store = read_pairs_near(comm, part, problem.rules, box, 0.0);
      const StoreAnswer answer = solve_store(comm, store, options, lambda, &box, curvature);
      lambda = answer.solution.multipliers;
      if (!answer.left_box) {
        EXPECT_NEAR(answer.solution.certificate.relaxed_bound, whole.relaxed_bound, 1e-9 * whole.relaxed_bound);
        EXPECT_TRUE(answer.found);
        break;
      }
      box = widened(problem.rules, box, lambda);
    }
    EXPECT_GT(widened_times, 0);
    EXPECT_LT(widened_times, 40);
  }
}

TEST(Pruning, EvaluatesASourceAsItDoesAStore) {
  const Problem problem = rough_problem(4, 700, 5, 6);
  const auto& comm = proffer::test::world();
  const auto range = dealt(problem.all.rows(), comm.rank(), comm.size(), Deal::even);
  const MemorySource part = rows_of(problem.all, range.begin, range.end);
  const PairStore store = read_pairs(comm, part, problem.rules);
  StoreDual stored(comm, store, 2);
  SourceDual read(comm, part, problem.rules, stored, 1.0, true);
  parallel::RandomStream random(3, 3, "allocation.test.lambda");
  for (int draw = 0; draw < 20; ++draw) {
    std::vector<double> lambda;
    for (std::size_t k = 0; k < 6; ++k) lambda.push_back(2.0 * random.uniform());
    long double expected = 0;
    for (std::size_t i = 0; i < problem.all.rows(); ++i)
      expected += std::ranges::max(reduced_values(problem, i, lambda));
    for (std::size_t k = 0; k < 6; ++k) expected += static_cast<long double>(lambda[k]) * problem.rules.limits[k].bound;
    for (const DualPoint& point : {stored.evaluate(lambda), read.evaluate(lambda)}) {
      EXPECT_NEAR(point.value, static_cast<double>(expected), point.error + 1e-12 * std::abs(point.value));
      EXPECT_GE(point.bound(), static_cast<double>(expected));
      EXPECT_LT(point.error, 1e-9 * std::abs(point.value));
    }
  }
}

}  // namespace
}  // namespace proffer::allocation::test
