#include "evaluation/stability.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "statistics/chi_squared.hpp"

namespace proffer::evaluation {
namespace {

double total_of(std::span<const std::uint64_t> counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
}

Shift judged(double psi, double threshold) {
  constexpr double moderate = 0.10;  // Siddiqi 2006, Credit Risk Scorecards
  constexpr double shifted = 0.25;
  if (psi <= threshold || psi < moderate) return Shift::stable;
  return psi < shifted ? Shift::moderate : Shift::shifted;
}

}  // namespace

std::string_view name_of(Shift shift) {
  switch (shift) {
    case Shift::stable:
      return "stable";
    case Shift::moderate:
      return "moderate";
    case Shift::shifted:
      return "shifted";
  }
  return "";
}

Stability stability(std::span<const std::uint64_t> expected, std::span<const std::uint64_t> actual) {
  expects(expected.size() == actual.size(), "stability: the histograms have the same bins");
  const double n = total_of(expected);
  const double m = total_of(actual);
  if (n == 0 || m == 0)
    throw DataError({n == 0 ? "the expected population has no rows" : "the actual population has no rows",
                     "a shift compares two populations", "check the inputs"});
  Stability result;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    result.bins += expected[i] + actual[i] > 0;
    result.smoothed |= (expected[i] == 0) != (actual[i] == 0);
  }
  const double extra = result.smoothed ? 0.5 : 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] + actual[i] == 0) continue;
    const double e = (static_cast<double>(expected[i]) + extra) / (n + extra * result.bins);
    const double a = (static_cast<double>(actual[i]) + extra) / (m + extra * result.bins);
    result.psi += (a - e) * std::log(a / e);
  }
  const double scale = 1 / n + 1 / m;
  result.expected = (result.bins - 1) * scale;
  if (result.bins > 1) result.threshold = statistics::chi_squared_quantile(0.95, result.bins - 1) * scale;
  result.shift = judged(result.psi, result.threshold);
  return result;
}

std::vector<double> quantile_edges(const Ranking& ranking, int bins) {
  expects(bins > 0, "quantile_edges: one bin at least");
  const Wide all = sum_of(ranking.total());
  const auto count = static_cast<std::size_t>(bins);
  // A score belongs to the bin in which the middle of its weight falls, as in the calibration table.
  std::vector<double> lowest(count, std::numeric_limits<double>::infinity());
  std::uint64_t above = sum_of(ranking.before());
  ranking.for_each_score([&](double score, const Counts& here) {
    const Wide twice_middle = 2 * (all - above) - sum_of(here);
    const auto bin = static_cast<std::size_t>(twice_middle * static_cast<unsigned>(bins) / (2 * all));
    lowest[bin] = std::min(lowest[bin], score);
    above += sum_of(here);
  });
  parallel::all_reduce_min(ranking.comm(), lowest);
  std::erase(lowest, std::numeric_limits<double>::infinity());
  if (!lowest.empty()) lowest.erase(lowest.begin());
  return lowest;
}

std::vector<std::uint64_t> histogram(const parallel::Communicator& comm, Scores scores, std::span<const double> edges) {
  std::vector<std::uint64_t> counts(edges.size() + 2);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double score = scores[i];
    const auto bin = static_cast<std::size_t>(std::ranges::upper_bound(edges, score) - edges.begin());
    ++counts[std::isnan(score) ? edges.size() + 1 : bin];
  }
  parallel::all_reduce_sum(comm, counts);
  return counts;
}

Stability stability_of_scores(const parallel::Communicator& comm, Scores expected, Scores actual, int bins) {
  std::vector<double> present;
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!std::isnan(expected[i])) present.push_back(expected[i]);
  const std::vector<std::uint8_t> one_class(present.size(), 0);
  const std::vector<double> edges = quantile_edges(Ranking(comm, present, one_class, 1), bins);
  return stability(histogram(comm, expected, edges), histogram(comm, actual, edges));
}

}  // namespace proffer::evaluation
