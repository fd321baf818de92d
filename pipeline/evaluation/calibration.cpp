#include "evaluation/calibration.hpp"

#include <cmath>

#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"
#include "statistics/chi_squared.hpp"

namespace proffer::evaluation {
namespace {

using parallel::ExactSum;

/// Sums per bin of this rank, then of all.
struct BinSums {
  explicit BinSums(std::size_t bins)
      : negatives(bins), positives(bins), probability(bins), lowest(bins, 1.0), highest(bins, 0.0) {}

  void add(std::size_t bin, double p, const Counts& here) {
    negatives[bin] += here[0];
    positives[bin] += here[1];
    // Counts have up to 61 bits: in two halves, each exact as a double.
    const std::uint64_t count = here[0] + here[1];
    constexpr std::uint64_t low_half = (std::uint64_t{1} << 32) - 1;
    if (p >= 0x1p-900) {  // below, the probability is 0 for every purpose
      probability[bin].add_product(static_cast<double>(count & low_half), p);
      if (count > low_half) probability[bin].add_product(static_cast<double>(count & ~low_half), p);
    }
    lowest[bin] = std::min(lowest[bin], p);
    highest[bin] = std::max(highest[bin], p);
  }

  void reduce(const parallel::Communicator& comm) {
    parallel::all_reduce_sum(comm, negatives);
    parallel::all_reduce_sum(comm, positives);
    parallel::all_reduce(comm, probability);
    parallel::all_reduce_min(comm, lowest);
    parallel::all_reduce_max(comm, highest);
  }

  std::vector<std::uint64_t> negatives;
  std::vector<std::uint64_t> positives;
  std::vector<ExactSum> probability;
  std::vector<double> lowest;
  std::vector<double> highest;
};

/// Collective. bin_of(probability, counts before it from the top, its counts) → 0 … bins − 1.
template <class BinOf>
std::vector<CalibrationBin> calibration(const Ranking& ranking, int bins, BinOf bin_of) {
  expects(bins > 0, "calibration: one bin at least");
  BinSums sums(static_cast<std::size_t>(bins));
  parallel::together(ranking.comm(), [&] {
    Counts above = ranking.before();
    ranking.for_each_score([&](double p, const Counts& here) {
      if (!(p >= 0 && p <= 1))
        throw DataError(
            {"a probability is " + shortest(p), "it must be from 0 to 1", "pass probabilities, not margins"});
      sums.add(bin_of(p, above, here), p, here);
      above = plus(above, here);
    });
  });
  sums.reduce(ranking.comm());
  std::vector<CalibrationBin> table;
  for (std::size_t b = 0; b < sums.positives.size(); ++b) {
    const std::uint64_t count = sums.negatives[b] + sums.positives[b];
    if (count == 0) continue;
    const auto weight = static_cast<double>(count);
    table.push_back({weight * ranking.unit(), sums.lowest[b], sums.highest[b], sums.probability[b].rounded() / weight,
                     static_cast<double>(sums.positives[b]) / weight});
  }
  return table;
}

}  // namespace

std::vector<CalibrationBin> calibration_by_quantiles(const Ranking& ranking, int bins) {
  const Wide all = sum_of(ranking.total());
  return calibration(ranking, bins, [&](double, const Counts& above, const Counts& here) {
    const Wide twice_middle_from_below = 2 * (all - sum_of(above)) - sum_of(here);
    return static_cast<std::size_t>(twice_middle_from_below * static_cast<unsigned>(bins) / (2 * all));
  });
}

std::vector<CalibrationBin> calibration_by_width(const Ranking& ranking, int bins) {
  return calibration(ranking, bins, [&](double p, const Counts&, const Counts&) {
    const auto bin = static_cast<std::size_t>(p * bins);
    return std::min(bin, static_cast<std::size_t>(bins) - 1);
  });
}

std::optional<double> expected_calibration_error(std::span<const CalibrationBin> bins) {
  double rows = 0;
  double error = 0;
  for (const CalibrationBin& bin : bins) {
    rows += bin.rows;
    error += bin.rows * std::abs(bin.observed_rate - bin.mean_predicted);
  }
  if (rows == 0) return std::nullopt;
  return error / rows;
}

std::optional<HosmerLemeshow> hosmer_lemeshow(std::span<const CalibrationBin> bins, HosmerLemeshowSample sample) {
  HosmerLemeshow test;
  test.degrees = static_cast<double>(bins.size()) - (sample == HosmerLemeshowSample::fitted ? 2 : 0);
  if (test.degrees <= 0) return std::nullopt;
  double rows = 0;
  for (const CalibrationBin& bin : bins) {
    const double difference = bin.observed_rate - bin.mean_predicted;
    const double variance = bin.mean_predicted * (1 - bin.mean_predicted);
    rows += bin.rows;
    if (variance > 0) {
      test.statistic += bin.rows * difference * difference / variance;
    } else if (difference != 0) {
      test.statistic = std::numeric_limits<double>::infinity();
    }
  }
  test.p_value = std::isinf(test.statistic) ? 0 : statistics::chi_squared_survival(test.statistic, test.degrees);
  test.effect = std::sqrt(test.statistic / rows);
  return test;
}

}  // namespace proffer::evaluation
