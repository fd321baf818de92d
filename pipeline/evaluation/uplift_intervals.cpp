#include "evaluation/uplift_intervals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "evaluation/poisson_weight.hpp"
#include "evaluation/ranking.hpp"
#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::evaluation {
namespace {

constexpr std::size_t group_count = 500;
constexpr std::size_t classes = 4;  // outcome + 2 · treated
constexpr std::size_t decile_count = 10;

/// The power of two that weights are counted in: replicates of them stay below 2^62 in all.
double unit_of(const parallel::Communicator& comm, std::span<const double> weights) {
  std::array<parallel::ExactSum, 1> sum;
  for (const double weight : weights) sum[0].add(weight);
  parallel::all_reduce(comm, sum);
  const double total = sum[0].rounded();
  if (!(total > 0)) return 1;
  constexpr int head_room = 5;  // a row counts 17 times at most
  return std::ldexp(1.0, std::ilogb(total) + 1 + head_room - 62);
}

/// Counts of the four classes in double.
using Cells = std::array<double, classes>;

double treated_in(const Cells& cells) {
  return cells[2] + cells[3];
}
double controls_in(const Cells& cells) {
  return cells[0] + cells[1];
}
std::optional<double> difference(const Cells& cells) {
  if (treated_in(cells) == 0 || controls_in(cells) == 0) return std::nullopt;
  return cells[3] / treated_in(cells) - cells[1] / controls_in(cells);
}
double incremental(const Cells& cells) {
  return cells[3] - (controls_in(cells) == 0 ? 0 : cells[1] * (treated_in(cells) / controls_in(cells)));
}
double uplift_in_counts(const Cells& cells) {
  return difference(cells).value_or(0) * (treated_in(cells) + controls_in(cells));
}

/// Of one replicate, group after group from the highest scores.
struct Curves {
  std::vector<Cells> groups;

  [[nodiscard]] Cells total() const {
    Cells sum{};
    for (const Cells& group : groups)
      for (std::size_t c = 0; c < classes; ++c) sum[c] += group[c];
    return sum;
  }
  /// ∫ of a curve over the share of rows by trapezoids, in counts.
  [[nodiscard]] double area(double (*curve)(const Cells&)) const {
    const Cells all = total();
    const double rows = treated_in(all) + controls_in(all);
    Cells taken{};
    double area = 0, start = 0;
    for (const Cells& group : groups) {
      for (std::size_t c = 0; c < classes; ++c) taken[c] += group[c];
      const double end = curve(taken);
      area += (start + end) / 2 * ((treated_in(group) + controls_in(group)) / rows);
      start = end;
    }
    return area;
  }
  /// Counts of a bin that holds a share of each group.
  [[nodiscard]] Cells in(const std::vector<double>& share) const {
    Cells sum{};
    for (std::size_t g = 0; g < groups.size(); ++g)
      for (std::size_t c = 0; c < classes; ++c) sum[c] += share[g] * groups[g][c];
    return sum;
  }
};

Curves curves_of(const std::vector<double>& cells) {
  Curves curves;
  for (std::size_t at = 0; at + classes <= cells.size(); at += classes)
    curves.groups.push_back({cells[at], cells[at + 1], cells[at + 2], cells[at + 3]});
  return curves;
}

/// Collective. The lowest score of each group but the last, falling.
std::vector<double> thresholds_of(const Ranking& ranking) {
  std::vector<std::optional<double>> mine(group_count - 1);
  const std::uint64_t all = sum_of(ranking.total());
  std::uint64_t taken = sum_of(ranking.before());
  const auto boundary = [all](std::size_t g) {
    return static_cast<std::uint64_t>(static_cast<Wide>(all) * static_cast<unsigned>(g + 1) /
                                      static_cast<unsigned>(group_count));
  };
  ranking.for_each_score([&](double score, const Counts& here) {
    const std::uint64_t after = taken + sum_of(here);
    for (std::size_t g = 0; g < mine.size(); ++g)
      if (boundary(g) > taken && boundary(g) <= after) mine[g] = score;
    taken = after;
  });
  std::vector<double> thresholds;
  const std::vector<double> all_of_them = detail::from_owners(ranking.comm(), mine);
  for (std::size_t g = 0; g < mine.size(); ++g)
    if (boundary(g) > 0 && (thresholds.empty() || all_of_them[g] < thresholds.back()))
      thresholds.push_back(all_of_them[g]);
  return thresholds;
}

/// How much of each group lies between two shares of the sample.
std::vector<double> overlap(const Curves& sample, double from, double to) {
  const Cells all = sample.total();
  const double rows = treated_in(all) + controls_in(all);
  std::vector<double> share;
  double start = 0;
  for (const Cells& group : sample.groups) {
    const double size = treated_in(group) + controls_in(group);
    const double inside = std::min(to * rows, start + size) - std::max(from * rows, start);
    share.push_back(size > 0 ? std::clamp(inside / size, 0.0, 1.0) : 0.0);
    start += size;
  }
  return share;
}

/// The interval of a measure; the estimate is the exact one.
std::optional<Interval> interval(const std::vector<Curves>& replicates, double level, std::optional<double> estimate,
                                 const std::function<std::optional<double>(const Curves&)>& measure) {
  std::vector<std::optional<double>> values;
  for (const Curves& curves : replicates) values.push_back(measure(curves));
  auto found = interval_of(values, level);
  if (found && estimate) found->estimate = *estimate;
  return found;
}

std::size_t group_of(const std::vector<double>& thresholds, double score) {
  const auto below = std::ranges::lower_bound(thresholds, score, std::ranges::greater());
  return static_cast<std::size_t>(below - thresholds.begin());
}

struct Rows {
  Scores uplift;
  std::span<const std::uint8_t> treated, outcome;
  std::span<const double> weights;
};

/// Collective. Mean score of each decile, the rows of a group parted as its share is.
std::vector<double> mean_scores(const parallel::Communicator& comm, const Rows& rows,
                                const std::vector<double>& thresholds, const std::vector<std::vector<double>>& shares) {
  std::vector<parallel::ExactSum> sums(2 * decile_count);
  for (std::size_t i = 0; i < rows.uplift.size(); ++i) {
    const std::size_t group = group_of(thresholds, rows.uplift[i]);
    const double weight = rows.weights.empty() ? 1 : rows.weights[i];
    for (std::size_t d = 0; d < decile_count; ++d) {
      const double part = weight * shares[d][group];
      if (part == 0) continue;
      sums[2 * d].add(part * rows.uplift[i]);
      sums[2 * d + 1].add(part);
    }
  }
  parallel::all_reduce(comm, sums);
  std::vector<double> means;
  for (std::size_t d = 0; d < decile_count; ++d) {
    const double weight = sums[2 * d + 1].rounded();
    means.push_back(weight > 0 ? sums[2 * d].rounded() / weight : 0);
  }
  return means;
}

Ranking ranking_of(const parallel::Communicator& comm, const Rows& rows) {
  expects(rows.treated.size() == rows.outcome.size() && rows.treated.size() == rows.uplift.size(),
          "uplift_intervals: as many arms and outcomes as scores");
  std::vector<std::uint8_t> which;
  for (std::size_t i = 0; i < rows.treated.size(); ++i)
    which.push_back(rows.treated[i] <= 1 && rows.outcome[i] <= 1
                        ? static_cast<std::uint8_t>(rows.outcome[i] + 2 * rows.treated[i])
                        : std::uint8_t{255});
  return {comm, rows.uplift, which, static_cast<int>(classes), rows.weights};
}

}  // namespace

CellReplicates cell_replicates(const parallel::Communicator& comm, std::span<const std::uint32_t> cells,
                               std::size_t n_cells, std::span<const double> weights, std::span<const std::uint64_t> ids,
                               const Bootstrap& bootstrap) {
  expects(bootstrap.replicates > 1, "cell_replicates: replicates");
  expects(ids.size() == cells.size(), "cell_replicates: as many ids as cells");
  expects(weights.empty() || weights.size() == cells.size(), "cell_replicates: as many weights as cells");
  const auto count = static_cast<std::size_t>(bootstrap.replicates) + 1;
  // A rank without rows has no weights either, whatever the others have.
  const bool weighted = parallel::any_over_ranks(comm, !weights.empty());
  const double unit = weighted ? unit_of(comm, weights) : 1;
  std::vector<std::uint64_t> counts(count * n_cells);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    expects(cells[i] < n_cells, "cell_replicates: a cell");
    const std::uint64_t weight = weighted ? static_cast<std::uint64_t>(std::llround(weights[i] / unit)) : 1;
    counts[cells[i]] += weight;
    for (std::size_t b = 1; b < count; ++b)
      counts[b * n_cells + cells[i]] += weight * bootstrap_weight(bootstrap.seed, ids[i], b);
  }
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  CellReplicates replicates(count);
  for (std::size_t b = 0; b < count; ++b)
    for (std::size_t c = 0; c < n_cells; ++c)
      replicates[b].push_back(static_cast<double>(counts[b * n_cells + c]) * unit);
  return replicates;
}

UpliftIntervals uplift_intervals(const parallel::Communicator& comm, Scores uplift,
                                 std::span<const std::uint8_t> treated, std::span<const std::uint8_t> outcome,
                                 std::span<const std::uint64_t> ids, std::span<const double> weights, double top_share,
                                 const Bootstrap& bootstrap) {
  const Rows rows{uplift, treated, outcome, weights};
  const std::vector<double> thresholds = thresholds_of(ranking_of(comm, rows));
  std::vector<std::uint32_t> cells;
  for (std::size_t i = 0; i < uplift.size(); ++i)
    cells.push_back(static_cast<std::uint32_t>(classes * group_of(thresholds, uplift[i]) + outcome[i] +
                                               std::size_t{2} * treated[i]));
  std::vector<Curves> replicates;
  for (const auto& one : cell_replicates(comm, cells, classes * (thresholds.size() + 1), weights, ids, bootstrap))
    replicates.push_back(curves_of(one));
  const Curves& sample = replicates.front();

  UpliftIntervals found;
  const auto exact = qini(comm, uplift, treated, outcome, weights);
  const auto bins = uplift_by_deciles(comm, uplift, treated, outcome, weights);
  const auto top = uplift_by_share(comm, uplift, treated, outcome, std::array{top_share}, weights);
  std::vector<std::vector<double>> shares;
  for (std::size_t d = 0; d < decile_count; ++d)
    shares.push_back(overlap(sample, static_cast<double>(d) / decile_count, static_cast<double>(d + 1) / decile_count));
  const std::vector<double> means = mean_scores(comm, rows, thresholds, shares);
  for (std::size_t d = 0; d < decile_count; ++d)
    found.deciles.push_back({bins[d],
                             interval(replicates, bootstrap.level, bins[d].uplift,
                                      [&](const Curves& curves) { return difference(curves.in(shares[d])); }),
                             means[d]});
  if (!exact) return found;
  const auto size = [](const Curves& curves) {
    const Cells all = curves.total();
    return std::pair{treated_in(all), treated_in(all) + controls_in(all)};
  };
  // ∫ (q(x) − x q(1)) dx
  const auto area = [](const Curves& curves) { return curves.area(incremental) - incremental(curves.total()) / 2; };
  const auto judged = [&](double estimate, const std::function<std::optional<double>(const Curves&)>& measure) {
    return interval(replicates, bootstrap.level, estimate, [&](const Curves& curves) -> std::optional<double> {
      return difference(curves.total()) ? measure(curves) : std::nullopt;
    });
  };
  const auto [treated_rows, all_rows] = size(sample);
  found.effect = judged(exact->incremental / treated_rows, [](const Curves& c) { return difference(c.total()); });
  found.area = judged(exact->area / all_rows, [&](const Curves& c) { return area(c) / size(c).second; });
  found.coefficient = judged(exact->coefficient, [&](const Curves& c) { return area(c) / size(c).first; });
  found.auuc = judged(exact->auuc, [&](const Curves& c) { return c.area(uplift_in_counts) / size(c).second; });
  const std::vector<double> top_shares = overlap(sample, 0, top_share);
  found.top = judged(top[0].uplift, [&](const Curves& c) { return difference(c.in(top_shares)); });
  return found;
}

}  // namespace proffer::evaluation
