#include "offers/row_scorer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "foundation/error.hpp"
#include "offers/policy_facts.hpp"

namespace proffer::offers {
namespace {

constexpr std::size_t strip_rows = 1024;  // so that all of a strip's numbers stay in a core's cache

/// Calls work(first, count) for strips of the rows, by several threads.
template <class Work>
void share_strips(std::size_t rows, int threads, const Work& work) {
  const std::size_t strips = (rows + strip_rows - 1) / strip_rows;
  const std::size_t workers = std::min(static_cast<std::size_t>(std::max(threads, 1)), strips);
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> failures(workers);
  const auto run = [&](std::size_t worker) {
    try {
      for (std::size_t strip = next++; strip < strips; strip = next++)
        work(strip * strip_rows, std::min(strip_rows, rows - strip * strip_rows));
    } catch (...) {
      failures[worker] = std::current_exception();
    }
  };
  std::vector<std::jthread> pool;
  for (std::size_t worker = 1; worker < workers; ++worker) pool.emplace_back(run, worker);
  if (workers > 0) run(0);
  pool.clear();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

RowScorer::RowScorer(const borrowers::BookReader& book, const ScoreModels& models, const ScoreSettings& settings,
                     int threads)
    : settings_(settings),
      threads_(threads),
      prices_(settings.catalog, settings.economics),
      response_(models.response, book.schema(), prices_.asked(), settings.portable),
      default_(models.defaults, book.schema(), prices_.asked(), settings.portable),
      joint_(JointDefault::of(models.defaults, models.response)),
      economics_(settings.catalog, settings.economics, std::max(1, models.defaults.horizon_months)),
      trials_(count_trials(settings.catalog, models.response.trials, models.response.products,
                           settings.policy.neighbourhood)),
      policy_(settings.policy, settings.catalog, economics_, book.schema(), facts()) {
  if (models.booking) booking_.emplace(*models.booking, book.schema(), prices_.asked(), settings.portable);
  if (models.fraud) fraud_.emplace(*models.fraud, book.schema(), prices_.asked(), settings.portable);
  if (models.without_contact) {
    without_contact_.emplace(*models.without_contact, book.schema(), prices_.asked(), settings.portable);
    loan_without_contact_ = loan_without_contact(settings.economics, settings.catalog);
  }
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
  if (settings_.economics.prices)
    for (const Offer& offer : prices_.asked().offers) out.asked_apr.push_back(offer.apr);
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
  for (const std::string& line : prices_.assumptions()) schema.assumptions.push_back(line);
  if (!booking_) schema.assumptions.emplace_back("whoever accepts is booked (there is no booking model)");
  if (!fraud_) schema.assumptions.emplace_back("nobody defrauds (there is no fraud model)");
  if (without_contact_)
    schema.assumptions.push_back(fmt::format(
        "values are what contact adds: those whom model {} expects to respond without it take {}, and default as those "
        "who were offered that",
        without_contact_->model().name,
        loan_without_contact_ ? catalog.name_of(catalog.offers[*loan_without_contact_]) : "the loan that is offered"));
  for (const ModelGrid* grid : {&response_, &default_}) {
    const models::Model& model = grid->model();
    if (settings_.economics.prices || model.joint || !model.training.is_object() ||
        model.training.value("prices_identified_by", "") != "nothing")
      continue;
    schema.assumptions.push_back(fmt::format(
        "model {}: what rates change is not identified: no offer of its book was drawn at random", model.name));
  }
  if (const auto& joint = default_.model().joint)
    schema.assumptions.push_back(fmt::format(
        "take-up and default are correlated by {:.3f}, {}", joint->rho,
        joint->identified ? "as offers drawn at random showed" : "not identified: no offer was drawn at random"));
  schema.currency = book.currency;
  schema.horizon_months = default_.model().horizon_months;
  return schema;
}

void RowScorer::probabilities(std::span<const float> features, Opinion which, const Probabilities& p) const {
  const std::size_t offers = settings_.catalog.offers.size();
  const std::size_t rows = p.fraud.size();
  std::vector<std::uint8_t> codes;
  if (joint_) {
    joint_probabilities(features, which, p);
  } else {
    response_.encode(features, codes);
    response_.probabilities(which, codes, p.take);
    default_.encode(features, codes);
    default_.probabilities(which, codes, p.defaults);
  }
  prices_.apply(p.take, p.defaults);
  if (booking_) {
    std::vector<float> booked(rows * booking_->distinct());
    booking_->encode(features, codes);
    booking_->distinct_probabilities(which, codes, booked);
    const auto column = booking_->distinct_of_offer();
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < offers; ++j) p.take[i * offers + j] *= booked[i * booking_->distinct() + column[j]];
  }
  if (!fraud_) {
    std::ranges::fill(p.fraud, 0.0F);
    return;
  }
  fraud_->encode(features, codes);
  fraud_->distinct_probabilities(which, codes, p.fraud);  // without offer terms there is one distinct offer
}

void RowScorer::joint_probabilities(std::span<const float> features, Opinion which, const Probabilities& p) const {
  std::vector<std::uint8_t> codes;
  response_.encode(features, codes);
  response_.margins(which, codes, p.take);
  std::vector<float> f(p.take.begin(), p.take.end());
  response_.to_probabilities(which, p.take);
  if (which == Opinion::second) {
    std::ranges::copy(p.take, f.begin());
    to_probit(f);
  }
  default_.encode(features, codes);
  default_.margins(which, codes, p.defaults);
  joint_->compose(f, p.defaults);
  default_.to_probabilities(which, p.defaults);
}

void RowScorer::values(std::span<const float> features, Opinion which, const Probabilities& p,
                       std::span<float> out) const {
  if (!without_contact_) return economics_.values(p.take, p.defaults, p.fraud, out);
  const std::size_t offers = settings_.catalog.offers.size(), rows = p.fraud.size();
  std::vector<std::uint8_t> codes;
  std::vector<float> responds(rows), booked(booking_ ? rows * offers : 0);
  without_contact_->encode(features, codes);
  without_contact_->distinct_probabilities(which, codes, responds);  // without offer terms there is one distinct offer
  if (booking_) {
    booking_->encode(features, codes);
    booking_->probabilities(which, codes, booked);
  }
  for (std::size_t pair = 0; pair < rows * offers; ++pair) {
    const std::size_t row = pair / offers, offer = pair % offers;
    const std::size_t loan = loan_without_contact_.value_or(offer), taken = row * offers + loan;
    const Probability anyway =
        static_cast<Probability>(responds[row]) * (booking_ ? static_cast<Probability>(booked[taken]) : 1.0);
    out[pair] = static_cast<float>(economics_.value(offer, p.take[pair], p.defaults[pair], p.fraud[row]) -
                                   anyway * economics_.value_if_taken(loan, p.defaults[taken], p.fraud[row]));
  }
}

void RowScorer::score_strip(const borrowers::Batch& batch, const ExistingRows& existing, std::size_t first,
                            std::size_t count, ScoreRows& rows) const {
  const std::size_t offers = settings_.catalog.offers.size();
  const auto of_rows = [&](auto& values) { return std::span(values).subspan(first, count); };
  const auto of_pairs = [&](auto& values) { return std::span(values).subspan(first * offers, count * offers); };
  const auto of_existing = [&](std::span<const double> values) {
    return values.empty() ? values : values.subspan(first, count);
  };
  const auto features = std::span(batch.features).subspan(first * batch.columns, count * batch.columns);
  const Probabilities p{of_pairs(rows.p_take), of_pairs(rows.p_default), of_rows(rows.p_fraud)};
  probabilities(features, Opinion::first, p);
  values(features, Opinion::first, p, of_pairs(rows.value));
  policy_.evaluate({.id = of_rows(batch.id),
                    .features = features,
                    .p_default = p.defaults,
                    .p_fraud = fraud_ ? std::span<const float>(p.fraud) : std::span<const float>(),
                    .existing_instalments = of_existing(existing.instalment),
                    .existing_exposure = of_existing(existing.exposure)},
                   of_pairs(rows.reason));
  for (std::size_t i = first; i < first + count; ++i) {
    rows.segment[i] = segment_of(batch.row(i));
    rows.group[i] = group_of(batch.row(i));
  }
}

void RowScorer::score(const borrowers::Batch& batch, const ExistingRows& existing, ScoreRows& rows) const {
  rows.resize(batch.rows(), settings_.catalog.offers.size());
  rows.id = batch.id;
  rows.unit = batch.unit;
  share_strips(batch.rows(), threads_,
               [&](std::size_t first, std::size_t count) { score_strip(batch, existing, first, count, rows); });
}

void RowScorer::second_values(const borrowers::Batch& batch, std::vector<float>& value) const {
  const std::size_t pairs = batch.rows() * settings_.catalog.offers.size();
  std::vector<float> take(pairs), defaults(pairs), fraud(batch.rows());
  probabilities(batch.features, Opinion::second, {take, defaults, fraud});
  value.resize(pairs);
  values(batch.features, Opinion::second, {take, defaults, fraud}, value);
}

}  // namespace proffer::offers
