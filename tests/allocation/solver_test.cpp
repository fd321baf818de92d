#include "allocation/solver.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "allocation/problems.hpp"
#include "foundation/error.hpp"
#include "support/world.hpp"

namespace proffer::allocation::test {
namespace {

/// The best value over every choice there is, by trying them all; nothing where none is feasible.
std::optional<double> best_by_trying(const Problem& problem) {
  const MemorySource& all = problem.all;
  const std::size_t m = all.offer_count;
  std::optional<double> best;
  std::vector<double> use(problem.rules.limits.size(), 0.0);
  const std::function<void(std::size_t, double)> try_row = [&](std::size_t i, double value) {
    if (i == all.rows()) {
      for (std::size_t k = 0; k < use.size(); ++k) {
        const Limit& limit = problem.rules.limits[k];
        if (limit.sense != Sense::at_least && use[k] > limit.bound + limit.tolerance) return;
        if (limit.sense != Sense::at_most && use[k] < limit.bound - limit.tolerance) return;
      }
      if (!best || value > *best) best = value;
      return;
    }
    if (problem.rules.choose == Choose::at_most_one) try_row(i + 1, value);
    for (std::size_t j = 0; j < m; ++j) {
      if (!all.eligible[i * m + j]) continue;
      for (std::size_t k = 0; k < use.size(); ++k) use[k] += all.quantity[k][i * m + j];
      try_row(i + 1, value + all.value[i * m + j]);
      for (std::size_t k = 0; k < use.size(); ++k) use[k] -= all.quantity[k][i * m + j];
    }
  };
  try_row(0, 0.0);
  return best;
}

void expect_same(const WholeSolution& a, const WholeSolution& b) {
  EXPECT_EQ(a.choice, b.choice);
  EXPECT_EQ(a.runner_up, b.runner_up);
  EXPECT_EQ(a.reduced_value, b.reduced_value);
  EXPECT_EQ(a.runner_up_reduced, b.runner_up_reduced);
  EXPECT_EQ(a.mine.multipliers, b.mine.multipliers);
  const Certificate &x = a.mine.certificate, &y = b.mine.certificate;
  EXPECT_EQ(x.status, y.status);
  EXPECT_EQ(x.value, y.value);
  EXPECT_EQ(x.bound, y.bound);
  EXPECT_EQ(x.relaxed_bound, y.relaxed_bound);
  EXPECT_EQ(x.conflict, y.conflict);
  EXPECT_EQ(x.search_nodes, y.search_nodes);
  EXPECT_EQ(x.passes, y.passes);
  for (std::size_t k = 0; k < x.limits.size(); ++k) EXPECT_EQ(x.limits[k].use, y.limits[k].use);
}

TEST(Solver, FindsTheBestOfAllChoices) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Problem problem = random_problem(seed, 1 + seed % 7, 1 + seed % 4, 1 + seed % 5, seed % 2 ? 0 : 9);
    const auto best = best_by_trying(problem);
    const Deal deal = seed % 3 == 0 ? Deal::even : seed % 3 == 1 ? Deal::only_last : Deal::uneven;
    const Certificate found = solve_dealt(proffer::test::world(), problem, deal).mine.certificate;
    if (!best) {
      EXPECT_EQ(found.status, Status::infeasible) << "seed " << seed;
      continue;
    }
    ASSERT_EQ(found.status, Status::certified) << "seed " << seed;
    EXPECT_EQ(found.value, *best) << "seed " << seed;
    EXPECT_GE(found.bound, *best) << "seed " << seed;
    EXPECT_GE(found.relaxed_bound, *best) << "seed " << seed;
  }
}

TEST(Solver, GivesTheSameBytesHoweverRowsAreDealtOut) {
  for (std::uint64_t seed : {101, 102, 103, 104}) {
    const Problem problem = random_problem(seed, 900, 9, 6, seed % 2 ? 0 : 9);
    Options options;
    options.node_limit = 200;
    const WholeSolution alone = solve_dealt(parallel::self(), problem, Deal::even, options);
    EXPECT_NE(alone.mine.certificate.status, Status::not_found);
    for (Deal deal : {Deal::even, Deal::only_last, Deal::uneven})
      expect_same(alone, solve_dealt(proffer::test::world(), problem, deal, options));
    options.threads = 3;
    expect_same(alone, solve_dealt(proffer::test::world(), problem, Deal::even, options));
  }
}

TEST(Solver, GivesTheSameBytesAndBoundsFromASampleAndPrunedPairs) {
  int feasible = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Problem problem = random_problem(seed, 4'000, 6, 5, seed % 2 ? 9 : 0);
    Options options;
    options.sample_rows = 500;
    options.core_types = 60;
    options.node_limit = 100;
    const WholeSolution alone = solve_dealt(parallel::self(), problem, Deal::even, options);
    expect_same(alone, solve_dealt(proffer::test::world(), problem, Deal::uneven, options));
    // Sample, box and pruning are a way to the same minimum.
    options.sample_rows = 100'000;
    const Certificate direct = solve_dealt(proffer::test::world(), problem, Deal::even, options).mine.certificate;
    const Certificate& pruned = alone.mine.certificate;
    EXPECT_EQ(direct.status == Status::infeasible, pruned.status == Status::infeasible) << "seed " << seed;
    if (direct.status == Status::infeasible) continue;
    ++feasible;
    EXPECT_NE(pruned.status, Status::not_found) << "seed " << seed;
    EXPECT_NEAR(direct.relaxed_bound, pruned.relaxed_bound, 1e-9 * std::abs(direct.relaxed_bound)) << "seed " << seed;
  }
  EXPECT_GE(feasible, 2);
}

TEST(Solver, DealsOutTiesByIdWhenAllRowsAreAlike) {
  Problem problem;
  problem.all.offer_count = 1;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    problem.all.id.push_back(mix64(i));
    problem.all.value.push_back(1.0);
  }
  problem.rules.limits.push_back({"contacts", Sense::at_most, 1'234.0, 0.0, unit_quantity, {}});
  const WholeSolution found = solve_dealt(proffer::test::world(), problem, Deal::uneven);
  EXPECT_EQ(found.mine.certificate.status, Status::certified);
  EXPECT_EQ(found.mine.certificate.value, 1'234.0);
  std::uint64_t largest_with = 0, smallest_with = ~0ULL, largest_without = 0, smallest_without = ~0ULL;
  for (std::size_t i = 0; i < found.choice.size(); ++i) {
    auto& largest = found.choice[i] == 0 ? largest_with : largest_without;
    auto& smallest = found.choice[i] == 0 ? smallest_with : smallest_without;
    largest = std::max(largest, problem.all.id[i]);
    smallest = std::min(smallest, problem.all.id[i]);
  }
  EXPECT_TRUE(largest_with < smallest_without || largest_without < smallest_with);
}

TEST(Solver, ChoosesAmongMassesOfTiedRowsThatDiffer) {
  // Every contact is worth the same and only their number is short, while exposures, all different, are not.
  Problem problem;
  problem.all.offer_count = 2;
  problem.all.quantity.resize(1);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    problem.all.id.push_back(mix64(i));
    for (std::uint64_t j = 0; j < 2; ++j) {
      problem.all.value.push_back(static_cast<double>(1 + (i + j) % 3));
      problem.all.quantity[0].push_back(parallel::to_unit_interval(parallel::random_bits(1, i, j)));
    }
  }
  problem.rules.limits.push_back({"contacts", Sense::at_most, 4'321.0, 0.0, unit_quantity, {}});
  problem.rules.limits.push_back({"exposure", Sense::at_most, 10'000.0, 0.0, 0, {}});
  Options options;
  options.core_types = 300;
  const WholeSolution alone = solve_dealt(parallel::self(), problem, Deal::even, options);
  EXPECT_EQ(alone.mine.certificate.status, Status::certified);
  EXPECT_EQ(alone.mine.certificate.value, 3 * 4'321.0);
  expect_same(alone, solve_dealt(proffer::test::world(), problem, Deal::uneven, options));
}

TEST(Solver, ExplainsRowsByReducedValues) {
  // One place for two rows: the price of a place lies between the second and the best value.
  Problem problem;
  problem.all.offer_count = 2;
  problem.all.id = {10, 20};
  problem.all.value = {5.0, 4.0, 3.0, 1.0};
  problem.rules.limits.push_back({"places", Sense::at_most, 1.0, 0.0, unit_quantity, {}});
  const WholeSolution found = solve_dealt(proffer::test::world(), problem, Deal::even);
  EXPECT_EQ(found.choice, (std::vector<std::int32_t>{0, -1}));
  const double price = found.mine.multipliers[0];
  EXPECT_GE(price, 3.0);
  EXPECT_LE(price, 5.0);
  EXPECT_EQ(found.reduced_value, (std::vector<double>{5.0 - price, 0.0}));
  EXPECT_EQ(found.runner_up[1], 0);
  EXPECT_EQ(found.runner_up_reduced[1], 3.0 - price);
  EXPECT_EQ(found.mine.certificate.limits[0].shadow_price, price);
}

TEST(Solver, CountsOnlyTheRowsALimitNames) {
  Problem problem;
  problem.all.offer_count = 1;
  problem.all.id = {1, 2, 3, 4};
  problem.all.value = {4.0, 3.0, 2.0, 1.0};
  problem.all.counted_by = {1, 1, 2, 2};
  problem.rules.limits.push_back({"first segment", Sense::at_most, 1.0, 0.0, unit_quantity, {}});
  problem.rules.limits.push_back({"second segment", Sense::at_most, 1.0, 0.0, unit_quantity, {2.0}});
  const WholeSolution found = solve_dealt(proffer::test::world(), problem, Deal::only_last);
  EXPECT_EQ(found.choice, (std::vector<std::int32_t>{0, -1, -1, -1}));
  EXPECT_EQ(found.mine.certificate.status, Status::certified);
}

TEST(Solver, ComparesUsesExactly) {
  // Ten times the double nearest to 0.1 is a little more than 1, though a running sum says less.
  Problem problem;
  problem.all.offer_count = 1;
  problem.all.quantity.resize(1);
  for (std::uint64_t i = 0; i < 10; ++i) {
    problem.all.id.push_back(i);
    problem.all.value.push_back(1.0);
    problem.all.quantity[0].push_back(0.1);
  }
  problem.rules.limits.push_back({"tenths", Sense::at_most, 1.0, 0.0, 0, {}});
  EXPECT_EQ(solve_dealt(proffer::test::world(), problem, Deal::even).mine.certificate.value, 9.0);
  problem.rules.limits[0].tolerance = 1e-15;
  EXPECT_EQ(solve_dealt(proffer::test::world(), problem, Deal::even).mine.certificate.value, 10.0);
}

TEST(Solver, NamesTheLimitsThatConflict) {
  Problem problem = random_problem(3, 50, 4, 3);
  problem.rules.choose = Choose::at_most_one;
  for (Limit& limit : problem.rules.limits) limit.sense = Sense::at_most;
  problem.rules.limits.push_back({"few", Sense::at_most, 5.0, 0.0, unit_quantity, {}});
  problem.rules.limits.push_back({"many", Sense::at_least, 6.0, 0.0, unit_quantity, {}});
  const Certificate found = solve_dealt(proffer::test::world(), problem, Deal::uneven).mine.certificate;
  EXPECT_EQ(found.status, Status::infeasible);
  EXPECT_EQ(found.conflict, (std::vector<std::size_t>{3, 4}));
  EXPECT_EQ(found.explanation, "these limits cannot hold together: 'few', 'many'");
}

TEST(Solver, ProvesByExhaustionWhatFractionsWouldAllow) {
  // Uses are even, the limit asks for an odd number: halves would do, whole choices cannot.
  Problem problem;
  problem.all.offer_count = 1;
  problem.all.id = {1, 2, 3};
  problem.all.value = {1.0, 1.0, 1.0};
  problem.rules.limits.push_back({"odd", Sense::equal, 3.0, 0.0, unit_quantity, {2.0}});
  problem.rules.limits.push_back({"idle", Sense::at_most, 3.0, 0.0, unit_quantity, {}});
  const Certificate found = solve_dealt(proffer::test::world(), problem, Deal::even).mine.certificate;
  EXPECT_EQ(found.status, Status::infeasible);
  EXPECT_EQ(found.conflict, (std::vector<std::size_t>{0}));
}

TEST(Solver, SaysWhichRowHasNoOffer) {
  Problem problem = random_problem(5, 20, 3, 1);
  problem.rules.choose = Choose::exactly_one;
  for (std::size_t j = 0; j < 3; ++j) problem.all.eligible[4 * 3 + j] = 0;
  const Certificate found = solve_dealt(proffer::test::world(), problem, Deal::even).mine.certificate;
  EXPECT_EQ(found.status, Status::infeasible);
  EXPECT_NE(found.explanation.find(std::to_string(problem.all.id[4])), std::string::npos);
}

TEST(Solver, TakesNoRowsAndNoLimits) {
  Problem problem;
  problem.all.offer_count = 3;
  EXPECT_EQ(solve_dealt(proffer::test::world(), problem, Deal::even).mine.certificate.status, Status::certified);
  problem.rules.limits.push_back({"minimum", Sense::at_least, 1.0, 0.0, unit_quantity, {}});
  EXPECT_EQ(solve_dealt(proffer::test::world(), problem, Deal::even).mine.certificate.status, Status::infeasible);
  Problem free = random_problem(9, 40, 3, 0);
  free.rules.choose = Choose::at_most_one;
  double best = 0.0;
  for (std::size_t i = 0; i < 40; ++i) {
    double top = 0.0;
    for (std::size_t j = 0; j < 3; ++j)
      if (free.all.eligible[i * 3 + j]) top = std::max(top, free.all.value[i * 3 + j]);
    best += top;
  }
  EXPECT_EQ(solve_dealt(proffer::test::world(), free, Deal::uneven).mine.certificate.value, best);
}

TEST(Solver, RefusesNumbersThatAreNotFinite) {
  Problem problem = random_problem(11, 30, 2, 2);
  problem.all.value[17 * 2] = std::nan("");
  try {
    (void)solve_dealt(proffer::test::world(), problem, Deal::even);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bad_data);
    EXPECT_NE(std::string(error.what()).find("row id " + std::to_string(problem.all.id[17]) + ", offer 0"),
              std::string::npos);
  }
  problem.all.eligible[17 * 2] = 0;  // what cannot be chosen may hold anything
  problem.all.eligible[17 * 2 + 1] = 1;
  EXPECT_NO_THROW((void)solve_dealt(proffer::test::world(), problem, Deal::even));
  problem.rules.limits[1].weight = {1.0};
  EXPECT_THROW((void)solve_dealt(proffer::test::world(), problem, Deal::even), Error);
}

}  // namespace
}  // namespace proffer::allocation::test
