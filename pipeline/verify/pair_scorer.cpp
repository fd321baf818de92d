#include "verify/pair_scorer.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace proffer::verify {

PairScorer::PairScorer(const RecordedSettings& settings, const Catalog& catalog, const borrowers::BookReader& book,
                       std::map<std::string, ModelFile> models, std::set<std::uint64_t> suppressed)
    : catalog_(catalog), accounts_(book) {
  eligibility_.emplace(settings, catalog, book.schema(), models.at("response"), std::move(suppressed));
  const Economics economics = read_economics(settings);
  const int horizon = std::max(1, models.at("default").horizon_months);
  std::map<std::tuple<std::size_t, double, int>, std::size_t> seen;
  for (const Offer& offer : catalog.offers) {
    const auto [loan, is_new] = seen.try_emplace({offer.product, offer.apr, offer.term}, loans_.size());
    if (is_new) loans_.emplace_back(catalog.product_of(offer), offer.apr, offer.term, economics, horizon);
    loan_of_.push_back(loan->second);
  }
  for (auto& [name, model] : models) models_.emplace(name, ModelOnBook(std::move(model), book.schema(), catalog));
}

bool PairScorer::has_second() const {
  return std::ranges::all_of(models_, [](const auto& model) { return model.second.file().second.has_value(); });
}

void PairScorer::probabilities(std::span<const float> row, std::optional<std::size_t> only, bool second,
                               Pairs& out) const {
  models_.at("response").probabilities(row, only, second, out.take);
  std::vector<float> other;
  if (const auto booking = models_.find("booking"); booking != models_.end()) {
    booking->second.probabilities(row, only, second, other);
    for (std::size_t j = 0; j < other.size(); ++j) out.take[j] *= other[j];
  }
  models_.at("default").probabilities(row, only, second, out.pd, &models_.at("response"));
  out.fraud = 0;
  if (const auto fraud = models_.find("fraud"); fraud != models_.end()) {
    fraud->second.probabilities(row, 0, second, other);
    out.fraud = other[0];
  }
}

double PairScorer::value_of(std::size_t j, const Pairs& pairs, double& tolerance) const {
  const Offer& offer = catalog_.offers[j];
  const LoanAccount& loan = loans_[loan_of_[j]];
  const double take = pairs.take[j], fraud = pairs.fraud;
  const double worth = loan.worth(pairs.pd[j]).of(offer.limit);
  const double value = take * ((1.0 - fraud) * worth - fraud * catalog_.fraud_loss * offer.limit) - offer.contact_cost;
  tolerance = take * (1.0 - fraud) * LoanAccount::table_error * (offer.limit + loan.greatest_fixed()) +
              0x1p-23 * std::abs(value);
  return value;
}

void PairScorer::score(const borrowers::Batch& batch, std::size_t i, std::optional<std::size_t> only,
                       Pairs& out) const {
  const std::size_t offers = catalog_.offers.size();
  probabilities(batch.row(i), only, false, out);
  out.value.resize(offers);
  out.tolerance.resize(offers);
  out.against.resize(offers);
  const ExistingAccounts::Total existing = accounts_.of(batch.id[i], batch.as_of[i]);
  const Applicant applicant{batch.id[i],
                            batch.row(i),
                            out.pd,
                            models_.contains("fraud") ? std::optional(out.fraud) : std::nullopt,
                            existing.instalments,
                            existing.exposure};
  const std::size_t begin = only.value_or(0), end = only ? *only + 1 : offers;
  for (std::size_t j = begin; j < end; ++j) {
    out.value[j] = value_of(j, out, out.tolerance[j]);
    out.against[j] = eligibility_->against(applicant, j);
  }
}

double PairScorer::second_value(const borrowers::Batch& batch, std::size_t i, std::size_t offer) const {
  Pairs pairs;
  probabilities(batch.row(i), offer, true, pairs);
  double tolerance = 0;
  return value_of(offer, pairs, tolerance);
}

}  // namespace proffer::verify
