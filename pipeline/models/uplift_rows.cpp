#include "models/uplift_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/book_batches.hpp"
#include "models/inputs.hpp"
#include "models/split.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/table_file.hpp"

namespace proffer::models {
namespace {

constexpr std::size_t code_count = 256;
constexpr std::uint8_t not_contacted = 255;

/// What the settings say of a row, against the schema of a book.
class Trial {
 public:
  Trial(const UpliftSettings& settings, const borrowers::BookReader& book) : settings_(settings) {
    const borrowers::Schema& schema = book.schema();
    const std::string& where = settings.trees.where;
    by_offer_ = settings.treatment == "contacted" || settings.treatment == "product" || settings.treatment == "channel";
    if (by_offer_ && !book.has_offers())
      throw UsageError({fmt::format("{}: treatment is {}", where, settings.treatment), "the book has no offers",
                        "name a column of the book that holds the arms"});
    if (!settings.outcome_column.empty()) outcome_ = schema.index_of(settings.outcome_column, where);
    if (!settings.propensity.empty()) propensity_ = schema.index_of(settings.propensity, where);
    control_ = not_contacted;
    if (by_offer_) return;
    column_ = schema.index_of(settings.treatment, where);
    dictionary_ = schema.columns[*column_].dictionary;
    control_ = control_code();
  }

  [[nodiscard]] std::uint8_t control() const { return control_; }

  /// The code of the arm of row i; nothing where it is missing.
  [[nodiscard]] std::optional<std::uint8_t> arm(const borrowers::Batch& batch, std::size_t i) const {
    if (!by_offer_) {
      const float value = batch.row(i)[*column_];
      if (!(value >= 0 && value < 255) || value != std::floor(value)) return std::nullopt;
      return static_cast<std::uint8_t>(value);
    }
    const borrowers::Offers& offers = *batch.offers;
    if (offers.contacted[i] != 1) return not_contacted;
    if (settings_.treatment == "contacted") return std::uint8_t{0};
    const std::uint8_t code = settings_.treatment == "product" ? offers.product[i] : offers.channel[i];
    return code == borrowers::no_code ? std::nullopt : std::optional(code);
  }

  /// 0 or 1; nothing where it is not known.
  [[nodiscard]] std::optional<std::uint8_t> outcome(const borrowers::Batch& batch, std::size_t i) const {
    using namespace borrowers::outcome;
    if (outcome_) {
      const float value = batch.row(i)[*outcome_];
      if (value == 0.0F || value == 1.0F) return static_cast<std::uint8_t>(value);
      return std::nullopt;
    }
    const borrowers::Outcomes& outcomes = *batch.outcomes;
    std::uint8_t code = unknown;
    if (settings_.trees.target == Target::booked) {
      code = outcomes.booked[i];
      if (!outcomes.responded.empty() && outcomes.responded[i] == no) code = no;  // who does not apply is not booked
    } else {
      code = outcomes.responded[i];
    }
    return code <= yes ? std::optional(code) : std::nullopt;
  }

  [[nodiscard]] double weight(const borrowers::Batch& batch, std::size_t i) const {
    const auto p = static_cast<double>(batch.row(i)[*propensity_]);
    if (!(p > 0 && p <= 1))
      throw DataError({fmt::format("/borrower/features:{}: '{}' is {}", batch.first_row + i, settings_.propensity, p),
                       "a propensity is above 0 and at most 1", "leave such rows out of the book"});
    return 1 / p;
  }
  [[nodiscard]] bool weighted() const { return propensity_.has_value(); }

  [[nodiscard]] std::string label(std::uint8_t code, const borrowers::Schema& schema) const {
    if (by_offer_ && code == control_) return "not contacted";
    if (settings_.treatment == "contacted") return "contacted";
    const std::vector<std::string>& labels = settings_.treatment == "product"   ? schema.products
                                             : settings_.treatment == "channel" ? schema.channels
                                                                                : dictionary_;
    return code < labels.size() ? labels[code] : std::to_string(code);
  }

 private:
  [[nodiscard]] std::uint8_t control_code() const {
    const std::string& name = settings_.control;
    const auto found = std::ranges::find(dictionary_, name);
    if (found != dictionary_.end()) return static_cast<std::uint8_t>(found - dictionary_.begin());
    std::uint8_t code = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code);
    if (dictionary_.empty() && error == std::errc{} && end == name.data() + name.size() && code != not_contacted)
      return code;
    const auto near = did_you_mean(name, dictionary_);
    throw UsageError(
        {fmt::format("{}: control is '{}'", settings_.trees.where, name),
         fmt::format("{} has no such {}", settings_.treatment, dictionary_.empty() ? "whole number" : "label"),
         near ? fmt::format("did you mean {}?", *near) : "name one of its values"});
  }

  const UpliftSettings& settings_;
  bool by_offer_ = true;
  std::optional<std::size_t> column_, outcome_, propensity_;
  std::vector<std::string> dictionary_;
  std::uint8_t control_ = 0;
};

struct Row {
  std::size_t number;  // in the batch
  std::uint8_t code, outcome;
  Part part;
};

/// Visits the rows of this rank whose arm and outcome are known and whose part is used.
void each_row(const parallel::Communicator& comm, const borrowers::BookReader& book, const Trial& trial,
              const Splitter& splitter,
              const std::function<void(const borrowers::Batch&, std::span<const Row>)>& take) {
  std::vector<Row> rows;
  each_batch(comm, book, learnt_parts(book), [&](const borrowers::Batch& batch) {
    rows.clear();
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      const auto code = trial.arm(batch, i);
      const auto outcome = trial.outcome(batch, i);
      const Part part = splitter.part(batch, i);
      if (code && outcome && part != Part::unused) rows.push_back({i, *code, *outcome, part});
    }
    take(batch, rows);
  });
}

/// Training rows by code and outcome, over all ranks.
using ArmCounts = std::array<std::uint64_t, 2 * code_count>;

ArmCounts count_arms(const parallel::Communicator& comm, const borrowers::BookReader& book, const Trial& trial,
                     const Splitter& splitter) {
  ArmCounts counts{};
  parallel::together(comm, [&] {
    each_row(comm, book, trial, splitter, [&](const borrowers::Batch&, std::span<const Row> rows) {
      for (const Row& row : rows)
        if (row.part == Part::train) ++counts[std::size_t{2} * row.code + row.outcome];
    });
  });
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  return counts;
}

void check_arm(const UpliftSettings& settings, const std::string& label, std::uint64_t no, std::uint64_t yes) {
  if (no > 0 && yes > 0) return;
  throw parallel::AgreedError(ExitCode::bad_data,
                              {fmt::format("uplift {} cannot be trained", settings.trees.name),
                               no + yes == 0 ? fmt::format("no training row is of arm '{}'", label)
                                             : fmt::format("all {} training rows of arm '{}' have the same outcome",
                                                           with_thousands(static_cast<long long>(no + yes)), label),
                               "check treatment, control, target and split"});
}

/// Labels and shares of the arms; returns the arm of each code (code_count: none).
std::array<std::size_t, code_count> find_arms(const UpliftSettings& settings, const borrowers::Schema& schema,
                                              const Trial& trial, const ArmCounts& counts, UpliftRows& rows) {
  std::array<std::size_t, code_count> arm_of{};
  arm_of.fill(code_count);
  std::vector<std::uint64_t> sizes;
  std::uint64_t all = 0;
  const auto add = [&](std::size_t code) {
    const std::string label = trial.label(static_cast<std::uint8_t>(code), schema);
    check_arm(settings, label, counts[2 * code], counts[2 * code + 1]);
    arm_of[code] = rows.arms.size();
    rows.arms.push_back(label);
    sizes.push_back(counts[2 * code] + counts[2 * code + 1]);
    all += sizes.back();
  };
  add(trial.control());
  for (std::size_t code = 0; code < code_count; ++code)
    if (code != trial.control() && counts[2 * code] + counts[2 * code + 1] > 0) add(code);
  if (rows.arms.size() == 1)
    throw parallel::AgreedError(ExitCode::bad_data, {fmt::format("uplift {} cannot be trained", settings.trees.name),
                                                     fmt::format("every training row is of arm '{}'", rows.arms[0]),
                                                     "check treatment and control"});
  for (const std::uint64_t size : sizes)
    rows.arm_shares.push_back(static_cast<double>(size) / static_cast<double>(all));
  return arm_of;
}

Inputs inputs_without_trial(const UpliftSettings& settings, const borrowers::Schema& schema) {
  ModelSettings trees = settings.trees;
  for (const std::string& name : {settings.treatment, settings.outcome_column, settings.propensity})
    if (schema.find(name)) trees.exclude.push_back(name);
  return choose_inputs(trees, schema, false);
}

std::vector<std::size_t> numbers_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> numbers;
  numbers.reserve(rows.size());
  for (const Row& row : rows) numbers.push_back(row.number);
  return numbers;
}

std::vector<float> values_of(const Inputs& inputs, const borrowers::Batch& batch, std::span<const Row> rows) {
  std::vector<float> values(rows.size() * inputs.size());
  for (std::size_t k = 0; k < rows.size(); ++k)
    inputs.fill(batch, rows[k].number, std::span(values).subspan(k * inputs.size(), inputs.size()));
  return values;
}

}  // namespace

bool has_outcome(const UpliftSettings& settings, const borrowers::BookReader& book) {
  return !settings.outcome_column.empty() || book.has_outcome(name_of(settings.trees.target));
}

UpliftRows collect_uplift_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                               const TrainSettings& train, const UpliftSettings& settings, std::uint64_t seed,
                               Log& log) {
  UpliftRows collected;
  std::optional<Splitter> splitter;
  std::optional<Trial> trial;
  Inputs& inputs = collected.all.inputs;
  parallel::together(comm, [&] {
    trial.emplace(settings, book);
    inputs = inputs_without_trial(settings, book.schema());
    splitter.emplace(train.split, book.schema(), seed);
  });
  collected.all.monotone.assign(inputs.size(), 0);
  const ArmCounts counts = count_arms(comm, book, *trial, *splitter);
  const auto arm_of = find_arms(settings, book.schema(), *trial, counts, collected);
  std::uint64_t training = 0;
  for (const std::uint64_t count : counts) training += count;

  TrainingRows& rows = collected.all.rows;
  features::BinSampler sampler(inputs.names, training,
                               {.max_bins = static_cast<std::size_t>(train.max_bins), .seed = seed});
  parallel::together(comm, [&] {
    each_row(comm, book, *trial, *splitter, [&](const borrowers::Batch& batch, std::span<const Row> some) {
      std::vector<Row> of_training;
      std::ranges::copy_if(some, std::back_inserter(of_training), [](const Row& r) { return r.part == Part::train; });
      std::vector<std::uint64_t> units;
      units.reserve(of_training.size());
      for (const Row& row : of_training) units.push_back(batch.unit[row.number]);
      sampler.add(units, values_of(inputs, batch, of_training),
                  {"/borrower/features", batch.first_row, numbers_of(of_training)});
    });
  });
  rows.bins = sampler.finish(comm);
  const features::Encoder encoder(rows.bins);
  Progress progress(log, fmt::format("{}: rows", settings.trees.name), storage::rows_of_rank(comm, book.rows()).size());
  parallel::together(comm, [&] {
    each_row(comm, book, *trial, *splitter, [&](const borrowers::Batch& batch, std::span<const Row> some) {
      std::vector<Row> kept;
      std::ranges::copy_if(some, std::back_inserter(kept), [&](const Row& r) { return arm_of[r.code] < code_count; });
      const std::vector<float> values = values_of(inputs, batch, kept);
      const std::size_t before = rows.codes.size();
      rows.codes.resize(before + values.size());
      encoder.encode(values, std::span(rows.codes).subspan(before),
                     {"/borrower/features", batch.first_row, numbers_of(kept)});
      for (const Row& row : kept) {
        rows.label.push_back(row.outcome);
        rows.part.push_back(row.part);
        rows.unit.push_back(batch.unit[row.number]);
        rows.as_of.push_back(batch.as_of[row.number]);
        collected.arm.push_back(static_cast<std::uint8_t>(arm_of[row.code]));
        if (trial->weighted()) collected.weight.push_back(trial->weight(batch, row.number));
      }
      progress.advance(batch.rows());
    });
  });
  return collected;
}

ModelRows rows_of_arm(const UpliftRows& rows, std::size_t arm) {
  ModelRows some;
  some.inputs = rows.all.inputs;
  some.monotone = rows.all.monotone;
  some.rows.bins = rows.all.rows.bins;
  const std::size_t inputs = rows.all.inputs.size();
  const TrainingRows& all = rows.all.rows;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.arm[i] != arm) continue;
    const auto first = all.codes.begin() + static_cast<std::ptrdiff_t>(i * inputs);
    some.rows.codes.insert(some.rows.codes.end(), first, first + static_cast<std::ptrdiff_t>(inputs));
    some.rows.label.push_back(all.label[i]);
    some.rows.part.push_back(all.part[i]);
    some.rows.unit.push_back(all.unit[i]);
    some.rows.as_of.push_back(all.as_of[i]);
  }
  return some;
}

ModelRows rows_with_arms(const UpliftRows& rows) {
  ModelRows wide = rows.all;
  const std::size_t inputs = rows.all.inputs.size(), treatments = rows.arms.size() - 1;
  for (std::size_t t = 1; t <= treatments; ++t) {
    wide.inputs.names.push_back("arm." + rows.arms[t]);
    wide.rows.bins.names.push_back(wide.inputs.names.back());
    wide.rows.bins.cuts.push_back({0.5F});
    wide.monotone.push_back(0);
  }
  wide.rows.codes.assign(rows.rows() * (inputs + treatments), 0);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto to = wide.rows.codes.begin() + static_cast<std::ptrdiff_t>(i * (inputs + treatments));
    std::copy_n(rows.all.rows.codes.begin() + static_cast<std::ptrdiff_t>(i * inputs), inputs, to);
    if (rows.arm[i] > 0) *(to + static_cast<std::ptrdiff_t>(inputs + rows.arm[i] - 1)) = 1;
  }
  return wide;
}

}  // namespace proffer::models
