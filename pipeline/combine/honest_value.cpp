#include "combine/honest_value.hpp"

#include <unordered_map>

#include "parallel/agreement.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::combine {
namespace {

/// Fold values of the sampled borrowers among this rank's rows, by id → row of FoldValues.
struct Sample {
  offers::FoldValues values;
  std::unordered_map<std::uint64_t, std::size_t> row_of;
};

Sample load_sample(const offers::ScoreReader& reader) {
  Sample sample;
  sample.values = reader.read_folds(0, reader.fold_rows());
  for (std::size_t r = 0; r < sample.values.id.size(); ++r) sample.row_of[sample.values.id[r]] = r;
  return sample;
}

/// λᵀa of each pair of one row.
void prices(const allocation::PairBatch& batch, std::size_t i, std::size_t offers, const allocation::Rules& rules,
            const std::vector<double>& multipliers, std::vector<double>& price) {
  price.assign(offers, 0.0);
  for (std::size_t k = 0; k < rules.limits.size(); ++k) {
    const allocation::Limit& limit = rules.limits[k];
    if (multipliers[k] == 0.0) continue;
    if (!batch.counted_by.empty() && ((batch.counted_by[i] >> k) & 1U) == 0) continue;
    for (std::size_t j = 0; j < offers; ++j) {
      const double q =
          limit.quantity == allocation::unit_quantity ? 1.0 : batch.quantities[limit.quantity][i * offers + j];
      price[j] += multipliers[k] * (limit.weight[j] * q);
    }
  }
}

/// The offer that has the highest value − price, −1 where none is above zero.
std::ptrdiff_t best(std::span<const float> value, std::span<const double> price, std::span<const std::uint8_t> eligible) {
  std::ptrdiff_t chosen = -1;
  double highest = 0.0;
  for (std::size_t j = 0; j < price.size(); ++j) {
    const double reduced = static_cast<double>(value[j]) - price[j];
    if (eligible[j] != 0 && reduced > highest) {
      highest = reduced;
      chosen = static_cast<std::ptrdiff_t>(j);
    }
  }
  return chosen;
}

}  // namespace

HonestValue honest_value(const parallel::Communicator& comm, const offers::ScoreReader& reader,
                         const ScoreSource& source, const allocation::Rules& rules,
                         const allocation::Solution& solution) {
  HonestValue honest;
  honest.value = solution.certificate.value;
  if (reader.fold_rows() == 0) return honest;
  std::array<parallel::ExactSum, 2> sums;  // planned, honest
  parallel::together(comm, [&] {
    const Sample sample = load_sample(reader);
    const std::size_t offers = source.offers();
    std::vector<double> price;
    source.visit([&](const allocation::PairBatch& batch) {
      for (std::size_t i = 0; i < batch.rows; ++i) {
        const auto found = sample.row_of.find(batch.id[i]);
        if (found == sample.row_of.end()) continue;
        prices(batch, i, offers, rules, solution.multipliers, price);
        const auto eligible = batch.eligible.subspan(i * offers, offers);
        const std::span<const float> folds[2] = {
            std::span(sample.values.first).subspan(found->second * offers, offers),
            std::span(sample.values.second).subspan(found->second * offers, offers)};
        for (std::size_t chooser = 0; chooser < 2; ++chooser) {
          const std::ptrdiff_t j = best(folds[chooser], price, eligible);
          if (j < 0) continue;
          sums[0].add(static_cast<double>(folds[chooser][static_cast<std::size_t>(j)]));
          sums[1].add(static_cast<double>(folds[1 - chooser][static_cast<std::size_t>(j)]));
        }
      }
    });
  });
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  honest.fold_planned = sums[0].rounded();
  honest.fold_honest = sums[1].rounded();
  honest.borrowers = reader.fold_rows();
  honest.known = honest.fold_planned > 0;
  if (honest.known) honest.ratio = 1.0 - 0.5 * (1.0 - honest.fold_honest / honest.fold_planned);
  honest.value = solution.certificate.value * honest.ratio;
  return honest;
}

}  // namespace proffer::combine
