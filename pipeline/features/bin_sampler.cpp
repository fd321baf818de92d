#include <cmath>
#include <limits>
#include <utility>

#include "features/binning.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::features {
namespace {
constexpr std::uint64_t sampling = parallel::purpose("features.bin_sample");

/// A unit is in the sample if its 64 random bits are at most this: sample / rows of all units are.
std::uint64_t threshold_for(std::uint64_t sample, std::uint64_t rows) {
  constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
  return rows <= sample ? all : all / rows * sample;
}
}  // namespace

BinSampler::BinSampler(std::vector<std::string> names, std::uint64_t total_rows, BinOptions options)
    : names_(std::move(names)),
      options_(options),
      threshold_(threshold_for(options.sample_rows, total_rows)),
      sample_(names_.size()) {
  expects(options.max_bins >= 2 && options.max_bins <= features::max_bins, "2 to 255 bins");
}

bool BinSampler::looks_at(std::uint64_t unit) const {
  return parallel::random_bits(options_.seed, unit, sampling) <= threshold_;
}

void BinSampler::add(std::span<const std::uint64_t> units, std::span<const float> values, RowOrigin origin) {
  const std::size_t features = names_.size();
  expects(values.size() == units.size() * features, "one row of values per unit");
  refuse_infinite(values, names_, origin);
  for (std::size_t row = 0; row < units.size(); ++row) {
    if (!looks_at(units[row])) continue;
    for (std::size_t f = 0; f < features; ++f) {
      const float value = values[row * features + f];
      if (!std::isnan(value)) sample_[f].push_back(value);
    }
  }
}

BinTable BinSampler::finish(const parallel::Communicator& comm) {
  const std::size_t features = names_.size();
  const auto ranks = static_cast<std::size_t>(comm.size());
  BinTable table{std::move(names_), {}};
  // The ranks share the work: each gets all values of one feature of every group of as many features as ranks.
  for (std::size_t first = 0; first < features; first += ranks) {
    const std::size_t group = std::min(ranks, features - first);
    std::vector<std::size_t> counts(ranks, 0);
    std::vector<float> outgoing;
    for (std::size_t i = 0; i < group; ++i) {
      counts[i] = sample_[first + i].size();
      outgoing.insert(outgoing.end(), sample_[first + i].begin(), sample_[first + i].end());
      sample_[first + i] = {};
    }
    const auto mine = parallel::all_to_all(comm, std::span<const float>(outgoing), counts);
    std::vector<float> cuts;
    parallel::together(comm, [&] { cuts = choose_cuts(mine, options_.max_bins); });
    for (std::size_t i = 0; i < group; ++i) table.cuts.push_back(parallel::broadcast(comm, cuts, static_cast<int>(i)));
  }
  return table;
}

}  // namespace proffer::features
