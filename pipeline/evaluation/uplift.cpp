#include "evaluation/uplift.hpp"

#include <array>

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

/// Collective. ∫ q(x) dx over the share of rows, in counts.
double area_below(const Ranking& ranking) {
  const auto all = static_cast<double>(sum_of(ranking.total()));
  std::array<parallel::ExactSum, 1> sum;
  Counts counts = ranking.before();
  double start = incremental(counts);
  ranking.for_each_score([&](double, const Counts& here) {
    counts = plus(counts, here);
    const double end = incremental(counts);
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
  const double area = area_below(ranking);
  if (controls(total) == 0 || treated_rows(total) == 0) return std::nullopt;
  Qini result;
  for (std::size_t i = 0; i < taken.size(); ++i)
    result.curve.push_back({static_cast<double>(taken[i]) / static_cast<double>(all), curve[i] * ranking.unit()});
  result.incremental = incremental(total) * ranking.unit();
  const double above_random = area - incremental(total) / 2;
  result.area = above_random * ranking.unit();
  result.coefficient = above_random / treated_rows(total);
  return result;
}

}  // namespace proffer::evaluation
