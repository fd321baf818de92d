#include "evaluation/ranking.hpp"

#include <bit>
#include <cmath>
#include <functional>
#include <string>

#include "evaluation/radix_sort.hpp"
#include "evaluation/stretches.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::evaluation {
using Run = Ranking::Run;

void detail::check_rows(Scores scores, std::span<const std::uint8_t> classes, int n_classes,
                        std::span<const double> weights, bool weighted, std::uint64_t first_row) {
  expects(classes.size() == scores.size(), "Ranking: as many classes as scores");
  expects(weights.size() == (weighted ? scores.size() : 0), "Ranking: as many weights as scores, or none on any rank");
  const auto row = [&](std::size_t i) { return " of row " + std::to_string(first_row + i); };
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i]))
      throw DataError(
          {"the score" + row(i) + " is NaN", "rows without a score have no rank", "leave such rows out or score them"});
    if (classes[i] >= n_classes)
      throw DataError({"the label" + row(i) + " is " + std::to_string(classes[i]),
                       "it must be below " + std::to_string(n_classes), "leave out rows whose outcome is not known"});
    if (!weights.empty() && !(weights[i] >= 0 && std::isfinite(weights[i])))
      throw DataError({"the weight" + row(i) + " is " + std::to_string(weights[i]),
                       "weights are finite and not negative", "check where the weights come from"});
  }
}

namespace {

/// The power of two on whose multiples all weights can be added up in 61 bits.
double grid_unit(const parallel::Communicator& comm, std::span<const double> weights, std::uint64_t rows) {
  const double largest = parallel::max_over_ranks(comm, weights.empty() ? 0 : *std::ranges::max_element(weights));
  if (largest == 0) return 1;
  constexpr int bits = 60;
  return std::ldexp(1.0, std::ilogb(largest) + 1 + std::ilogb(static_cast<double>(rows)) + 1 - bits);
}

/// Sorted runs → sorted runs with different keys.
void join_equal(std::vector<Run>& runs) {
  std::size_t kept = 0;
  for (const Run& run : runs) {
    if (kept > 0 && runs[kept - 1].key == run.key) {
      runs[kept - 1].count += run.count;
    } else {
      runs[kept++] = run;
    }
  }
  runs.resize(kept);
  runs.shrink_to_fit();
}

std::vector<Run> runs_of_keys(std::vector<std::uint64_t> keys) {
  radix_sort(keys, std::identity());
  std::size_t different = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) different += i == 0 || keys[i] != keys[i - 1];
  std::vector<Run> runs;
  runs.reserve(different);
  for (const std::uint64_t key : keys) {
    if (runs.empty() || runs.back().key != key) runs.push_back({key, 0});
    ++runs.back().count;
  }
  return runs;
}

std::vector<Run> unweighted_runs(Scores scores, std::span<const std::uint8_t> classes, int wanted) {
  std::vector<std::uint64_t> keys;
  keys.reserve(static_cast<std::size_t>(std::ranges::count(classes, static_cast<std::uint8_t>(wanted))));
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (classes[i] == wanted) keys.push_back(Ranking::key_of(scores[i]));
  return runs_of_keys(std::move(keys));
}

std::vector<Run> weighted_runs(Scores scores, std::span<const std::uint8_t> classes, int wanted,
                               std::span<const double> weights, double unit) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (classes[i] != wanted) continue;
    const auto count = static_cast<std::uint64_t>(std::llrint(weights[i] / unit));
    if (count > 0) runs.push_back({Ranking::key_of(scores[i]), count});
  }
  radix_sort(runs, [](const Run& run) { return run.key; });
  join_equal(runs);
  return runs;
}

}  // namespace

std::uint64_t Ranking::key_of(double score) {
  const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);  // -0 and 0 are one score
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  return (bits & sign) != 0 ? bits : ~(bits | sign);
}

double Ranking::score_of(std::uint64_t key) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  return std::bit_cast<double>((key & sign) != 0 ? key : ~(key | sign));
}

Ranking::Ranking(const parallel::Communicator& comm, Scores scores, std::span<const std::uint8_t> classes,
                 int n_classes, std::span<const double> weights)
    : comm_(comm) {
  const std::uint64_t first_row = parallel::sum_before(comm, scores.size());
  // A rank without rows gives no weights either: whether there are any is known together.
  const bool weighted = parallel::any_over_ranks(comm, !weights.empty());
  parallel::together(comm, [&] { detail::check_rows(scores, classes, n_classes, weights, weighted, first_row); });
  rows_ = parallel::sum_over_ranks(comm, static_cast<std::uint64_t>(scores.size()));
  if (weighted) unit_ = grid_unit(comm, weights, rows_);
  for (int c = 0; c < n_classes; ++c)
    runs_[static_cast<std::size_t>(c)] =
        weighted ? weighted_runs(scores, classes, c, weights, unit_) : unweighted_runs(scores, classes, c);
  if (comm.size() > 1) exchange();
  count();
}

void Ranking::exchange() {
  std::uint64_t mine = 0;
  for (const auto& runs : runs_) mine += runs.size();
  const std::uint64_t stride = sample_stride(comm_, mine);
  std::vector<std::uint64_t> sample;
  for (const auto& runs : runs_)
    for (std::size_t i = stride / 2; i < runs.size(); i += stride) sample.push_back(runs[i].key);
  const std::vector<std::uint64_t> ends = stretch_ends(comm_, sample);
  for (auto& runs : runs_) {
    runs = own_stretch(comm_, std::move(runs), ends);
    join_equal(runs);
  }
}

void Ranking::count() {
  for (std::size_t c = 0; c < runs_.size(); ++c) {
    std::uint64_t here = 0;
    for (const Run& run : runs_[c]) here += run.count;
    before_[c] = parallel::sum_before(comm_, here);
    total_[c] = parallel::sum_over_ranks(comm_, here);
  }
}

Ranking binary_ranking(const parallel::Communicator& comm, Scores scores, std::span<const std::uint8_t> labels,
                       std::span<const double> weights) {
  return Ranking(comm, scores, labels, 2, weights);
}

std::vector<double> detail::from_owners(const parallel::Communicator& comm,
                                        std::span<const std::optional<double>> mine) {
  // Bit patterns are added up: one owner each, so the sum is the owner's pattern, whatever the sign.
  std::vector<std::uint64_t> bits;
  bits.reserve(mine.size());
  for (const std::optional<double>& value : mine) bits.push_back(value ? std::bit_cast<std::uint64_t>(*value) : 0);
  parallel::all_reduce_sum(comm, bits);
  std::vector<double> values;
  values.reserve(bits.size());
  for (const std::uint64_t pattern : bits) values.push_back(std::bit_cast<double>(pattern));
  return values;
}

}  // namespace proffer::evaluation
