#include "models/training_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/book_batches.hpp"
#include "models/row_selection.hpp"
#include "models/scorecard.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/table_file.hpp"

namespace proffer::models {
namespace {

bool is_sampled(const features::BinSampler& sampler, Part part, std::uint64_t unit) {
  return part == Part::train && sampler.looks_at(unit);
}

/// Adds the training rows that the sampler looks at.
void sample(const SelectedRows& batch, std::size_t inputs, features::BinSampler& sampler) {
  std::vector<std::size_t> numbers;
  std::vector<std::uint64_t> units;
  std::vector<float> values;
  for (std::size_t k = 0; k < batch.numbers.size(); ++k) {
    if (!is_sampled(sampler, batch.part[k], batch.unit[k])) continue;
    numbers.push_back(batch.numbers[k]);
    units.push_back(batch.unit[k]);
    const auto own = batch.inputs.begin() + static_cast<std::ptrdiff_t>(k * inputs);
    values.insert(values.end(), own, own + static_cast<std::ptrdiff_t>(inputs));
  }
  sampler.add(units, values, {"/borrower/features", batch.first_row, numbers});
}

template <class Value>
void append(const std::vector<Value>& values, std::vector<Value>& to) {
  to.insert(to.end(), values.begin(), values.end());
}

/// Adds the rows with their codes.
void encode(const SelectedRows& batch, const features::Encoder& encoder, TrainingRows& rows) {
  const std::size_t before = rows.codes.size();
  rows.codes.resize(before + batch.inputs.size());
  encoder.encode(batch.inputs, std::span(rows.codes).subspan(before),
                 {"/borrower/features", batch.first_row, batch.numbers});
  append(batch.label, rows.label);
  append(batch.part, rows.part);
  append(batch.unit, rows.unit);
  append(batch.as_of, rows.as_of);
  append(batch.monitored, rows.monitored);
  append(batch.weight, rows.weight);
}

/// Over all ranks: training rows per label, and rows per outcome code (TrainingRows::outcomes).
struct Counts {
  std::array<std::uint64_t, 2> training{};
  std::array<std::uint64_t, 5> outcomes{};
};

Counts count_rows(const parallel::Communicator& comm, const borrowers::BookReader& book, Target target,
                  const Splitter& splitter) {
  Counts counts;
  parallel::together(comm, [&] {
    each_batch(comm, book, learnt_parts(book, splitter.needs_features()), [&](const borrowers::Batch& batch) {
      for (std::size_t i = 0; i < batch.rows(); ++i) {
        const auto code = outcome_code(target, batch, i);
        if (!code) continue;
        const bool is_label = *code <= borrowers::outcome::yes;
        ++counts.outcomes[is_label ? *code : std::size_t{2} + *code - borrowers::outcome::excluded];
        if (is_label && splitter.part(batch, i) == Part::train) ++counts.training[*code];
      }
    });
  });
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts.training));
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts.outcomes));
  return counts;
}

void check_classes(const ModelSettings& settings, const std::array<std::uint64_t, 2>& counts) {
  if (counts[0] > 0 && counts[1] > 0) return;
  const std::uint64_t rows = counts[0] + counts[1];
  throw parallel::AgreedError(
      ExitCode::bad_data,
      {fmt::format("model {} cannot be trained", settings.name),
       rows == 0 ? fmt::format("no training row has a known {}", name_of(settings.target))
                 : fmt::format("all {} training rows have {} = {}", with_thousands(static_cast<long long>(rows)),
                               name_of(settings.target), counts[1] > 0 ? 1 : 0),
       "check outcomes and split of the book, or remove the model from train.models"});
}

}  // namespace

TrainingRows collect_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                          const ModelSettings& settings, const Inputs& inputs, const Splitter& splitter,
                          std::size_t max_bins, std::uint64_t seed, Log& log, std::span<const std::size_t> monitored,
                          const RowSources& sources) {
  const auto [counts, outcomes] = count_rows(comm, book, settings.target, splitter);
  check_classes(settings, counts);
  TrainingRows rows;
  rows.outcomes = outcomes;
  const auto neighbours = static_cast<std::size_t>(comm.ranks_on_this_host());
  RowSelection selection(comm, book, settings.target, inputs, splitter, monitored, sources.membership,
                         sources.most_kept_bytes / neighbours);
  if (sources.bins != nullptr) {
    rows.bins = *sources.bins;
  } else {
    features::BinSampler sampler(inputs.names, counts[0] + counts[1], {.max_bins = max_bins, .seed = seed});
    parallel::together(comm, [&] {
      selection.first([&](Part part, std::uint64_t unit) { return is_sampled(sampler, part, unit); },
                      [&](const SelectedRows& batch) { sample(batch, inputs.size(), sampler); });
    });
    rows.bins = sampler.finish(comm);
  }
  parallel::together(comm, [&] { require_model_cuts(settings, inputs, book.schema(), rows.bins); });
  const features::Encoder encoder(rows.bins);
  Progress progress(log, fmt::format("{}: rows", settings.name), storage::rows_of_rank(comm, book.rows()).size());
  parallel::together(comm, [&] {
    selection.all([&](const SelectedRows& batch) {
      encode(batch, encoder, rows);
      progress.advance(batch.batch_rows);
    });
  });
  return rows;
}

std::vector<Trials> count_trials(const parallel::Communicator& comm, const borrowers::BookReader& book) {
  using Key = std::tuple<std::uint8_t, double, std::int32_t, std::uint16_t>;
  std::map<Key, std::uint64_t> counts;
  parallel::together(comm, [&] {
    each_batch(comm, book, learnt_parts(book, false), [&](const borrowers::Batch& batch) {
      for (std::size_t i = 0; i < batch.rows(); ++i) {
        if (batch.offers->contacted[i] != 1 || !std::isfinite(batch.offers->apr[i])) continue;
        const OfferTerms offer = offer_of(batch, i);
        const auto basis_points = static_cast<std::int32_t>(std::lround(static_cast<double>(offer.apr) * 1e4));
        ++counts[{offer.product, std::isfinite(offer.limit) ? offer.limit : 0.0, basis_points, offer.term}];
      }
    });
  });
  std::vector<Trials> mine;
  for (const auto& [key, count] : counts) {
    Trials cell;
    cell.product = std::get<0>(key);
    cell.limit = std::get<1>(key);
    cell.apr = static_cast<float>(std::get<2>(key)) / 1e4F;
    cell.term = std::get<3>(key);
    cell.count = count;
    mine.push_back(cell);
  }
  std::map<Key, Trials> merged;
  for (const Trials& cell : parallel::all_gather(comm, std::span<const Trials>(mine))) {
    const Key key{cell.product, cell.limit, static_cast<std::int32_t>(std::lround(static_cast<double>(cell.apr) * 1e4)),
                  cell.term};
    auto [at, is_new] = merged.emplace(key, cell);
    if (!is_new) at->second.count += cell.count;
  }
  std::vector<Trials> all;
  all.reserve(merged.size());
  for (const auto& [key, cell] : merged) all.push_back(cell);
  return all;
}

std::int32_t last_row(const parallel::Communicator& comm, const TrainingRows& rows) {
  std::int32_t last = 0;
  for (const std::int32_t as_of : rows.as_of) last = std::max(last, as_of);
  std::array<std::int64_t, 1> latest{last};
  parallel::all_reduce_max(comm, std::span<std::int64_t>(latest));
  return static_cast<std::int32_t>(latest[0]);
}

}  // namespace proffer::models
