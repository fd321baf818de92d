#include "offers/row_scorer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/error.hpp"
#include "offers/policy_facts.hpp"

namespace proffer::offers {

RowScorer::RowScorer(const borrowers::BookReader& book, const ScoreModels& models, const ScoreSettings& settings,
                     int threads)
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
  segment_ = find_column(book.schema(), settings.segment, "combine.segment");
  group_ = find_column(book.schema(), settings.monitor, "combine.monitor");
}

PolicyFacts RowScorer::facts() const {
  PolicyFacts facts{trials_, {}};
  if (settings_.policy.suppression) facts.suppressed = read_suppression(*settings_.policy.suppression);
  return facts;
}

RowScorer::Coded RowScorer::find_column(const borrowers::Schema& schema, const std::string& name,
                                        std::string_view setting) {
  Coded coded;
  if (name.empty()) return coded;
  coded.column = schema.index_of(name, setting);
  coded.labels = schema.columns[*coded.column].dictionary;
  if (coded.labels.empty() || coded.labels.size() > 255)
    throw UsageError({fmt::format("{} is {}", setting, name),
                      coded.labels.empty() ? "it is not categorical" : "it has more than 255 labels",
                      "name a categorical column"});
  return coded;
}

std::uint8_t RowScorer::Coded::code(std::span<const float> row) const {
  const float value = column ? row[*column] : -1.0F;
  return value >= 0 && value < 255 ? static_cast<std::uint8_t>(value) : std::uint8_t{255};
}

ScoreSchema RowScorer::schema(const borrowers::Schema& book) const {
  ScoreSchema schema;
  const Catalog& catalog = settings_.catalog;
  ScoreCatalog& out = schema.catalog;
  out.products = catalog.product_names();
  out.channels = catalog.channel_names();
  out.funders = catalog.funders;
  for (const Offer& offer : catalog.offers) {
    out.name.push_back(catalog.name_of(offer));
    out.product.push_back(offer.product);
    out.channel.push_back(offer.channel);
    out.limit.push_back(offer.limit);
    out.apr.push_back(offer.apr);
    out.term.push_back(offer.term);
    out.funder.push_back(offer.funder);
  }
  const auto copy = [](std::span<const double> values) { return std::vector<double>(values.begin(), values.end()); };
  out.exposure = copy(economics_.exposure());
  out.lgd = copy(economics_.lgd());
  out.fraud_loss = copy(economics_.fraud_loss());
  out.contact_cost = copy(economics_.contact_cost());
  out.effective_apr = copy(economics_.effective_apr());
  out.asset_class.assign(economics_.asset_class().begin(), economics_.asset_class().end());
  out.capital_lgd = copy(economics_.capital_lgd());
  out.capital_pd_floor.assign(catalog.offers.size(), economics_.capital_pd_floor());
  schema.reasons = policy_.reasons().names;
  schema.reason_class = policy_.reasons().classes;
  schema.segments = segment_.labels;
  schema.groups = group_.labels;
  schema.group_rows.assign(schema.groups.size(), 0);
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

void RowScorer::score(const borrowers::Batch& batch, const ExistingRows& existing, ScoreRows& rows) const {
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
                    .existing_instalments = existing.instalment,
                    .existing_exposure = existing.exposure},
                   rows.reason);
  rows.p_take = std::move(p.take);
  rows.p_default = std::move(p.defaults);
  rows.p_fraud = std::move(p.fraud);
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    rows.segment[i] = segment_of(batch.row(i));
    rows.group[i] = group_of(batch.row(i));
  }
}

void RowScorer::second_values(const borrowers::Batch& batch, std::vector<float>& value) const {
  Probabilities p;
  probabilities(batch, Opinion::second, p);
  value.resize(p.take.size());
  economics_.values(p.take, p.defaults, p.fraud, value);
}

}  // namespace proffer::offers
