#include "verify/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "verify/cash_flows.hpp"

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

double takes_and_holds(const Chances& c, const Limit&) {
  return c.take * c.capital;
}
double takes_and_holds_squared(const Chances& c, const Limit&) {
  return c.take * c.capital * c.capital;
}

// A new measure is a line here, and what the line names above.
constexpr std::array<Measure, 12> measures{{
    {"contacts", one, certainly, certainly, true, true},
    {"contact_cost", contact_cost, certainly, certainly, true, true},
    {"takes", one, takes, takes, false, false},
    {"amount", amount, takes, takes, false, true},
    {"exposure", exposure, takes, takes, false, true},
    {"loss", lost_at_default, takes_and_defaults, takes_and_defaults, false, false},
    {"fraud_loss", lost_to_fraud, takes_and_defrauds, takes_and_defrauds, false, false},
    {"average_pd", one, above_average, above_average_squared, false, false},
    {"capital", exposure, takes_and_holds, takes_and_holds_squared, false, true},
    // Of who the borrower is, not of chances (Counting::standing_count).
    {"changed", one, certainly, certainly, true, true},
    {"lost", one, certainly, certainly, true, true},
    {"impact_ratio", one, certainly, certainly, true, true},
}};

bool named_or_all(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

}  // namespace

double Limit::bound() const {
  if (measure == "average_pd" || measure == "impact_ratio") return 0.0;
  if (!share) return limit - opening;
  return against_before() ? limit * opening - opening : limit * whole - opening;
}

std::string Limit::basis_text() const {
  return basis == "quantile" || basis == "cvar" ? fmt::format("{}({})", basis, shortest(quantile)) : basis;
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
    limit.opening_book = settings.text(at + "opening") == "book";
    if (!limit.opening_book) limit.opening = settings.number(at + "opening");
    limit.share = settings.text(at + "share", "false") == "true";
    limit.group = settings.text(at + "group", "");
    limit.reference = settings.text(at + "reference", "");
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
  if (limit.basis != "committed" && limit.basis != "expected" && limit.basis != "quantile" && !limit.over_scenarios())
    throw DataError({fmt::format("limit '{}' has the basis {}", limit.name, limit.basis),
                     "verify does not know the basis", "verify a list made without it"});
  return *found;
}

std::vector<Scenario> read_scenarios(const RecordedSettings& settings, const std::string& prefix,
                                     const std::vector<std::string>& segments) {
  std::vector<Scenario> scenarios;
  for (std::size_t s = 0;; ++s) {
    const std::string at = fmt::format("{}scenarios.{}.", prefix, s);
    if (!settings.has(at + "name")) return scenarios;
    Scenario scenario{settings.text(at + "name"), settings.number(at + "probability"), {}, {}};
    scenario.everywhere = {settings.number(at + "pd"), settings.number(at + "response")};
    for (const std::string& label : settings.texts(at + "segments")) {
      const auto code = static_cast<std::size_t>(std::ranges::find(segments, label) - segments.begin());
      const std::string of = at + "segments." + label + ".";
      scenario.segments[code] = {settings.number(of + "pd"), settings.number(of + "response")};
    }
    scenarios.push_back(std::move(scenario));
  }
}

Counting::Counting(const Limit& limit, const Catalog& catalog, const std::vector<std::string>& segments,
                   Surroundings surroundings)
    : limit_(limit), measure_(measure_of(limit)), around_(std::move(surroundings)) {
  for (const Offer& offer : catalog.offers) {
    const bool of_funder =
        limit.funders.empty() || (offer.funder && named_or_all(limit.funders, catalog.funders[*offer.funder]));
    named_.push_back(named_or_all(limit.products, catalog.product_of(offer).name) &&
                     named_or_all(limit.channels, catalog.channels[offer.channel]) && of_funder);
    weight_.push_back(measure_.weight(catalog, offer));
    const Product& product = catalog.product_of(offer);
    regulated_.push_back({product.asset_class, std::max(product.lgd, around_.lgd_floor), offer.term});
  }
  for (std::size_t code = 0; code < segments.size(); ++code)
    if (std::ranges::find(limit.segments, segments[code]) != limit.segments.end()) segments_.insert(code);
  for (std::size_t code = 0; code < around_.groups.size(); ++code) {
    if (around_.groups[code] == limit.group) group_ = code;
    if (around_.groups[code] == limit.reference) reference_ = code;
  }
  if (limit.measure == "impact_ratio" && (!group_ || !reference_))
    throw DataError({fmt::format("limit '{}' compares {} with {}", limit.name, limit.group, limit.reference),
                     "combine.monitor of the book has no such groups", "restore book and run"});
}

bool Counting::is_certain() const {
  return measure_.certain;
}

bool Counting::in_segments(std::optional<std::size_t> segment) const {
  return limit_.segments.empty() || (segment && segments_.contains(*segment));
}

bool Counting::counts(std::size_t offer, std::optional<std::size_t> segment) const {
  return weight_[offer] != 0 && named_[offer] && in_segments(segment);
}

bool Counting::had_counted_offer(const Standing& who) const {
  return limit_.against_before() && who.had_offer && in_segments(who.segment);
}

double Counting::group_share() const {
  return static_cast<double>(around_.group_rows[*reference_]) / static_cast<double>(around_.group_rows[*group_]);
}

/// Weight of the pair, with the factor of a share.
double Counting::factor(std::size_t offer, const Standing& who) const {
  const bool part = counts(offer, who.segment);
  if (!limit_.share || limit_.against_before()) return part ? weight_[offer] : 0.0;
  return weight_[offer] * ((part ? 1.0 : 0.0) - limit_.limit);
}

/// Of a borrower who gets the offer: how `changed` and `lost` differ from `opening`; the terms of an impact ratio.
double Counting::standing_count(std::size_t offer, const Standing& who) const {
  if (limit_.measure == "changed") {
    if (!who.had_offer) return 1;
    return who.before == offer ? -1 : 0;
  }
  if (limit_.measure == "lost") return who.had_offer ? -1 : 0;
  if (limit_.measure == "impact_ratio") {
    if (who.group == group_) return 1;
    return who.group == reference_ ? -limit_.limit / group_share() : 0;
  }
  return 1;
}

Chances Counting::in_scenario(std::size_t offer, const Standing& who, Chances chances, int scenario) const {
  if (scenario >= 0) {
    const Scenario& state = around_.scenarios[static_cast<std::size_t>(scenario)];
    Scenario::Multipliers times = state.everywhere;
    if (who.segment)
      if (const auto own = state.segments.find(*who.segment); own != state.segments.end()) times = own->second;
    chances.take = std::min(1.0, times.response * chances.take);
    chances.pd = std::min(1.0, times.pd * chances.pd);
  }
  if (limit_.basis == "committed") chances.take = 1;
  if (limit_.measure == "capital") {
    const Regulated& one = regulated_[offer];
    // The same hazard in every month of the horizon, or of a shorter term.
    const double months = std::min(one.term, around_.horizon);
    const double year = 1 - std::pow(1 - chances.pd, std::min(one.term, 12) / months);
    chances.capital = capital_per_unit(std::max(year, around_.pd_floor), one.lgd, one.asset_class);
  }
  return chances;
}

double Counting::use(std::size_t offer, const Standing& who, const Chances& chances, int scenario) const {
  const double times = factor(offer, who);
  if (times == 0) return 0;
  if (is_certain()) return times * standing_count(offer, who);
  return times * measure_.mean(in_scenario(offer, who, chances, scenario), limit_);
}

double Counting::variance(std::size_t offer, const Standing& who, const Chances& chances, int scenario) const {
  const double times = factor(offer, who);
  if (is_certain() || times == 0 || limit_.basis == "committed") return 0;
  const Chances state = in_scenario(offer, who, chances, scenario);
  const double mean = measure_.mean(state, limit_);
  return times * times * (measure_.mean_square(state, limit_) - mean * mean);
}

Counting::Ratio Counting::ratio(std::size_t offer, const Standing& who, const Chances& chances) const {
  if (limit_.measure == "impact_ratio") return {who.group == group_ ? 1.0 : 0.0, who.group == reference_ ? 1.0 : 0.0};
  if (limit_.measure == "average_pd") {
    if (!counts(offer, who.segment)) return {};
    return {chances.take * chances.pd, chances.take};
  }
  const double all =
      weight_[offer] * (is_certain() ? 1.0 : measure_.mean(in_scenario(offer, who, chances, -1), limit_));
  return {counts(offer, who.segment) ? all : 0.0, all};
}

void Tally::each(const std::function<void(parallel::ExactSum&)>& take) {
  for (parallel::ExactSum* sum : {&use, &variance, &size, &numerator, &denominator}) take(*sum);
  for (parallel::ExactSum& sum : scenario_use) take(sum);
  for (parallel::ExactSum& sum : scenario_variance) take(sum);
}

}  // namespace proffer::verify
