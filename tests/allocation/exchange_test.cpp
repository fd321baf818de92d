// Exchanges of up to four rows against trying them all; the way from nothing to the dual's minimum against the plain
// one.
#include "allocation/exchange.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "allocation/bundle.hpp"
#include "allocation/cold_start.hpp"
#include "allocation/problems.hpp"
#include "support/world.hpp"

namespace proffer::allocation::test {
namespace {

/// Rows with values near their uses priced at one, so that any choice is about as good as any other.
Problem even_problem(std::uint64_t seed, std::size_t rows, std::size_t limits) {
  parallel::RandomStream random(seed, 4, "allocation.test.even");
  Problem problem;
  problem.all.offer_count = 2;
  problem.all.quantity.resize(limits);
  for (std::size_t i = 0; i < rows; ++i) {
    problem.all.id.push_back(i);
    for (std::size_t j = 0; j < 2; ++j) {
      double priced = 0.0;
      for (auto& quantity : problem.all.quantity) priced += quantity.emplace_back(1.0 + random.uniform());
      problem.all.value.push_back(priced + 0.1 * random.uniform());
    }
  }
  for (std::size_t k = 0; k < limits; ++k)
    problem.rules.limits.push_back({"limit", Sense::at_most, 0.7 * static_cast<double>(rows), 0.0, k, {}});
  return problem;
}

/// The most that changing up to four types' options can gain, by trying all.
double best_gain(const Core& core, const Amounts& amounts) {
  double best = 0.0;
  const double before = core_value(core, amounts);
  const std::function<void(Amounts&, std::size_t, int)> change = [&](Amounts& now, std::size_t type, int left) {
    if (holds_exactly(core, now)) best = std::max(best, core_value(core, now) - before);
    for (std::size_t t = type; left > 0 && t < core.types(); ++t)
      for (std::size_t from = core.first[t]; from < core.first[t + 1]; ++from)
        for (std::size_t to = core.first[t]; amounts[from] > 0 && to < core.first[t + 1]; ++to) {
          if (to == from) continue;
          --now[from];
          ++now[to];
          change(now, t + 1, left - 1);
          ++now[from];
          --now[to];
        }
  };
  Amounts now = amounts;
  change(now, 0, 4);
  return best;
}

Amounts nobody_chosen(const Core& core) {
  Amounts amounts(core.options(), 0);
  for (std::size_t o = 0; o < core.options(); ++o)
    if (core.offer[o] < 0) amounts[o] = 1;
  return amounts;
}

TEST(Exchange, EndsWhereNoFourRowsGainAnything) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Problem problem = even_problem(seed, 12, 1 + seed % 3);
    const PairStore store = read_pairs(parallel::self(), problem.all, problem.rules);
    const Core core = whole_core(parallel::self(), store).core;
    const Amounts start = nobody_chosen(core);
    const std::vector<double> prices(core.limits(), 1.0);
    ExchangeOptions options;
    options.enough = infinity;
    const Amounts found = exchange(core, start, prices, options);
    EXPECT_TRUE(holds_exactly(core, found));
    EXPECT_GT(core_value(core, found), core_value(core, start));
    EXPECT_LE(best_gain(core, found), 1e-9) << "seed " << seed;
  }
}

TEST(Exchange, KeepsWhatCannotBeMadeBetterAndStopsWhereItIsTold) {
  const Problem problem = even_problem(9, 10, 2);
  const PairStore store = read_pairs(parallel::self(), problem.all, problem.rules);
  const Core core = whole_core(parallel::self(), store).core;
  const Amounts start = nobody_chosen(core);
  const std::vector<double> prices(core.limits(), 1.0);
  ExchangeOptions options;
  options.enough = 0.0;  // nothing is worth that much already
  EXPECT_EQ(exchange(core, start, prices, options), start);
  options.enough = infinity;
  const Amounts best = exchange(core, start, prices, options);
  EXPECT_EQ(exchange(core, best, prices, options), best);
}

TEST(ColdStart, FindsTheMinimumThatCuttingPlanesOverAllRowsFind) {
  const auto& comm = proffer::test::world();
  for (std::uint64_t seed : {1, 2}) {
    const Problem problem = even_problem(seed, 12'000, 4);
    const auto range = dealt(problem.all.rows(), comm.rank(), comm.size(), Deal::uneven);
    const MemorySource part = rows_of(problem.all, range.begin, range.end);
    const PairStore store = read_pairs(comm, part, problem.rules);
    const std::vector<double> nothing(4, 0.0);
    Curvature curvature;
    const NearResult found = minimise_cold(comm, store, 1e-11, 1, nothing, curvature);
    EXPECT_EQ(found.end, NearEnd::inside);
    StoreDual dual(comm, store, 1);
    BundleOptions options;
    options.tolerance = 1e-11;
    const BundleResult plain = minimise(dual, nothing, options);
    ASSERT_TRUE(plain.converged);
    EXPECT_NEAR(dual.evaluate(found.lambda).value, plain.best.value, 1e-10 * plain.best.value);
  }
}

}  // namespace
}  // namespace proffer::allocation::test
