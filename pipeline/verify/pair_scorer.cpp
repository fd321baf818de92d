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
  if (const std::string named = settings.text("economics.without_contact.offer", ""); !named.empty())
    for (std::size_t j = 0; j < catalog.offers.size(); ++j)
      if (catalog.name_of(catalog.offers[j]) == named) offer_without_contact_ = j;
  for (auto& [name, model] : models) models_.emplace(name, ModelOnBook(std::move(model), book.schema(), catalog));
}

bool PairScorer::has_second() const {
  return std::ranges::all_of(models_, [](const auto& model) { return model.second.file().second.has_value(); });
}

/// What the settings say a rate changes; of `only` where given.
void PairScorer::apply_prices(std::optional<std::size_t> only, double Offer::*factor, std::vector<float>& p) const {
  const std::size_t begin = only.value_or(0), end = only ? *only + 1 : p.size();
  for (std::size_t j = begin; j < end; ++j)
    p[j] = static_cast<float>(std::min(1.0, static_cast<double>(p[j]) * catalog_.offers[j].*factor));
}

void PairScorer::default_of(std::span<const float> row, std::optional<std::size_t> only, bool second,
                            std::vector<float>& pd) const {
  models_.at("default").probabilities(row, only, second, pd, &models_.at("response"));
  apply_prices(only, &Offer::default_factor, pd);
}

void PairScorer::probabilities(std::span<const float> row, std::optional<std::size_t> only, bool second,
                               Pairs& out) const {
  models_.at("response").probabilities(row, only, second, out.take);
  apply_prices(only, &Offer::take_factor, out.take);
  std::vector<float> other;
  if (const auto booking = models_.find("booking"); booking != models_.end()) {
    booking->second.probabilities(row, only, second, other);
    for (std::size_t j = 0; j < other.size(); ++j) out.take[j] *= other[j];
  }
  default_of(row, only, second, out.pd);
  out.fraud = 0;
  if (const auto fraud = models_.find("fraud"); fraud != models_.end()) {
    fraud->second.probabilities(row, 0, second, other);
    out.fraud = other[0];
  }
}

double PairScorer::value_of(std::size_t j, const Pairs& pairs, double& tolerance) const {
  double off = 0;
  const double take = pairs.take[j];
  const double value = take * worth_of(j, pairs.pd[j], pairs.fraud, off) - catalog_.offers[j].contact_cost;
  tolerance = take * off + 0x1p-23 * std::abs(value);
  return value;
}

double PairScorer::worth_of(std::size_t j, float pd, float p_fraud, double& tolerance) const {
  const Offer& offer = catalog_.offers[j];
  const LoanAccount& loan = loans_[loan_of_[j]];
  const double fraud = p_fraud;
  tolerance = (1.0 - fraud) * LoanAccount::table_error * (offer.limit + loan.greatest_fixed());
  return (1.0 - fraud) * loan.worth(pd).of(offer.limit) - fraud * catalog_.fraud_loss * offer.limit;
}

void PairScorer::subtract_without_contact(std::span<const float> row, std::optional<std::size_t> only, bool second,
                                          Pairs& pairs) const {
  const auto without = models_.find("without_contact");
  if (without == models_.end()) return;
  const std::size_t offers = catalog_.offers.size();
  std::vector<float> responds, booked(offers, 1.0F), pd = pairs.pd;
  without->second.probabilities(row, 0, second, responds);
  const std::optional<std::size_t> wanted = offer_without_contact_ ? offer_without_contact_ : only;
  if (offer_without_contact_ && only) default_of(row, wanted, second, pd);
  if (const auto booking = models_.find("booking"); booking != models_.end())
    booking->second.probabilities(row, wanted, second, booked);
  const std::size_t begin = only.value_or(0), end = only ? *only + 1 : offers;
  for (std::size_t j = begin; j < end; ++j) {
    const std::size_t loan = offer_without_contact_.value_or(j);
    const double anyway = static_cast<double>(responds[0]) * static_cast<double>(booked[loan]);
    double off = 0;
    pairs.value[j] -= anyway * worth_of(loan, pd[loan], pairs.fraud, off);
    pairs.tolerance[j] += anyway * off + 0x1p-23 * std::abs(pairs.value[j]);
  }
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
  subtract_without_contact(batch.row(i), only, false, out);
}

double PairScorer::second_value(const borrowers::Batch& batch, std::size_t i, std::size_t offer) const {
  Pairs pairs;
  probabilities(batch.row(i), offer, true, pairs);
  pairs.value.resize(catalog_.offers.size());
  pairs.tolerance.resize(catalog_.offers.size());
  pairs.value[offer] = value_of(offer, pairs, pairs.tolerance[offer]);
  subtract_without_contact(batch.row(i), offer, true, pairs);
  return pairs.value[offer];
}

}  // namespace proffer::verify
