#include "models/membership.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string>

#include "boosting/trainer.hpp"
#include "evaluation/discrimination.hpp"
#include "features/binning.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/book_batches.hpp"
#include "models/book_scorer.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"
#include "parallel/random.hpp"

namespace proffer::models {

struct Membership::Learnt {
  NamedColumns columns;
  features::BinTable bins;
  boosting::Forest forest;
  double ratio = 1;  ///< rows sampled of the external book / of the own one
  double clip = 1;
  double mean = 1;  ///< of the clipped weights over the external book
  nlohmann::json facts;

  [[nodiscard]] std::vector<double> clipped_weights(const borrowers::Batch& batch) const {
    std::vector<float> values(batch.rows() * columns.size());
    for (std::size_t i = 0; i < batch.rows(); ++i)
      columns.fill(batch, i, std::span(values).subspan(i * columns.size(), columns.size()));
    std::vector<std::uint8_t> codes(values.size());
    features::encode(bins, values, codes, {"/borrower/features", batch.first_row});
    std::vector<float> margins(batch.rows());
    boosting::margins(forest, codes, margins);
    std::vector<double> weights;
    for (const float margin : margins)  // p/(1 − p) of a logistic margin is its exponential
      weights.push_back(std::clamp(std::exp(static_cast<double>(margin)) * ratio, 1 / clip, clip));
    return weights;
  }
};

namespace {

constexpr double most_sampled = 500'000;
constexpr double kept_share = 0.2;

/// Rows of both books by which they are told apart; label 1: own.
struct Sample {
  std::vector<float> values;
  std::vector<std::uint64_t> unit;
  std::vector<std::uint8_t> label, kept;
};

void sample_rows(const parallel::Communicator& comm, const borrowers::BookReader& book, const NamedColumns& columns,
                 std::uint8_t label, std::uint64_t seed, Sample& sample) {
  const double share = most_sampled / static_cast<double>(std::max<std::uint64_t>(1, book.rows()));
  each_batch(comm, book, {}, [&](const borrowers::Batch& batch) {
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      parallel::RandomStream stream(seed, batch.unit[i], label == 1 ? "train.own_rows" : "train.external_rows");
      if (stream.uniform() >= share) continue;
      sample.values.resize(sample.values.size() + columns.size());
      columns.fill(batch, i, std::span(sample.values).last(columns.size()));
      sample.unit.push_back(batch.unit[i]);
      sample.label.push_back(label);
      sample.kept.push_back(stream.uniform() < kept_share ? 1 : 0);
    }
  });
}

/// Features that both books have, of one kind.
std::vector<std::string> common_features(const borrowers::Schema& external, const borrowers::Schema& own,
                                         const LookAlikeSettings& settings) {
  std::vector<std::string> names;
  for (const std::string& name : external.feature_names()) {
    const auto there = own.find(name);
    if (!there || own.columns[*there].role != borrowers::Role::feature ||
        own.columns[*there].kind != external.columns[*external.find(name)].kind ||
        std::ranges::find(settings.exclude, name) != settings.exclude.end())
      continue;
    names.push_back(name);
  }
  if (names.empty())
    throw DataError({"the books have no feature in common", "membership is learnt from features of both",
                     "name them alike when the books are made"});
  return names;
}

boosting::Forest tell_apart(const boosting::CommunicatorSession& session, const Sample& sample,
                            const features::BinTable& bins, const LookAlikeSettings& settings, std::uint64_t seed,
                            int threads, double& auc) {
  std::vector<std::uint8_t> codes(sample.values.size()), fitted_codes, kept_codes, fitted_label, kept_label;
  features::encode(bins, sample.values, codes);
  const std::size_t width = bins.features();
  for (std::size_t i = 0; i < sample.label.size(); ++i) {
    auto& into = sample.kept[i] != 0 ? kept_codes : fitted_codes;
    const auto first = codes.begin() + static_cast<std::ptrdiff_t>(i * width);
    into.insert(into.end(), first, first + static_cast<std::ptrdiff_t>(width));
    (sample.kept[i] != 0 ? kept_label : fitted_label).push_back(sample.label[i]);
  }
  std::vector<std::size_t> counts;
  for (std::size_t f = 0; f < width; ++f) counts.push_back(bins.bins(f));
  boosting::TrainOptions options;
  options.rounds = settings.rounds;
  options.max_depth = settings.depth;
  options.eta = settings.eta;
  options.early_stop_rounds = 10;
  options.seed = seed;
  options.threads = threads;
  const auto objective = boosting::logistic(fitted_label), held_out = boosting::logistic(kept_label);
  const boosting::TrainingData data(session, std::move(fitted_codes), counts, {}, threads);
  boosting::Forest forest =
      boosting::train(data, {*objective}, options, boosting::HeldOut{*held_out, kept_codes}).forest;
  std::vector<float> margins(kept_label.size());
  boosting::margins(forest, kept_codes, margins);
  auc = evaluation::auc(session.communicator(), margins, kept_label).value_or(0.5);
  return forest;
}

/// Mean and facts of the weights of the whole external book.
void weigh_book(const parallel::Communicator& comm, const borrowers::BookReader& external, double auc,
                Membership::Learnt& learnt) {
  std::array<parallel::ExactSum, 2> sums;
  std::uint64_t clipped = 0;
  parallel::together(comm, [&] {
    each_batch(comm, external, {}, [&](const borrowers::Batch& batch) {
      for (const double weight : learnt.clipped_weights(batch)) {
        sums[0].add(weight);
        sums[1].add_product(weight, weight);
        clipped += weight >= learnt.clip || weight <= 1 / learnt.clip ? 1 : 0;
      }
    });
  });
  parallel::all_reduce(comm, sums);
  const double sum = sums[0].rounded(), squares = sums[1].rounded();
  learnt.mean = sum / static_cast<double>(external.rows());
  learnt.facts = {{"auc", auc},
                  {"features", learnt.bins.names},
                  {"rows", external.rows()},
                  {"effective_rows", sum * sum / squares},
                  {"clip", learnt.clip},
                  {"clipped", parallel::sum_over_ranks(comm, clipped)}};
}

}  // namespace

std::vector<double> Membership::weights(const borrowers::Batch& batch) const {
  std::vector<double> weights = learnt_->clipped_weights(batch);
  for (double& weight : weights) weight /= learnt_->mean;
  return weights;
}

const nlohmann::json& Membership::facts() const {
  return learnt_->facts;
}

LookAlikeSettings read_look_alike(const settings::Section& section) {
  LookAlikeSettings read;
  read.book = section.path("book", {.doc = "the lender's own borrowers, with or without outcomes"});
  read.clip = section.number("clip", {.doc = "most weight of a row, and 1/clip the least, before they are scaled to a "
                                             "mean of 1",
                                      .fallback = 20,
                                      .min = 1,
                                      .max = 1e6});
  read.rounds = static_cast<int>(section.integer(
      "rounds", {.doc = "most boosting rounds of the membership model", .fallback = 100, .min = 1, .max = 10000}));
  read.depth =
      static_cast<int>(section.integer("depth", {.doc = "depth of its trees", .fallback = 3, .min = 1, .max = 12}));
  read.eta = section.number("eta", {.doc = "its learning rate", .fallback = 0.1, .min = 1e-4, .max = 1});
  read.exclude = section.texts("exclude", {.doc = "features that tell the books apart for no reason that matters"});
  return read;
}

Membership learn_membership(const boosting::CommunicatorSession& session, const borrowers::BookReader& external,
                            const LookAlikeSettings& settings, std::uint64_t seed, int threads, Log& log) {
  const parallel::Communicator& comm = session.communicator();
  auto learnt = std::make_shared<Membership::Learnt>();
  learnt->clip = settings.clip;
  Sample sample;
  std::vector<std::string> names;
  parallel::together(comm, [&] {
    const borrowers::BookReader own(settings.book);
    names = common_features(external.schema(), own.schema(), settings);
    std::vector<std::vector<std::string>> dictionaries;
    for (const std::string& name : names)
      dictionaries.push_back(external.schema().columns[*external.schema().find(name)].dictionary);
    learnt->columns = NamedColumns(names, dictionaries, external.schema(), "train.look_alike");
    sample_rows(comm, external, learnt->columns, 0, seed, sample);
    sample_rows(comm, own, NamedColumns(names, dictionaries, own.schema(), "train.look_alike"), 1, seed, sample);
  });
  std::uint64_t counts[] = {0, 0};
  for (const std::uint8_t label : sample.label) ++counts[label];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  if (counts[0] == 0 || counts[1] == 0)
    throw parallel::AgreedError(ExitCode::bad_data,
                                {settings.book.string() + ": membership cannot be learnt", "one of the books is empty",
                                 "name a book of the lender's own borrowers"});
  learnt->ratio = static_cast<double>(counts[0]) / static_cast<double>(counts[1]);
  features::BinSampler sampler(names, counts[0] + counts[1], {.seed = seed});
  parallel::together(comm, [&] { sampler.add(sample.unit, sample.values); });
  learnt->bins = sampler.finish(comm);
  double auc = 0;
  learnt->forest = tell_apart(session, sample, learnt->bins, settings, seed, threads, auc);
  weigh_book(comm, external, auc, *learnt);
  log.warning(fmt::format(
      "cold start: the training book is external; its rows are weighted to look like {} (AUC of telling them apart "
      "{:.3f}; {} rows count like {})",
      settings.book.filename().string(), auc, with_thousands(static_cast<long long>(external.rows())),
      with_thousands(static_cast<long long>(learnt->facts["effective_rows"].get<double>()))));
  return Membership(std::move(learnt));
}

}  // namespace proffer::models
