#include "evaluation/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "evaluation/poisson_weight.hpp"
#include "evaluation/ranking.hpp"
#include "evaluation/stretches.hpp"
#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::evaluation {
namespace {

struct Row {
  std::uint64_t key = 0;
  std::uint64_t id = 0;
  std::uint64_t positive = 0;
};

/// Pair counts of all replicates; replicate 0 is the sample itself.
class Replicates {
 public:
  explicit Replicates(const Bootstrap& bootstrap)
      : seed_(bootstrap.seed),
        positives_(static_cast<std::size_t>(bootstrap.replicates) + 1),
        negatives_(positives_.size()),
        won_(positives_.size()),
        tied_positives_(positives_.size()),
        tied_negatives_(positives_.size()) {}

  /// Rows in order of score, highest first.
  void add(const std::vector<Row>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      draw(rows[i]);
      if (i + 1 == rows.size() || rows[i + 1].key != rows[i].key) end_of_tie();
    }
  }

  /// Collective. AUC of every replicate that has both classes; the first is the sample's own.
  [[nodiscard]] std::vector<std::optional<double>> areas(const parallel::Communicator& comm) {
    const std::vector<std::uint64_t> positives = parallel::all_gather<std::uint64_t>(comm, positives_);
    const std::size_t count = positives_.size();
    std::vector<std::uint64_t> all_negatives = negatives_;
    std::vector<std::uint64_t> all_positives = positives_;
    parallel::all_reduce_sum(comm, all_negatives);
    parallel::all_reduce_sum(comm, all_positives);
    // Positives on the ranks before win against every negative here.
    for (int rank = 0; rank < comm.rank(); ++rank)
      for (std::size_t b = 0; b < count; ++b)
        won_[b] += static_cast<Wide>(2 * negatives_[b]) * positives[static_cast<std::size_t>(rank) * count + b];
    all_reduce_sum(comm, won_);
    std::vector<std::optional<double>> areas(count);
    for (std::size_t b = 0; b < count; ++b) {
      const Wide pairs = static_cast<Wide>(all_negatives[b]) * all_positives[b];
      if (pairs > 0) areas[b] = static_cast<double>(won_[b]) / static_cast<double>(2 * pairs);
    }
    return areas;
  }

 private:
  void draw(const Row& row) {
    std::vector<std::uint64_t>& tied = row.positive != 0 ? tied_positives_ : tied_negatives_;
    ++tied[0];
    for (std::size_t b = 1; b < tied.size(); ++b) tied[b] += bootstrap_weight(seed_, row.id, b);
  }

  void end_of_tie() {
    for (std::size_t b = 0; b < won_.size(); ++b) {
      won_[b] += static_cast<Wide>(tied_negatives_[b]) * (2 * positives_[b] + tied_positives_[b]);
      positives_[b] += std::exchange(tied_positives_[b], 0);
      negatives_[b] += std::exchange(tied_negatives_[b], 0);
    }
  }

  std::uint64_t seed_;
  std::vector<std::uint64_t> positives_;
  std::vector<std::uint64_t> negatives_;
  std::vector<Wide> won_;
  std::vector<std::uint64_t> tied_positives_;
  std::vector<std::uint64_t> tied_negatives_;
};

std::vector<Row> rows_of(Scores scores, std::span<const std::uint8_t> labels, std::span<const std::uint64_t> ids) {
  std::vector<Row> rows;
  rows.reserve(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) rows.push_back({Ranking::key_of(scores[i]), ids[i], labels[i]});
  radix_sort(rows, [](const Row& row) { return row.key; });
  return rows;
}

std::vector<Row> over_ranks(const parallel::Communicator& comm, std::vector<Row> rows) {
  if (comm.size() == 1) return rows;
  const std::uint64_t stride = sample_stride(comm, rows.size());
  std::vector<std::uint64_t> sample;
  for (std::size_t i = stride / 2; i < rows.size(); i += stride) sample.push_back(rows[i].key);
  return own_stretch(comm, std::move(rows), stretch_ends(comm, sample));
}

/// Linear between order statistics (type 7 of Hyndman & Fan 1996).
double quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t next = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[next] - sorted[below]);
}

double standard_deviation(const std::vector<double>& values) {
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

std::optional<Interval> interval_of(std::span<const std::optional<double>> values, double level) {
  std::vector<double> drawn;
  for (std::size_t b = 1; b < values.size(); ++b)
    if (values[b]) drawn.push_back(*values[b]);
  if (values.empty() || !values[0] || drawn.size() < 2) return std::nullopt;
  std::ranges::sort(drawn);
  const double tail = (1 - level) / 2;
  return Interval{*values[0], quantile(drawn, tail), quantile(drawn, 1 - tail), standard_deviation(drawn),
                  static_cast<int>(drawn.size())};
}

std::optional<Interval> auc_interval(const parallel::Communicator& comm, Scores scores,
                                     std::span<const std::uint8_t> labels, std::span<const std::uint64_t> ids,
                                     const Bootstrap& bootstrap) {
  expects(bootstrap.replicates > 1 && bootstrap.level > 0 && bootstrap.level < 1, "auc_interval: replicates, level");
  const std::uint64_t first_row = parallel::sum_before(comm, static_cast<std::uint64_t>(scores.size()));
  std::vector<Row> rows;
  parallel::together(comm, [&] {
    expects(ids.size() == scores.size(), "auc_interval: as many ids as scores");
    detail::check_rows(scores, labels, 2, {}, false, first_row);
    rows = rows_of(scores, labels, ids);
  });
  Replicates replicates(bootstrap);
  replicates.add(over_ranks(comm, std::move(rows)));
  const std::vector<std::optional<double>> areas = replicates.areas(comm);
  return interval_of(areas, bootstrap.level);
}

}  // namespace proffer::evaluation
