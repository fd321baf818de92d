#include "models/training_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <tuple>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/scorecard.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/table_file.hpp"

namespace proffer::models {
namespace {

constexpr std::uint64_t batch_rows = 4 * storage::block_rows;

/// Visits this rank's rows of the book in batches, offers and outcomes with them.
void each_batch(const parallel::Communicator& comm, const borrowers::BookReader& book, bool features,
                const std::function<void(const borrowers::Batch&)>& take) {
  const parallel::RowRange range = storage::rows_of_rank(comm, book.rows());
  for (std::uint64_t first = range.begin; first < range.end; first += batch_rows)
    take(book.read(first, std::min(batch_rows, range.end - first),
                   {.offers = book.has_offers(), .outcomes = true, .features = features}));
}

struct Labelled {
  std::uint8_t label;
  Part part;
};

/// The rows of a batch that the model may use, and their inputs.
struct Selected {
  std::vector<Labelled> rows;
  std::vector<std::size_t> numbers;  ///< of the rows in the batch
  std::vector<float> inputs;
  std::vector<std::uint64_t> units;
};

void select(const borrowers::Batch& batch, Target target, const Splitter& splitter, const Inputs& inputs,
            bool only_training, Selected& into) {
  into = {};
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const auto label = label_of(target, batch, i);
    if (!label) continue;
    const Part part = splitter.part(batch, i);
    if (part == Part::unused || (only_training && part != Part::train)) continue;
    into.rows.push_back({*label, part});
    into.numbers.push_back(i);
    into.units.push_back(batch.unit[i]);
    into.inputs.resize(into.rows.size() * inputs.size());
    inputs.fill(batch, i, std::span(into.inputs).last(inputs.size()));
  }
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
    each_batch(comm, book, splitter.needs_features(), [&](const borrowers::Batch& batch) {
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
  Selected selected;
  if (sources.bins != nullptr) {
    rows.bins = *sources.bins;
  } else {
    features::BinSampler sampler(inputs.names, counts[0] + counts[1], {.max_bins = max_bins, .seed = seed});
    parallel::together(comm, [&] {
      each_batch(comm, book, true, [&](const borrowers::Batch& batch) {
        select(batch, settings.target, splitter, inputs, true, selected);
        sampler.add(selected.units, selected.inputs, {"/borrower/features", batch.first_row, selected.numbers});
      });
    });
    rows.bins = sampler.finish(comm);
  }
  parallel::together(comm, [&] { require_model_cuts(settings, inputs, book.schema(), rows.bins); });
  const features::Encoder encoder(rows.bins);
  Progress progress(log, fmt::format("{}: rows", settings.name), storage::rows_of_rank(comm, book.rows()).size());
  parallel::together(comm, [&] {
    each_batch(comm, book, true, [&](const borrowers::Batch& batch) {
      select(batch, settings.target, splitter, inputs, false, selected);
      const std::size_t before = rows.codes.size();
      rows.codes.resize(before + selected.inputs.size());
      encoder.encode(selected.inputs, std::span(rows.codes).subspan(before),
                     {"/borrower/features", batch.first_row, selected.numbers});
      std::vector<double> weights;
      if (sources.membership != nullptr) weights = sources.membership->weights(batch);
      for (std::size_t k = 0; k < selected.rows.size(); ++k) {
        const Labelled& row = selected.rows[k];
        const std::size_t number = selected.numbers[k];
        if (sources.membership != nullptr) rows.weight.push_back(weights[number]);
        rows.label.push_back(row.label);
        rows.part.push_back(row.part);
        rows.unit.push_back(batch.unit[number]);
        rows.as_of.push_back(batch.as_of[number]);
        for (const std::size_t column : monitored) rows.monitored.push_back(batch.row(number)[column]);
      }
      progress.advance(batch.rows());
    });
  });
  return rows;
}

std::vector<Trials> count_trials(const parallel::Communicator& comm, const borrowers::BookReader& book) {
  using Key = std::tuple<std::uint8_t, double, std::int32_t, std::uint16_t>;
  std::map<Key, std::uint64_t> counts;
  parallel::together(comm, [&] {
    each_batch(comm, book, false, [&](const borrowers::Batch& batch) {
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
