// Replicates against the weighted measures they stand for, and against the interval of the AUC alone.
#include "evaluation/paired_bootstrap.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/binary_metrics.hpp"
#include "evaluation/poisson_weight.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"
#include "support/world.hpp"

namespace proffer::evaluation {
namespace {

using test::world;

struct Rows {
  std::vector<double> probability;
  std::vector<std::uint8_t> label;
  std::vector<std::uint64_t> id;
};

/// Ties and units of two rows; none on rank 1.
Rows rows_of(const parallel::Communicator& comm, std::uint64_t count) {
  Rows rows;
  for (std::uint64_t r = 0; r < count; ++r) {
    int owner = static_cast<int>(r % 5) % comm.size();
    if (owner == 1) owner = comm.size() - 1 == 1 ? 0 : comm.size() - 1;
    if (owner != comm.rank()) continue;
    parallel::RandomStream draws(2, r, "evaluation.paired_test");
    const double p = std::floor(draws.uniform() * 40) / 40;
    rows.probability.push_back(p);
    rows.label.push_back(draws.uniform() < 0.2 + 0.6 * p ? 1 : 0);
    rows.id.push_back(r / 2);
  }
  return rows;
}

TEST(PairedBootstrap, ReplicatesAreWeightedMeasures) {
  const Rows rows = rows_of(world(), 700);
  const Bootstrap bootstrap{.seed = 9, .replicates = 12};
  const MeasureReplicates found = replicate_measures(world(), rows.probability, rows.label, rows.id, bootstrap);
  ASSERT_EQ(found.auc.size(), 13U);
  for (std::size_t b = 0; b < found.auc.size(); ++b) {
    std::vector<double> weights;
    for (const std::uint64_t id : rows.id)
      weights.push_back(b == 0 ? 1.0 : static_cast<double>(bootstrap_weight(bootstrap.seed, id, b)));
    const BinaryMetrics expected = binary_metrics(world(), rows.probability, rows.label, weights);
    EXPECT_NEAR(*found.auc[b], *expected.auc, 1e-12);
    EXPECT_NEAR(*found.ks[b], *expected.ks, 1e-12);
    EXPECT_NEAR(*found.log_loss[b], *expected.log_loss, 1e-9);
    EXPECT_NEAR(*found.brier[b], *expected.brier, 1e-9);
  }
  const auto interval = interval_of(found.auc, 0.95);
  const auto alone = auc_interval(world(), rows.probability, rows.label, rows.id, bootstrap);
  EXPECT_EQ(interval->lower, alone->lower);
  EXPECT_EQ(interval->upper, alone->upper);
}

TEST(PairedBootstrap, IsTheSameAtAnyNumberOfRanks) {
  const Rows here = rows_of(world(), 500), all = rows_of(parallel::self(), 500);
  const auto together = replicate_measures(world(), here.probability, here.label, here.id);
  const auto alone = replicate_measures(parallel::self(), all.probability, all.label, all.id);
  EXPECT_EQ(together.auc, alone.auc);
  EXPECT_EQ(together.ks, alone.ks);
  EXPECT_EQ(together.log_loss, alone.log_loss);
  EXPECT_EQ(together.brier, alone.brier);
}

TEST(PairedBootstrap, SaysNothingOfOneClass) {
  const std::vector<double> chances = {0.1, 0.2};
  const std::vector<std::uint8_t> labels = {0, 0};
  const std::vector<std::uint64_t> ids = {1, 2};
  const auto found = replicate_measures(parallel::self(), chances, labels, ids);
  EXPECT_FALSE(found.auc[0]);
  EXPECT_FALSE(interval_of(found.ks, 0.95));
  EXPECT_TRUE(found.brier[0]);
  EXPECT_FALSE(replicate_measures(parallel::self(), std::vector<double>{}, {}, {}).brier[0]);
  const std::vector<std::optional<double>> a = {3.0, 2.0, std::nullopt}, b = {1.0, std::nullopt, 1.0};
  EXPECT_EQ(differences(a, b), (std::vector<std::optional<double>>{2.0, std::nullopt, std::nullopt}));
}

}  // namespace
}  // namespace proffer::evaluation
