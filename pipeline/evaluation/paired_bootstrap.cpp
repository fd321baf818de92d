#include "evaluation/paired_bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "evaluation/losses.hpp"
#include "evaluation/poisson_weight.hpp"
#include "evaluation/ranking.hpp"
#include "evaluation/stretches.hpp"
#include "evaluation/wide.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::evaluation {
namespace {

constexpr double unit = 0x1p-40;  // of losses

struct Row {
  std::uint64_t key = 0;
  std::uint64_t id = 0;
  std::uint64_t positive = 0;
};

/// Weights of both classes, per replicate.
struct Classes {
  std::vector<std::uint64_t> positives, negatives;
  explicit Classes(std::size_t replicates) : positives(replicates), negatives(replicates) {}
  void add(const Row& row, std::size_t replicate, std::uint64_t weight) {
    (row.positive != 0 ? positives : negatives)[replicate] += weight;
  }
};

/// Rows of a stretch in falling order of score, looked at twice: for the totals, then from the top down.
class Pass {
 public:
  Pass(const parallel::Communicator& comm, std::vector<Row> rows, const Bootstrap& bootstrap)
      : comm_(comm),
        rows_(std::move(rows)),
        seed_(bootstrap.seed),
        count_(static_cast<std::size_t>(bootstrap.replicates) + 1),
        total_(count_),
        above_(count_),
        tied_(count_),
        log_loss_(count_),
        brier_(count_),
        won_(count_),
        widest_(count_) {}

  [[nodiscard]] MeasureReplicates measures() {
    sum_up();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      each_weight(rows_[i], [&](std::size_t b, std::uint64_t weight) { tied_.add(rows_[i], b, weight); });
      if (i + 1 == rows_.size() || rows_[i + 1].key != rows_[i].key) end_of_tie();
    }
    all_reduce_sum(comm_, won_);
    MeasureReplicates found;
    for (std::size_t b = 0; b < count_; ++b) describe(b, found);
    return found;
  }

 private:
  template <class Take>
  void each_weight(const Row& row, Take take) {
    take(0, 1);
    for (std::size_t b = 1; b < count_; ++b) take(b, bootstrap_weight(seed_, row.id, b));
  }

  /// Collective. Totals over all ranks, and what stands above this rank's stretch.
  void sum_up() {
    for (const Row& row : rows_) {
      const double p = Ranking::score_of(row.key);
      const double miss = p - static_cast<double>(row.positive);
      const auto log_loss = static_cast<Wide>(std::llround(log_loss_of(p, row.positive != 0) / unit));
      const auto brier = static_cast<Wide>(std::llround(miss * miss / unit));
      each_weight(row, [&](std::size_t b, std::uint64_t weight) {
        total_.add(row, b, weight);
        log_loss_[b] += log_loss * weight;
        brier_[b] += brier * weight;
      });
    }
    all_reduce_sum(comm_, log_loss_);
    all_reduce_sum(comm_, brier_);
    for (auto member : {&Classes::positives, &Classes::negatives}) {
      const auto all = parallel::all_gather<std::uint64_t>(comm_, total_.*member);
      std::ranges::fill(total_.*member, 0);
      for (std::size_t i = 0; i < all.size(); ++i) {
        (total_.*member)[i % count_] += all[i];
        if (i / count_ < static_cast<std::size_t>(comm_.rank())) (above_.*member)[i % count_] += all[i];
      }
    }
  }

  void end_of_tie() {
    for (std::size_t b = 0; b < count_; ++b) {
      won_[b] += static_cast<Wide>(tied_.negatives[b]) * (2 * above_.positives[b] + tied_.positives[b]);
      above_.positives[b] += std::exchange(tied_.positives[b], 0);
      above_.negatives[b] += std::exchange(tied_.negatives[b], 0);
      const Wide positives = static_cast<Wide>(above_.positives[b]) * total_.negatives[b];
      const Wide negatives = static_cast<Wide>(above_.negatives[b]) * total_.positives[b];
      widest_[b] = std::max(widest_[b], positives > negatives ? positives - negatives : negatives - positives);
    }
  }

  void describe(std::size_t b, MeasureReplicates& found) {
    const Wide widest = max_over_ranks(comm_, widest_[b]);
    const Wide pairs = static_cast<Wide>(total_.positives[b]) * total_.negatives[b];
    const std::uint64_t rows = total_.positives[b] + total_.negatives[b];
    const auto share = [](Wide part, Wide whole) -> std::optional<double> {
      if (whole == 0) return std::nullopt;
      return static_cast<double>(part) / static_cast<double>(whole);
    };
    const auto mean = [&](Wide sum) -> std::optional<double> {
      if (rows == 0) return std::nullopt;
      return static_cast<double>(sum) * unit / static_cast<double>(rows);
    };
    found.auc.push_back(share(won_[b], 2 * pairs));
    found.ks.push_back(share(widest, pairs));
    found.log_loss.push_back(mean(log_loss_[b]));
    found.brier.push_back(mean(brier_[b]));
  }

  const parallel::Communicator& comm_;
  std::vector<Row> rows_;
  std::uint64_t seed_;
  std::size_t count_;
  Classes total_, above_, tied_;
  std::vector<Wide> log_loss_, brier_, won_, widest_;
};

std::vector<Row> stretch_of(const parallel::Communicator& comm, std::vector<Row> rows) {
  radix_sort(rows, [](const Row& row) { return row.key; });
  if (comm.size() == 1) return rows;
  const std::uint64_t stride = sample_stride(comm, rows.size());
  std::vector<std::uint64_t> sample;
  for (std::size_t i = stride / 2; i < rows.size(); i += stride) sample.push_back(rows[i].key);
  return own_stretch(comm, std::move(rows), stretch_ends(comm, sample));
}

}  // namespace

MeasureReplicates replicate_measures(const parallel::Communicator& comm, Scores probabilities,
                                     std::span<const std::uint8_t> labels, std::span<const std::uint64_t> ids,
                                     const Bootstrap& bootstrap) {
  std::vector<Row> rows;
  const std::uint64_t first_row = parallel::sum_before(comm, static_cast<std::uint64_t>(probabilities.size()));
  parallel::together(comm, [&] {
    expects(bootstrap.replicates > 1, "replicate_measures: replicates");
    expects(ids.size() == probabilities.size(), "replicate_measures: as many ids as probabilities");
    detail::check_rows(probabilities, labels, 2, {}, false, first_row);
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
      expects(probabilities[i] >= 0 && probabilities[i] <= 1, "replicate_measures: probabilities");
      rows.push_back({Ranking::key_of(probabilities[i]), ids[i], labels[i]});
    }
  });
  return Pass(comm, stretch_of(comm, std::move(rows)), bootstrap).measures();
}

std::vector<std::optional<double>> differences(std::span<const std::optional<double>> a,
                                               std::span<const std::optional<double>> b) {
  expects(a.size() == b.size(), "as many replicates of both");
  std::vector<std::optional<double>> difference(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] && b[i]) difference[i] = *a[i] - *b[i];
  return difference;
}

}  // namespace proffer::evaluation
