#include "models/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::models {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

float code_or_missing(std::uint8_t code) {
  return code == borrowers::no_code ? missing : static_cast<float>(code);
}

void check_role(const ModelSettings& settings, const borrowers::Column& column) {
  if (column.role == borrowers::Role::feature) return;
  throw UsageError({fmt::format("{}: model {} may not learn from {}", settings.where, settings.name, column.name),
                    "its role in the book is not feature", "leave it out, or change its role when the book is made"});
}

std::vector<std::string> named_features(const ModelSettings& settings, const borrowers::Schema& schema) {
  if (settings.features.empty()) return schema.feature_names();
  for (const std::string& name : settings.features)
    check_role(settings, schema.columns[schema.index_of(name, settings.where)]);
  return settings.features;
}

}  // namespace

float input_value(const OfferTerms& offer, Term term) {
  switch (term) {
    case Term::product:
      return code_or_missing(offer.product);
    case Term::channel:
      return code_or_missing(offer.channel);
    case Term::limit:
      return static_cast<float>(offer.limit);
    case Term::apr:
      return offer.apr;
    case Term::contract_apr:
      return offer.contract_apr;
    case Term::term:
      return offer.term == 0 ? missing : static_cast<float>(offer.term);
  }
  return missing;
}

OfferTerms offer_of(const borrowers::Batch& batch, std::size_t i) {
  const borrowers::Offers& offers = *batch.offers;
  return {offers.product[i], offers.channel[i], offers.limit[i], offers.apr[i], offers.contract_apr[i], offers.term[i]};
}

void Inputs::fill(const borrowers::Batch& batch, std::size_t i, std::span<float> into) const {
  const std::span<const float> row = batch.row(i);
  std::size_t at = 0;
  for (std::size_t column : columns) into[at++] = row[column];
  if (terms.empty()) return;
  const OfferTerms offer = offer_of(batch, i);
  for (Term term : terms) into[at++] = input_value(offer, term);
}

Inputs choose_inputs(const ModelSettings& settings, const borrowers::Schema& schema, bool has_offers) {
  Inputs inputs;
  for (const std::string& name : settings.exclude) (void)schema.index_of(name, settings.where);
  for (const std::string& name : named_features(settings, schema)) {
    if (std::ranges::find(settings.exclude, name) != settings.exclude.end()) continue;
    inputs.columns.push_back(schema.index_of(name, settings.where));
    inputs.names.push_back(name);
  }
  if (!settings.offer_terms.empty() && !has_offers)
    throw UsageError({fmt::format("{}: model {} wants offer terms", settings.where, settings.name),
                      "the book has no offers", "remove offer_terms or train on a book with /offer"});
  for (Term term : settings.offer_terms) {
    inputs.terms.push_back(term);
    inputs.names.push_back(fmt::format("offer.{}", name_of(term)));
  }
  if (inputs.names.empty())
    throw UsageError({fmt::format("{}: model {} has nothing to learn from", settings.where, settings.name),
                      "every column is left out", "name features or offer_terms"});
  return inputs;
}

std::optional<std::uint8_t> outcome_code(Target target, const borrowers::Batch& batch, std::size_t i) {
  const borrowers::Outcomes& outcomes = *batch.outcomes;
  const auto at = [i](const std::vector<std::uint8_t>& column) {
    return column.empty() ? borrowers::outcome::unknown : column[i];
  };
  std::uint8_t code = borrowers::outcome::unknown;
  switch (target) {
    case Target::responded:
      if (batch.offers && batch.offers->contacted[i] != 1) return std::nullopt;
      code = at(outcomes.responded);
      break;
    case Target::booked:
      if (at(outcomes.responded) != borrowers::outcome::yes) return std::nullopt;
      code = at(outcomes.booked);
      break;
    case Target::defaulted:
      // Known only for those who took; a declined applicant is R = 1 with D unknown.
      code = at(outcomes.defaulted);
      break;
    case Target::fraud:
      code = at(outcomes.fraud);
      break;
    case Target::attrited:
      code = at(outcomes.attrited);
      break;
    case Target::repeated:
      code = at(outcomes.repeated);
      break;
    case Target::delinquent:
      code = at(outcomes.delinquent);
      break;
  }
  return code;
}

std::optional<std::uint8_t> label_of(Target target, const borrowers::Batch& batch, std::size_t i) {
  const std::optional<std::uint8_t> code = outcome_code(target, batch, i);
  return code && *code <= borrowers::outcome::yes ? code : std::nullopt;
}

int horizon_of(Target target, const borrowers::Schema& schema) {
  if (target == Target::defaulted) return schema.default_months;
  const bool of_customers = target == Target::attrited || target == Target::repeated || target == Target::delinquent;
  return of_customers ? schema.customer_months : 0;
}

bool has_target(Target target, const borrowers::BookReader& book) {
  return book.has_outcome(name_of(target));
}

}  // namespace proffer::models
