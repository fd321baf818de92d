// A population that is read once and solved for several right-hand sides.
#include "allocation/population.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "allocation/problems.hpp"
#include "support/world.hpp"

namespace proffer::allocation::test {
namespace {

Options small_sample() {
  Options options;
  options.sample_rows = 500;
  options.node_limit = 100;
  return options;
}

/// 4,000 rows with limits that bind, none of them very tight; notes that tell row and pair.
Problem noted_problem() {
  Problem problem;
  problem.all.offer_count = 5;
  problem.all.quantity.resize(2);
  for (std::uint64_t i = 0; i < 4'000; ++i) {
    parallel::RandomStream random(i, 0, "allocation.test.noted");
    problem.all.id.push_back(mix64(i));
    problem.all.row_note.push_back(std::bit_cast<RowNote>(std::array<std::uint64_t, 2>{mix64(i), i}));
    for (std::uint64_t j = 0; j < 5; ++j) {
      problem.all.value.push_back(10.0 * random.uniform() + static_cast<double>(j));
      problem.all.quantity[0].push_back(random.uniform() * static_cast<double>(1 + j));
      problem.all.quantity[1].push_back(random.uniform());
      problem.all.pair_note.push_back(i * 5 + j);
    }
  }
  problem.rules.limits = {{"amount", Sense::at_most, 3'000.0, 0.0, 0, {}},
                          {"count", Sense::at_most, 2'500.0, 0.0, unit_quantity, {}},
                          {"least", Sense::at_least, 900.0, 0.0, 1, {}}};
  return problem;
}

/// A source that hands its rows out in batches of changing size.
class Ragged : public PairSource {
 public:
  explicit Ragged(const MemorySource& all) : all_(all) {}
  [[nodiscard]] std::size_t rows() const override { return all_.rows(); }
  [[nodiscard]] std::size_t offers() const override { return all_.offers(); }
  [[nodiscard]] std::size_t quantities() const override { return all_.quantities(); }
  void visit(const Take& take, const Wanted& wanted) const override {
    for (std::size_t first = 0, size = 1; first < rows(); first += size, size = size % 37 + 1)
      rows_of(all_, first, std::min(rows(), first + size)).visit(take, wanted);
  }

 private:
  const MemorySource& all_;
};

class Populations : public testing::Test {
 protected:
  const parallel::Communicator& comm = proffer::test::world();
  Problem problem = noted_problem();
  parallel::RowRange range = dealt(problem.all.rows(), comm.rank(), comm.size(), Deal::uneven);
  MemorySource part = rows_of(problem.all, range.begin, range.end);
};

TEST_F(Populations, GiveBackTheNotesOfWhatWasChosen) {
  Population population(comm, part, problem.rules, small_sample());
  const Solution solution = population.solve();
  ASSERT_TRUE(solution.certificate.status == Status::certified || solution.certificate.status == Status::feasible);
  EXPECT_LT(population.pairs_kept(), part.rows() * 5 * 3 / 4 + 1);
  for (std::size_t row = 0; row < population.rows(); ++row) {
    const std::uint64_t i = range.begin + row;
    EXPECT_EQ(population.id(row), mix64(i));
    EXPECT_EQ(population.row_note(row), problem.all.row_note[i]);
    const std::int32_t offer = solution.choice[row];
    if (offer < 0) continue;
    EXPECT_EQ(population.pair_note(row, offer), i * 5 + static_cast<std::uint64_t>(offer));
    EXPECT_EQ(population.value(row, offer), problem.all.value[i * 5 + static_cast<std::size_t>(offer)]);
  }
}

TEST_F(Populations, AnswerOtherBoundsAsAFreshOneWould) {
  Population population(comm, part, problem.rules, small_sample());
  const std::vector<std::vector<double>> sweep = {
      {3'000, 2'500, 900}, {3'010, 2'500, 900}, {2'990, 2'495, 905}, {5'000, 1'500, 300}, {3'000, 2'500, 900}};
  for (const auto& bounds : sweep) {
    const Certificate found = population.solve(bounds).certificate;
    Rules rules = problem.rules;
    for (std::size_t k = 0; k < 3; ++k) rules.limits[k].bound = bounds[k];
    const Certificate fresh = solve(comm, part, rules, small_sample()).certificate;
    ASSERT_TRUE(found.status == Status::certified || found.status == Status::feasible);
    EXPECT_NEAR(found.relaxed_bound, fresh.relaxed_bound, 1e-9 * fresh.relaxed_bound);
    EXPECT_NEAR(found.value, fresh.value, 1e-4 * fresh.value);
    for (const LimitReport& limit : found.limits) EXPECT_TRUE(limit.holds);
  }
  EXPECT_LT(population.readings(), sweep.size());  // near bounds are answered from what was kept
}

TEST_F(Populations, ReadOnceForBoundsThatWereExpected) {
  const std::vector<double> other = {2'600, 2'400, 950};
  Population population(comm, part, problem.rules, small_sample());
  population.expect({other});
  static_cast<void>(population.solve());
  const std::uint64_t readings = population.readings();
  static_cast<void>(population.solve(other));
  EXPECT_EQ(population.readings(), readings);
}

TEST_F(Populations, AreTheSameInWhateverBatchesAndThreadsTheyCome) {
  Options options = small_sample();
  const Solution stored = solve(comm, part, problem.rules, options);
  options.threads = 2;
  const Solution ragged = solve(comm, Ragged(part), problem.rules, options);
  EXPECT_EQ(stored.choice, ragged.choice);
  EXPECT_EQ(stored.reduced_value, ragged.reduced_value);
  EXPECT_EQ(stored.runner_up, ragged.runner_up);
  EXPECT_EQ(stored.runner_up_reduced, ragged.runner_up_reduced);
  EXPECT_EQ(stored.multipliers, ragged.multipliers);
  EXPECT_EQ(stored.certificate.bound, ragged.certificate.bound);
}

TEST_F(Populations, ProveConflictsThatASampleShows) {
  // More than everybody's most, and at the same time fewer offers than that takes.
  problem.rules.limits[2].bound = 3'000.0;
  const Certificate found = solve(comm, part, problem.rules, small_sample()).certificate;
  EXPECT_EQ(found.status, Status::infeasible);
  EXPECT_EQ(found.conflict, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(found.explanation, "these limits cannot hold together: 'count', 'least'");
}

TEST_F(Populations, NameNoLimitThatAConflictDoesNotNeedWhateverTheSampleShows) {
  // A hair more than the most of all rows: of some samples it is less than the most, which then seem feasible.
  for (std::uint64_t draw = 0; draw < 4; ++draw) {
    for (std::size_t i = 0; i < problem.all.rows(); ++i) problem.all.id[i] = mix64(i + 100'000 * draw);
    part = rows_of(problem.all, range.begin, range.end);
    double most = 0.0;
    for (std::size_t i = 0; i < problem.all.rows(); ++i)
      most += *std::max_element(problem.all.quantity[1].begin() + static_cast<std::ptrdiff_t>(i * 5),
                                problem.all.quantity[1].begin() + static_cast<std::ptrdiff_t>(i * 5 + 5));
    problem.rules.limits = {{"idle", Sense::at_most, 1e6, 0.0, 0, {}},
                            {"least", Sense::at_least, 1.0005 * most, 0.0, 1, {}},
                            {"count", Sense::at_most, 3'990.0, 0.0, unit_quantity, {}},
                            {"amount", Sense::at_least, 10.0, 0.0, 0, {}}};
    const Certificate found = solve(comm, part, problem.rules, small_sample()).certificate;
    EXPECT_EQ(found.status, Status::infeasible) << draw;
    EXPECT_EQ(found.conflict, (std::vector<std::size_t>{1})) << draw;
  }
}

TEST_F(Populations, FindListsThatASampleCannotHave) {
  // Nearly the most that all rows can reach: of some eighths of the sample, and of some samples, more than the most.
  double most = 0.0;
  for (std::size_t i = 0; i < problem.all.rows(); ++i)
    most += *std::max_element(problem.all.quantity[1].begin() + static_cast<std::ptrdiff_t>(i * 5),
                              problem.all.quantity[1].begin() + static_cast<std::ptrdiff_t>(i * 5 + 5));
  problem.rules.limits = {{"least", Sense::at_least, 0.9999 * most, 0.0, 1, {}}};
  const Certificate found = solve(comm, part, problem.rules, small_sample()).certificate;
  Options whole = small_sample();
  whole.sample_rows = 100'000;
  const Certificate expected = solve(comm, part, problem.rules, whole).certificate;
  ASSERT_TRUE(found.status == Status::certified || found.status == Status::feasible) << found.explanation;
  EXPECT_NEAR(found.relaxed_bound, expected.relaxed_bound, 1e-9 * expected.relaxed_bound);
  problem.rules.limits[0].bound = 1.0001 * most;
  EXPECT_EQ(solve(comm, part, problem.rules, small_sample()).certificate.status, Status::infeasible);
}

}  // namespace
}  // namespace proffer::allocation::test
