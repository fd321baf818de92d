#include "offers/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "borrowers/decided_rows.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "offers/model_grid.hpp"
#include "offers/policy.hpp"
#include "offers/policy_facts.hpp"
#include "offers/score_file.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::offers {
namespace {

/// Everything that turns rows of the book into rows of the score file; const after construction.
class RowScorer {
 public:
  RowScorer(const borrowers::BookReader& book, const ScoreModels& models, const ScoreSettings& settings, int threads)
      : settings_(settings),
        threads_(threads),
        response_(models.response, book.schema(), settings.catalog),
        default_(models.defaults, book.schema(), settings.catalog),
        economics_(settings.catalog, settings.economics, std::max(1, models.defaults.horizon_months)),
        trials_(count_trials(settings.catalog, models.response.trials, models.response.products,
                             settings.policy.neighbourhood)),
        policy_(settings.policy, settings.catalog, economics_, book.schema(), facts()) {
    if (models.booking) booking_.emplace(*models.booking, book.schema(), settings.catalog);
    if (models.fraud) fraud_.emplace(*models.fraud, book.schema(), settings.catalog);
    if (!settings.segment.empty()) find_segment(book.schema());
  }

  [[nodiscard]] ScoreSchema schema(const borrowers::Schema& book) const;
  [[nodiscard]] bool has_second() const {
    return response_.has_second() && default_.has_second() && (!booking_ || booking_->has_second()) &&
           (!fraud_ || fraud_->has_second());
  }
  [[nodiscard]] const std::vector<std::string>& assumptions() const { return economics_.assumptions(); }

  void score(const borrowers::Batch& batch, std::span<const double> instalments, ScoreRows& rows) const;
  /// Value of every pair of the batch by the second opinions.
  void second_values(const borrowers::Batch& batch, std::vector<float>& value) const;

 private:
  struct Probabilities {
    std::vector<float> take, defaults, fraud;
  };
  [[nodiscard]] PolicyFacts facts() const {
    PolicyFacts facts{trials_, {}};
    if (settings_.policy.suppression) facts.suppressed = read_suppression(*settings_.policy.suppression);
    return facts;
  }
  void find_segment(const borrowers::Schema& schema) {
    segment_ = schema.index_of(settings_.segment, "combine.segment");
    segments_ = schema.columns[*segment_].dictionary;
    if (segments_.empty() || segments_.size() > 255)
      throw UsageError({fmt::format("combine.segment is {}", settings_.segment),
                        segments_.empty() ? "it is not categorical" : "it has more than 255 labels",
                        "name a categorical feature"});
  }
  void probabilities(const borrowers::Batch& batch, Opinion which, Probabilities& p) const;

  const ScoreSettings& settings_;
  int threads_;
  ModelGrid response_, default_;
  std::optional<ModelGrid> booking_, fraud_;
  OfferEconomics economics_;
  std::vector<std::uint64_t> trials_;
  Policy policy_;
  std::optional<std::size_t> segment_;
  std::vector<std::string> segments_;
};

ScoreSchema RowScorer::schema(const borrowers::Schema& book) const {
  ScoreSchema schema;
  const Catalog& catalog = settings_.catalog;
  ScoreCatalog& out = schema.catalog;
  out.products = catalog.product_names();
  out.channels = catalog.channel_names();
  for (const Offer& offer : catalog.offers) {
    out.name.push_back(catalog.name_of(offer));
    out.product.push_back(offer.product);
    out.channel.push_back(offer.channel);
    out.limit.push_back(offer.limit);
    out.apr.push_back(offer.apr);
    out.term.push_back(offer.term);
  }
  const auto copy = [](std::span<const double> values) { return std::vector<double>(values.begin(), values.end()); };
  out.exposure = copy(economics_.exposure());
  out.lgd = copy(economics_.lgd());
  out.fraud_loss = copy(economics_.fraud_loss());
  out.contact_cost = copy(economics_.contact_cost());
  out.effective_apr = copy(economics_.effective_apr());
  schema.reasons = policy_.reasons().names;
  schema.reason_class = policy_.reasons().classes;
  schema.segments = segments_;
  schema.assumptions = economics_.assumptions();
  if (!booking_) schema.assumptions.emplace_back("whoever accepts is booked (there is no booking model)");
  if (!fraud_) schema.assumptions.emplace_back("nobody defrauds (there is no fraud model)");
  schema.currency = book.currency;
  schema.horizon_months = default_.model().horizon_months;
  return schema;
}

void RowScorer::probabilities(const borrowers::Batch& batch, Opinion which, Probabilities& p) const {
  const std::size_t offers = settings_.catalog.offers.size();
  const std::size_t pairs = batch.rows() * offers;
  std::vector<std::uint8_t> codes;
  p.take.resize(pairs);
  p.defaults.resize(pairs);
  p.fraud.assign(batch.rows(), 0.0F);
  response_.encode(batch, codes);
  response_.probabilities(which, codes, p.take, threads_);
  if (booking_) {
    std::vector<float> booked(pairs);
    booking_->encode(batch, codes);
    booking_->probabilities(which, codes, booked, threads_);
    for (std::size_t i = 0; i < pairs; ++i) p.take[i] *= booked[i];
  }
  default_.encode(batch, codes);
  default_.probabilities(which, codes, p.defaults, threads_);
  if (!fraud_) return;
  std::vector<float> fraud(pairs);
  fraud_->encode(batch, codes);
  fraud_->probabilities(which, codes, fraud, threads_);
  for (std::size_t i = 0; i < batch.rows(); ++i) p.fraud[i] = fraud[i * offers];
}

void RowScorer::score(const borrowers::Batch& batch, std::span<const double> instalments, ScoreRows& rows) const {
  rows.resize(batch.rows(), settings_.catalog.offers.size());
  rows.id = batch.id;
  rows.unit = batch.unit;
  Probabilities p;
  probabilities(batch, Opinion::first, p);
  economics_.values(p.take, p.defaults, p.fraud, rows.value);
  policy_.evaluate({.id = batch.id,
                    .features = batch.features,
                    .p_default = p.defaults,
                    .p_fraud = fraud_ ? std::span<const float>(p.fraud) : std::span<const float>(),
                    .existing_instalments = instalments},
                   rows.reason);
  rows.p_take = std::move(p.take);
  rows.p_default = std::move(p.defaults);
  rows.p_fraud = std::move(p.fraud);
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const float code = segment_ ? batch.row(i)[*segment_] : -1.0F;
    rows.segment[i] = code >= 0 && code < 255 ? static_cast<std::uint8_t>(code) : std::uint8_t{255};
  }
}

void RowScorer::second_values(const borrowers::Batch& batch, std::vector<float>& value) const {
  Probabilities p;
  probabilities(batch, Opinion::second, p);
  value.resize(p.take.size());
  economics_.values(p.take, p.defaults, p.fraud, value);
}

/// The rows of `batch` whose numbers are listed (offsets into the batch, ascending).
borrowers::Batch pick(const borrowers::Batch& batch, const std::vector<std::size_t>& wanted) {
  if (wanted.size() == batch.rows()) return batch;
  borrowers::Batch picked;
  picked.first_row = batch.first_row;
  picked.columns = batch.columns;
  for (std::size_t i : wanted) {
    picked.id.push_back(batch.id[i]);
    picked.unit.push_back(batch.unit[i]);
    picked.as_of.push_back(batch.as_of[i]);
    const auto row = batch.row(i);
    picked.features.insert(picked.features.end(), row.begin(), row.end());
  }
  return picked;
}

/// The ids valued by the second opinions too: a share of all borrowers by hash.
class SecondSample {
 public:
  SecondSample(std::uint64_t seed, std::uint64_t rows, std::uint64_t wanted)
      : seed_(seed),
        threshold_(rows <= wanted ? std::numeric_limits<std::uint64_t>::max()
                                  : static_cast<std::uint64_t>(
                                        0x1p64 * (static_cast<double>(wanted) / static_cast<double>(rows)))) {}
  [[nodiscard]] bool has(std::uint64_t id) const {
    return parallel::random_bits(seed_, id, parallel::purpose("offers.second_sample")) <= threshold_;
  }

 private:
  std::uint64_t seed_, threshold_;
};

std::vector<std::uint64_t> ids_of(const borrowers::BookReader& book, const std::vector<std::uint64_t>& rows,
                                  const parallel::RowRange& range, std::vector<std::int32_t>& as_of) {
  const auto all = book.table().read_rows<std::uint64_t>("/borrower/id", range.begin, range.size());
  const auto dates = book.table().read_rows<std::int32_t>("/borrower/as_of", range.begin, range.size());
  std::vector<std::uint64_t> ids;
  for (std::uint64_t row : rows) {
    ids.push_back(all[row - range.begin]);
    as_of.push_back(dates[row - range.begin]);
  }
  return ids;
}

/// Where this rank stands among all decided rows, and what its rows need besides the book.
struct Share {
  std::vector<std::uint64_t> rows;  // of the book, ascending
  std::vector<std::uint64_t> ids;
  borrowers::Existing existing;
  std::uint64_t first = 0, total = 0;                // in the score file
  std::uint64_t second_first = 0, second_total = 0;  // in its /second
};

Share share_of(const parallel::Communicator& comm, const borrowers::BookReader& book, bool with_second,
               const ScoreSettings& settings, std::uint64_t seed) {
  Share share;
  share.rows = borrowers::decided_rows(comm, book);
  share.first = parallel::sum_before(comm, share.rows.size());
  share.total = parallel::sum_over_ranks(comm, std::uint64_t{share.rows.size()});
  parallel::together(comm, [&] {
    std::vector<std::int32_t> as_of;
    share.ids = ids_of(book, share.rows, storage::rows_of_rank(comm, book.rows()), as_of);
    share.existing = borrowers::existing_of(book, share.ids, as_of);
  });
  if (!with_second) return share;
  const SecondSample sample(seed, share.total, settings.second_sample);
  std::uint64_t mine = 0;
  for (std::uint64_t id : share.ids) mine += sample.has(id) ? 1 : 0;
  share.second_first = parallel::sum_before(comm, mine);
  share.second_total = parallel::sum_over_ranks(comm, mine);
  return share;
}

void write_sampled(const RowScorer& scorer, const borrowers::Batch& batch, const SecondSample& sample,
                   ScoreWriter& writer, std::uint64_t& next) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < batch.rows(); ++i)
    if (sample.has(batch.id[i])) wanted.push_back(i);
  if (wanted.empty()) return;
  const borrowers::Batch sampled = pick(batch, wanted);
  SecondValues values;
  values.id = sampled.id;
  scorer.second_values(sampled, values.value);
  writer.write_second(next, values);
  next += values.id.size();
}

/// Scores and writes this rank's share, batch by batch.
void score_share(const borrowers::BookReader& book, const RowScorer& scorer, const Share& share,
                 const SecondSample& sample, std::uint64_t batch_rows, ScoreWriter& writer, Progress& progress) {
  ScoreRows out;
  std::uint64_t next_second = share.second_first;
  for (std::size_t done = 0; done < share.rows.size();) {
    const std::uint64_t first = share.rows[done];
    std::vector<std::size_t> wanted;
    while (done + wanted.size() < share.rows.size() && share.rows[done + wanted.size()] < first + batch_rows)
      wanted.push_back(share.rows[done + wanted.size()] - first);
    const borrowers::Batch batch = pick(book.read(first, wanted.back() + 1), wanted);
    const auto instalments = std::span(share.existing.instalment).subspan(done, wanted.size());
    scorer.score(batch, instalments, out);
    out.first_row = share.first + done;
    writer.write(out);
    if (share.second_total > 0) write_sampled(scorer, batch, sample, writer, next_second);
    done += wanted.size();
    progress.advance(wanted.size());
  }
}

}  // namespace

ScoreModels read_score_models(const std::filesystem::path& folder) {
  const auto maybe = [&](const char* name) -> std::optional<models::Model> {
    const std::filesystem::path path = folder / name;
    if (!std::filesystem::exists(path)) return std::nullopt;
    return models::read_model_file(path);
  };
  ScoreModels models{models::read_model_file(folder / "response.json"), maybe("booking.json"),
                     models::read_model_file(folder / "default.json"), maybe("fraud.json")};
  if (models.fraud && !models.fraud->offer_terms.empty())
    throw UsageError({fmt::format("{}: the fraud model has offer terms", (folder / "fraud.json").string()),
                      "fraud is scored once per borrower", "train it without offer_terms"});
  return models;
}

ScoreOutcome score(const parallel::Communicator& comm, const std::filesystem::path& population,
                   const ScoreModels& models, const ScoreSettings& settings, std::uint64_t seed, int threads,
                   std::uint64_t batch_rows, const std::filesystem::path& path, Log& log) {
  std::optional<borrowers::BookReader> book;
  std::optional<RowScorer> scorer;
  parallel::together(comm, [&] {
    book.emplace(population);
    scorer.emplace(*book, models, settings, threads);
  });
  const Share share = share_of(comm, *book, scorer->has_second() && settings.second_sample > 0, settings, seed);
  log.info(fmt::format("score: {} borrowers × {} offers", with_thousands(static_cast<long long>(share.total)),
                       settings.catalog.offers.size()));
  const ScoreSchema schema = scorer->schema(book->schema());
  ScoreWriter writer(comm, path, schema, share.total, share.second_total);
  const SecondSample sample(seed, share.total, settings.second_sample);
  Progress progress(log, "score", share.rows.size());
  parallel::together(comm, [&] { score_share(*book, *scorer, share, sample, batch_rows, writer, progress); });
  ScoreOutcome outcome;
  outcome.file = writer.publish();
  outcome.rows = share.total;
  outcome.assumptions = schema.assumptions;
  return outcome;
}

}  // namespace proffer::offers
