#include "evaluation/uplift.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "evaluation/ranking.hpp"
#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::evaluation {
namespace {

// Class of a row: outcome + 2 · treated.
std::vector<std::uint8_t> classes_of(std::span<const std::uint8_t> treated, std::span<const std::uint8_t> outcome) {
  expects(treated.size() == outcome.size(), "qini: as many arms as outcomes");
  constexpr std::uint8_t refused = 255;
  std::vector<std::uint8_t> classes;
  classes.reserve(treated.size());
  for (std::size_t i = 0; i < treated.size(); ++i) {
    const bool known = treated[i] <= 1 && outcome[i] <= 1;
    classes.push_back(known ? static_cast<std::uint8_t>(outcome[i] + 2 * treated[i]) : refused);
  }
  return classes;
}

double controls(const Counts& counts) {
  return static_cast<double>(counts[0] + counts[1]);
}
double treated_rows(const Counts& counts) {
  return static_cast<double>(counts[2] + counts[3]);
}

/// q in counts.
double incremental(const Counts& counts) {
  const double brought =
      controls(counts) == 0 ? 0 : static_cast<double>(counts[1]) * (treated_rows(counts) / controls(counts));
  return static_cast<double>(counts[3]) - brought;
}

/// u in counts.
double uplift_in_counts(const Counts& counts) {
  if (controls(counts) == 0 || treated_rows(counts) == 0) return 0;
  const double difference =
      static_cast<double>(counts[3]) / treated_rows(counts) - static_cast<double>(counts[1]) / controls(counts);
  return difference * static_cast<double>(sum_of(counts));
}

/// Collective. ∫ of a curve over the share of rows, in counts.
template <class Curve>
double area_below(const Ranking& ranking, Curve curve) {
  const auto all = static_cast<double>(sum_of(ranking.total()));
  std::array<parallel::ExactSum, 1> sum;
  Counts counts = ranking.before();
  double start = curve(counts);
  ranking.for_each_score([&](double, const Counts& here) {
    counts = plus(counts, here);
    const double end = curve(counts);
    sum[0].add((start + end) / 2 * (static_cast<double>(sum_of(here)) / all));
    start = end;
  });
  parallel::all_reduce(ranking.comm(), sum);
  return sum[0].rounded();
}

}  // namespace

std::optional<Qini> qini(const parallel::Communicator& comm, Scores uplift, std::span<const std::uint8_t> treated,
                         std::span<const std::uint8_t> outcome, std::span<const double> weights, int steps) {
  expects(steps > 0, "qini: one step at least");
  const Ranking ranking(comm, uplift, classes_of(treated, outcome), 4, weights);
  const Counts& total = ranking.total();
  const std::uint64_t all = sum_of(total);
  std::vector<std::uint64_t> taken;
  for (int i = 0; i <= steps; ++i)
    taken.push_back(
        static_cast<std::uint64_t>(static_cast<Wide>(all) * static_cast<unsigned>(i) / static_cast<unsigned>(steps)));
  const std::vector<double> curve = curve_at(ranking, taken, incremental);
  const double area = area_below(ranking, incremental);
  const double uplift_area = area_below(ranking, uplift_in_counts);
  if (controls(total) == 0 || treated_rows(total) == 0) return std::nullopt;
  Qini result;
  for (std::size_t i = 0; i < taken.size(); ++i)
    result.curve.push_back({static_cast<double>(taken[i]) / static_cast<double>(all), curve[i] * ranking.unit()});
  result.incremental = incremental(total) * ranking.unit();
  const double above_random = area - incremental(total) / 2;
  result.area = above_random * ranking.unit();
  result.coefficient = above_random / treated_rows(total);
  result.auuc = uplift_area / static_cast<double>(all);
  return result;
}

std::vector<UpliftBin> uplift_by_share(const parallel::Communicator& comm, Scores uplift,
                                       std::span<const std::uint8_t> treated, std::span<const std::uint8_t> outcome,
                                       std::span<const double> shares, std::span<const double> weights) {
  const Ranking ranking(comm, uplift, classes_of(treated, outcome), 4, weights);
  const auto all = static_cast<double>(sum_of(ranking.total()));
  std::vector<std::uint64_t> taken;
  for (const double share : shares) {
    expects(share > 0 && share <= 1, "uplift_by_share: shares between 0 and 1");
    taken.push_back(static_cast<std::uint64_t>(std::nearbyint(share * all)));
  }
  std::array<std::vector<double>, 4> cumulative;
  for (std::size_t c = 0; c < 4; ++c)
    cumulative[c] = curve_at(ranking, taken, [c](const Counts& counts) { return static_cast<double>(counts[c]); });
  std::vector<UpliftBin> bins;
  for (std::size_t b = 0; b < taken.size(); ++b) {
    std::array<double, 4> in{};
    for (std::size_t c = 0; c < 4; ++c)
      in[c] = (cumulative[c][b] - (b > 0 ? cumulative[c][b - 1] : 0)) * ranking.unit();
    UpliftBin bin;
    bin.treated = in[2] + in[3];
    bin.controls = in[0] + in[1];
    if (bin.treated > 0) bin.treated_rate = in[3] / bin.treated;
    if (bin.controls > 0) bin.control_rate = in[1] / bin.controls;
    bin.uplift = bin.treated_rate - bin.control_rate;
    bin.standard_error = bin.treated > 0 && bin.controls > 0
                             ? std::sqrt(bin.treated_rate * (1 - bin.treated_rate) / bin.treated +
                                         bin.control_rate * (1 - bin.control_rate) / bin.controls)
                             : std::numeric_limits<double>::infinity();
    bins.push_back(bin);
  }
  return bins;
}

std::vector<UpliftBin> uplift_by_deciles(const parallel::Communicator& comm, Scores uplift,
                                         std::span<const std::uint8_t> treated, std::span<const std::uint8_t> outcome,
                                         std::span<const double> weights) {
  constexpr std::array shares = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};
  return uplift_by_share(comm, uplift, treated, outcome, shares, weights);
}

}  // namespace proffer::evaluation
