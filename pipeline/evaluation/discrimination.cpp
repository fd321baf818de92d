#include "evaluation/discrimination.hpp"

#include <array>
#include <cmath>

#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::evaluation {
namespace {

constexpr std::size_t negative = 0;
constexpr std::size_t positive = 1;

bool both_classes(const Ranking& ranking) {
  return ranking.total()[negative] > 0 && ranking.total()[positive] > 0;
}

Wide all_pairs(const Ranking& ranking) {
  return static_cast<Wide>(ranking.total()[negative]) * ranking.total()[positive];
}

/// Twice the number of pairs in which the positive scores higher, ties counted half.
Wide twice_won_pairs(const Ranking& ranking) {
  std::array<Wide, 1> won{};
  std::uint64_t above = ranking.before()[positive];
  ranking.for_each_score([&](double, const Counts& here) {
    won[0] += static_cast<Wide>(here[negative]) * (2 * above + here[positive]);
    above += here[positive];
  });
  all_reduce_sum(ranking.comm(), won);
  return won[0];
}

double positives_of(const Counts& counts) {
  return static_cast<double>(counts[positive]);
}

}  // namespace

std::optional<double> auc(const Ranking& ranking) {
  const Wide won = twice_won_pairs(ranking);
  if (!both_classes(ranking)) return std::nullopt;
  return static_cast<double>(won) / static_cast<double>(2 * all_pairs(ranking));
}

std::optional<double> gini(const Ranking& ranking) {
  const Wide won = twice_won_pairs(ranking);
  if (!both_classes(ranking)) return std::nullopt;
  const Wide pairs = all_pairs(ranking);
  const double difference = won >= pairs ? static_cast<double>(won - pairs) : -static_cast<double>(pairs - won);
  return difference / static_cast<double>(pairs);
}

std::optional<double> ks(const Ranking& ranking) {
  const Counts& total = ranking.total();
  Counts counts = ranking.before();
  Wide largest = 0;
  ranking.for_each_score([&](double, const Counts& here) {
    counts = plus(counts, here);
    const Wide positives = static_cast<Wide>(counts[positive]) * total[negative];
    const Wide negatives = static_cast<Wide>(counts[negative]) * total[positive];
    largest = std::max(largest, positives > negatives ? positives - negatives : negatives - positives);
  });
  largest = max_over_ranks(ranking.comm(), largest);
  if (!both_classes(ranking)) return std::nullopt;
  return static_cast<double>(largest) / static_cast<double>(all_pairs(ranking));
}

std::optional<double> average_precision(const Ranking& ranking) {
  std::array<parallel::ExactSum, 1> sum;
  Counts counts = ranking.before();
  ranking.for_each_score([&](double, const Counts& here) {
    counts = plus(counts, here);
    if (here[positive] == 0) return;
    const double precision = positives_of(counts) / static_cast<double>(sum_of(counts));
    sum[0].add_product(static_cast<double>(here[positive]), precision);
  });
  parallel::all_reduce(ranking.comm(), sum);
  if (ranking.total()[positive] == 0) return std::nullopt;
  return sum[0].rounded() / positives_of(ranking.total());
}

std::optional<double> recall_at(const Ranking& ranking, double capacity) {
  expects(capacity >= 0, "recall_at: the capacity is not negative");
  const auto all = static_cast<double>(sum_of(ranking.total()));
  const double units = std::nearbyint(capacity / ranking.unit());
  const std::array taken{units < all ? static_cast<std::uint64_t>(units) : sum_of(ranking.total())};
  const double captured = curve_at(ranking, taken, positives_of).front();
  if (ranking.total()[positive] == 0) return std::nullopt;
  return captured / positives_of(ranking.total());
}

std::vector<GainsRow> gains(const Ranking& ranking, int steps) {
  expects(steps > 0, "gains: one step at least");
  const std::uint64_t all = sum_of(ranking.total());
  std::vector<std::uint64_t> taken;
  for (int i = 1; i <= steps; ++i)
    taken.push_back(static_cast<std::uint64_t>(
        (static_cast<Wide>(all) * static_cast<unsigned>(2 * i) + static_cast<unsigned>(steps)) /
        static_cast<unsigned>(2 * steps)));
  const std::vector<double> captured = curve_at(ranking, taken, positives_of);
  std::vector<GainsRow> rows;
  if (ranking.total()[positive] == 0) return rows;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (taken[i] == 0) continue;
    GainsRow row;
    row.share = static_cast<double>(taken[i]) / static_cast<double>(all);
    row.captured = captured[i] / positives_of(ranking.total());
    row.lift = row.captured / row.share;
    rows.push_back(row);
  }
  return rows;
}

std::optional<double> auc(const parallel::Communicator& comm, Scores scores, std::span<const std::uint8_t> labels,
                          std::span<const double> weights) {
  return auc(binary_ranking(comm, scores, labels, weights));
}

std::optional<double> gini(const parallel::Communicator& comm, Scores scores, std::span<const std::uint8_t> labels,
                           std::span<const double> weights) {
  return gini(binary_ranking(comm, scores, labels, weights));
}

std::optional<double> ks(const parallel::Communicator& comm, Scores scores, std::span<const std::uint8_t> labels,
                         std::span<const double> weights) {
  return ks(binary_ranking(comm, scores, labels, weights));
}

std::optional<double> average_precision(const parallel::Communicator& comm, Scores scores,
                                        std::span<const std::uint8_t> labels, std::span<const double> weights) {
  return average_precision(binary_ranking(comm, scores, labels, weights));
}

}  // namespace proffer::evaluation
