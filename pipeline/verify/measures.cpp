#include "verify/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::verify {
namespace {

double one(const Catalog&, const Offer&) {
  return 1;
}
double contact_cost(const Catalog&, const Offer& offer) {
  return offer.contact_cost;
}
double amount(const Catalog&, const Offer& offer) {
  return offer.limit;
}
double exposure(const Catalog&, const Offer& offer) {
  return offer.exposure;
}
double lost_at_default(const Catalog& catalog, const Offer& offer) {
  return catalog.product_of(offer).lgd * offer.exposure;
}
double lost_to_fraud(const Catalog& catalog, const Offer& offer) {
  return catalog.fraud_loss * offer.limit;
}

double certainly(const Chances&, const Limit&) {
  return 1;
}
double takes(const Chances& c, const Limit&) {
  return c.take;
}
double takes_and_defaults(const Chances& c, const Limit&) {
  return c.take * c.pd;
}
double takes_and_defrauds(const Chances& c, const Limit&) {
  return c.take * c.fraud;
}
/// 1 − limit for a default among the takers, −limit for another taker.
double above_average(const Chances& c, const Limit& limit) {
  return c.take * (c.pd - limit.limit);
}
double above_average_squared(const Chances& c, const Limit& limit) {
  const double in_default = 1 - limit.limit, in_none = limit.limit;
  return c.take * (c.pd * in_default * in_default + (1 - c.pd) * in_none * in_none);
}

// A new measure is a line here, and what the line names above.
constexpr std::array<Measure, 8> measures{{
    {"contacts", one, certainly, certainly, true, true},
    {"contact_cost", contact_cost, certainly, certainly, true, true},
    {"takes", one, takes, takes, false, false},
    {"amount", amount, takes, takes, false, true},
    {"exposure", exposure, takes, takes, false, true},
    {"loss", lost_at_default, takes_and_defaults, takes_and_defaults, false, false},
    {"fraud_loss", lost_to_fraud, takes_and_defrauds, takes_and_defrauds, false, false},
    {"average_pd", one, above_average, above_average_squared, false, false},
}};

bool named_or_all(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

}  // namespace

double Limit::bound() const {
  return measure == "average_pd" ? 0.0 : limit - opening;
}

std::string Limit::basis_text() const {
  return basis == "quantile" ? fmt::format("quantile({})", shortest(quantile)) : basis;
}

std::vector<Limit> read_limits(const RecordedSettings& settings, const std::string& prefix) {
  std::vector<Limit> limits;
  for (std::size_t k = 0;; ++k) {
    const std::string at = fmt::format("{}limits.{}.", prefix, k);
    if (!settings.has(at + "name")) return limits;
    Limit limit;
    limit.name = settings.text(at + "name");
    limit.measure = settings.text(at + "measure");
    limit.basis = settings.text(at + "basis");
    limit.sense = settings.text(at + "sense");
    limit.quantile = settings.number(at + "quantile");
    limit.limit = settings.number(at + "limit");
    limit.tolerance = settings.number(at + "tolerance");
    limit.opening = settings.number(at + "opening");
    limit.products = settings.texts(at + "product");
    limit.channels = settings.texts(at + "channel");
    limit.funders = settings.texts(at + "funder");
    limit.segments = settings.texts(at + "segment");
    limits.push_back(limit);
  }
}

const Measure& measure_of(const Limit& limit) {
  const auto found = std::ranges::find_if(measures, [&](const Measure& m) { return limit.measure == m.name; });
  if (found == measures.end())
    throw DataError({fmt::format("limit '{}' counts {}", limit.name, limit.measure), "verify does not know the measure",
                     "verify a list made without it"});
  if (limit.basis != "committed" && limit.basis != "expected" && limit.basis != "quantile")
    throw DataError({fmt::format("limit '{}' has the basis {}", limit.name, limit.basis),
                     "verify does not know the basis", "verify a list made without it"});
  return *found;
}

Counting::Counting(const Limit& limit, const Catalog& catalog, const std::vector<std::string>& segments)
    : limit_(limit), measure_(measure_of(limit)) {
  for (const Offer& offer : catalog.offers) {
    const bool counted = named_or_all(limit.products, catalog.product_of(offer).name) &&
                         named_or_all(limit.channels, catalog.channels[offer.channel]) &&
                         named_or_all(limit.funders, offer.funder ? catalog.funders[*offer.funder] : "");
    weight_.push_back(counted ? measure_.weight(catalog, offer) : 0.0);
  }
  for (std::size_t code = 0; code < segments.size(); ++code)
    if (std::ranges::find(limit.segments, segments[code]) != limit.segments.end()) segments_.insert(code);
}

bool Counting::is_certain() const {
  return measure_.certain || (measure_.committable && limit_.basis == "committed");
}

bool Counting::counts(std::size_t offer, std::optional<std::size_t> segment) const {
  return weight_[offer] != 0 && (limit_.segments.empty() || (segment && segments_.contains(*segment)));
}

double Counting::use(std::size_t offer, std::optional<std::size_t> segment, const Chances& chances) const {
  if (!counts(offer, segment)) return 0;
  return is_certain() ? weight_[offer] : weight_[offer] * measure_.mean(chances, limit_);
}

double Counting::variance(std::size_t offer, std::optional<std::size_t> segment, const Chances& chances) const {
  if (is_certain() || !counts(offer, segment)) return 0;
  const double mean = measure_.mean(chances, limit_);
  return weight_[offer] * weight_[offer] * (measure_.mean_square(chances, limit_) - mean * mean);
}

}  // namespace proffer::verify
