#include "combine/limit_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::combine {
namespace {

using Kind = Quantity::Kind;

[[noreturn]] void refuse_label(const std::string& who, std::string_view what, const std::string& label,
                               const std::vector<std::string>& labels) {
  const auto near = did_you_mean(label, labels);
  throw UsageError(
      {fmt::format("{} names the {} '{}'", who, what, label),
       labels.empty() ? fmt::format("the scores have no {}s", what) : fmt::format("the scores have {}", one_of(labels)),
       near ? fmt::format("did you mean {}?", *near) : "use one of these"});
}

std::uint8_t code_of(const std::string& label, const std::vector<std::string>& labels, const std::string& who,
                     std::string_view what) {
  const auto found = std::ranges::find(labels, label);
  if (found == labels.end()) refuse_label(who, what, label, labels);
  return static_cast<std::uint8_t>(found - labels.begin());
}

std::string called(const LimitSettings& limit) {
  return fmt::format("{}: limit '{}'", limit.where, limit.name);
}

/// What one offered borrower uses at most: the weight of the offer.
double offer_weight(Measure measure, const offers::ScoreCatalog& catalog, std::size_t j) {
  switch (measure) {
    case Measure::contacts:
    case Measure::takes:
    case Measure::average_pd:
    case Measure::changed:
    case Measure::lost:
    case Measure::impact_ratio:
      return 1.0;
    case Measure::contact_cost:
      return catalog.contact_cost[j];
    case Measure::amount:
      return catalog.limit[j];
    case Measure::exposure:
    case Measure::capital:
      return catalog.exposure[j];
    case Measure::loss:
      return catalog.lgd[j] * catalog.exposure[j];
    case Measure::fraud_loss:
      return catalog.fraud_loss[j] * catalog.limit[j];
  }
  return 0.0;
}

Filter filter_of(const LimitSettings& limit, const offers::ScoreSchema& schema) {
  const offers::ScoreCatalog& catalog = schema.catalog;
  Filter filter;
  filter.offers.assign(catalog.size(), true);
  const auto keep = [&](const std::vector<std::string>& labels, const std::vector<std::string>& all,
                        const std::vector<std::uint8_t>& code_of_offer, std::string_view what) {
    if (labels.empty()) return;
    std::array<bool, 256> wanted{};
    for (const std::string& label : labels) wanted[code_of(label, all, called(limit), what)] = true;
    for (std::size_t j = 0; j < filter.offers.size(); ++j)
      if (!wanted[code_of_offer[j]]) filter.offers[j] = false;
  };
  keep(limit.products, catalog.products, catalog.product, "product");
  keep(limit.channels, catalog.channels, catalog.channel, "channel");
  keep(limit.funders, catalog.funders, catalog.funder, "funder");
  filter.segments.fill(limit.segments.empty());
  for (const std::string& label : limit.segments)
    filter.segments[code_of(label, schema.segments, called(limit), "segment")] = true;
  return filter;
}

Kind kind_of(const LimitSettings& limit) {
  const bool committed = limit.basis == Basis::committed;
  switch (limit.measure) {
    case Measure::contacts:
    case Measure::contact_cost:
      return Kind::one;
    case Measure::takes:
    case Measure::amount:
    case Measure::exposure:
      return committed ? Kind::one : Kind::take;
    case Measure::loss:
      return Kind::take_default;
    case Measure::fraud_loss:
      return Kind::take_fraud;
    case Measure::average_pd:
      return Kind::take_default_minus;
    case Measure::capital:
      return committed ? Kind::capital : Kind::take_capital;
    case Measure::changed:
      return Kind::changed;
    case Measure::lost:
      return Kind::lost;
    case Measure::impact_ratio:
      return Kind::groups;
  }
  return Kind::one;
}

/// The quantity's number in one state of the world, without the factor of a share.
double base(const Quantity& quantity, const PairFacts& pair, const Surroundings& surroundings) {
  switch (quantity.kind) {
    case Kind::one:
      return 1.0;
    case Kind::take:
      return pair.take;
    case Kind::take_default:
      return pair.take * pair.pd;
    case Kind::take_fraud:
      return pair.take * pair.row.p_fraud;
    case Kind::take_default_minus:
      return pair.take * (pair.pd - quantity.threshold);
    case Kind::capital:
      return surroundings.capital(pair.offer, pair.pd);
    case Kind::take_capital:
      return pair.take * surroundings.capital(pair.offer, pair.pd);
    case Kind::changed:
      if (pair.row.previous == no_offer) return 1.0;
      return pair.row.previous == static_cast<std::int16_t>(pair.offer) ? -1.0 : 0.0;
    case Kind::lost:
      return pair.row.previous == no_offer ? 0.0 : -1.0;
    case Kind::groups:
      if (pair.row.group == quantity.compared.first) return 1.0;
      return pair.row.group == quantity.compared.second ? -quantity.threshold : 0.0;
  }
  return 0.0;
}

double part_factor(const Quantity& quantity, const PairFacts& pair) {
  if (!quantity.part) return 1.0;
  return (quantity.part->holds(pair.offer, pair.row.segment) ? 1.0 : 0.0) - quantity.share;
}

/// Sum of a number per code of segment over the filter's segments; the last entry is of borrowers without one.
double within(const Filter& filter, const std::vector<double>& by_segment) {
  double sum = 0;
  for (std::size_t s = 0; s < by_segment.size(); ++s)
    if (filter.segments[s + 1 == by_segment.size() ? 255 : s]) sum += by_segment[s];
  return sum;
}

void set_groups(LimitUse& use, const offers::ScoreSchema& schema) {
  const LimitSettings& limit = use.settings;
  const auto code = [&](const std::string& label) { return code_of(label, schema.groups, called(limit), "group"); };
  use.quantity.compared = {code(limit.group), code(limit.reference)};
  const auto rows = [&](std::uint8_t group) { return static_cast<double>(schema.group_rows[group]); };
  if (rows(use.quantity.compared.first) == 0 || rows(use.quantity.compared.second) == 0)
    throw UsageError({fmt::format("{} compares {} with {}", called(limit), limit.group, limit.reference),
                      "one of these groups has no borrowers", "name groups that the population has"});
  use.quantity.threshold = limit.limit * (rows(use.quantity.compared.first) / rows(use.quantity.compared.second));
  use.group_share = rows(use.quantity.compared.second) / rows(use.quantity.compared.first);
}

void set_bound(LimitUse& use, const offers::ScoreSchema& schema, const PreviousCounts& previous) {
  const LimitSettings& limit = use.settings;
  use.opening = limit.opening;
  double whole = 0;
  if (limit.opening_book) {
    use.opening = within(use.filter, schema.opening);
    for (const double part : schema.opening) whole += part;
    use.whole_opening = whole;
  }
  if (limit.measure == Measure::changed || limit.measure == Measure::lost) {
    std::uint64_t offered = 0;
    for (std::size_t s = 0; s < 256; ++s)
      if (use.filter.segments[s]) offered += previous.offered[s];
    use.opening = static_cast<double>(offered);
    use.bound = (limit.share ? limit.limit * use.opening : limit.limit) - use.opening;
  } else if (limit.measure == Measure::average_pd || limit.measure == Measure::impact_ratio) {
    use.bound = 0;
  } else {
    use.bound = limit.share ? limit.limit * whole - use.opening : limit.limit - use.opening;
  }
}

LimitUse resolve(const LimitSettings& limit, const offers::ScoreSchema& schema, const PreviousCounts& previous) {
  LimitUse use;
  use.settings = limit;
  use.name = limit.name;
  use.filter = filter_of(limit, schema);
  use.quantity.kind = kind_of(limit);
  if (limit.measure == Measure::average_pd) use.quantity.threshold = limit.limit;
  if (limit.measure == Measure::impact_ratio) set_groups(use, schema);
  if (limit.share && limit.measure != Measure::changed && limit.measure != Measure::lost) {
    use.quantity.part = std::make_shared<const Filter>(use.filter);
    use.quantity.share = limit.limit;
  }
  const offers::ScoreCatalog& catalog = schema.catalog;
  for (std::size_t j = 0; j < catalog.size(); ++j)
    use.weight.push_back(use.quantity.part || use.filter.offers[j] ? offer_weight(limit.measure, catalog, j) : 0.0);
  if (limit.measure == Measure::capital &&
      std::ranges::all_of(catalog.asset_class, [](std::uint8_t asset_class) { return asset_class == 0; }))
    throw UsageError({called(limit) + " counts capital", "no product of the scores has an asset class",
                      "give economics.capital or a product's asset_class, and score again"});
  set_bound(use, schema, previous);
  return use;
}

}  // namespace

Surroundings::Surroundings(const offers::ScoreSchema& schema, const std::vector<Scenario>& scenarios) {
  const offers::ScoreCatalog& catalog = schema.catalog;
  for (std::size_t j = 0; j < catalog.asset_class.size(); ++j) {
    const double term = catalog.term[j] == 0 ? 12.0 : catalog.term[j];
    const double horizon = std::min(term, static_cast<double>(std::max(1, schema.horizon_months)));
    capital_.push_back({static_cast<offers::AssetClass>(catalog.asset_class[j]), catalog.capital_lgd[j],
                        catalog.capital_pd_floor[j], std::min(term, 12.0) / horizon});
  }
  for (const Scenario& scenario : scenarios) {
    multipliers_.emplace_back().fill(scenario.everywhere);
    for (const auto& [label, multipliers] : scenario.segments)
      multipliers_.back()[code_of(label, schema.segments,
                                  fmt::format("{}: scenario '{}'", scenario.where, scenario.name), "segment")] =
          multipliers;
  }
}

double Surroundings::capital(std::size_t offer, double pd) const {
  const Capital& capital = capital_[offer];
  const double twelve_months =
      capital.exponent == 1.0 || pd >= 1.0 ? pd : -std::expm1(capital.exponent * std::log1p(-pd));
  return offers::capital_requirement(std::max(twelve_months, capital.pd_floor), capital.lgd, capital.asset_class);
}

PairFacts Surroundings::in_scenario(std::size_t scenario, const PairFacts& pair) const {
  const Multipliers& multipliers = multipliers_[scenario][pair.row.segment];
  PairFacts changed = pair;
  changed.take = std::min(1.0, pair.take * multipliers.response);
  changed.pd = std::min(1.0, pair.pd * multipliers.pd);
  return changed;
}

double Quantity::of(const PairFacts& pair, const Surroundings& surroundings) const {
  double value = 0;
  if (mix.empty()) value = base(*this, pair, surroundings);
  for (const auto& [scenario, weight] : mix)
    value += weight * base(*this, surroundings.in_scenario(scenario, pair), surroundings);
  return part ? value * part_factor(*this, pair) : value;
}

bool operator==(const Quantity& a, const Quantity& b) {
  const bool parts = a.part == b.part || (a.part && b.part && *a.part == *b.part);
  return a.kind == b.kind && a.threshold == b.threshold && a.mix == b.mix && a.compared == b.compared && parts &&
         a.share == b.share;
}

double LimitUse::use(const PairFacts& pair) const {
  const double w = weight[pair.offer];
  if (w == 0.0 || !counts(pair.row.segment)) return 0.0;
  return quantity.is_one() ? w : w * quantity.of(pair, *surroundings);
}

LimitUse::Moments LimitUse::moments(const PairFacts& scored, int scenario) const {
  const double w = weight[scored.offer];
  if (w == 0.0 || !counts(scored.row.segment)) return {};
  const PairFacts pair = scenario < 0 ? scored : surroundings->in_scenario(static_cast<std::size_t>(scenario), scored);
  const double factor = w * part_factor(quantity, pair);
  const double mean = factor * base(quantity, pair, *surroundings);
  const auto bernoulli = [](double amount, double p) { return amount * amount * p * (1.0 - p); };
  switch (quantity.kind) {
    case Kind::one:
    case Kind::capital:
    case Kind::changed:
    case Kind::lost:
    case Kind::groups:
      return {mean, 0.0};
    case Kind::take:
      return {mean, bernoulli(factor, pair.take)};
    case Kind::take_default:
      return {mean, bernoulli(factor, pair.take * pair.pd)};
    case Kind::take_fraud:
      return {mean, bernoulli(factor, pair.take * pair.row.p_fraud)};
    case Kind::take_capital:
      return {mean, bernoulli(factor * surroundings->capital(pair.offer, pair.pd), pair.take)};
    case Kind::take_default_minus: {
      const double tau = quantity.threshold;
      const double square = pair.take * (pair.pd * (1 - tau) * (1 - tau) + (1 - pair.pd) * tau * tau);
      return {mean, factor * factor * square - mean * mean};
    }
  }
  return {};
}

bool LimitUse::is_ratio() const {
  return quantity.part || quantity.kind == Kind::take_default_minus || quantity.kind == Kind::groups;
}

std::pair<double, double> LimitUse::ratio_parts(const PairFacts& pair) const {
  if (quantity.kind == Kind::groups)
    return {pair.row.group == quantity.compared.first ? 1.0 : 0.0,
            pair.row.group == quantity.compared.second ? 1.0 : 0.0};
  const double w = weight[pair.offer];
  if (w == 0.0 || !counts(pair.row.segment)) return {0.0, 0.0};
  if (quantity.kind == Kind::take_default_minus) return {w * pair.take * pair.pd, w * pair.take};
  Quantity whole = quantity;
  whole.part = nullptr;
  const double all = w * whole.of(pair, *surroundings);
  return {quantity.part->holds(pair.offer, pair.row.segment) ? all : 0.0, all};
}

std::vector<LimitUse> resolve_limits(const CombineSettings& settings, const offers::ScoreSchema& schema,
                                     const PreviousCounts& previous) {
  const auto surroundings = std::make_shared<const Surroundings>(schema, settings.scenarios);
  std::vector<LimitUse> limits;
  for (std::size_t k = 0; k < settings.limits.size(); ++k) {
    LimitUse use = resolve(settings.limits[k], schema, previous);
    use.declared = k;
    use.surroundings = surroundings;
    if (use.settings.basis == Basis::worst_case) {
      for (std::size_t s = 0; s < settings.scenarios.size(); ++s) {
        use.quantity.mix = {{s, 1.0}};
        use.name = fmt::format("{} ({})", use.settings.name, settings.scenarios[s].name);
        limits.push_back(use);
      }
      continue;
    }
    // The mean over the scenarios is one of the sums that CVaR is the greatest of; others are added where they bind.
    if (use.settings.basis == Basis::cvar)
      for (std::size_t s = 0; s < settings.scenarios.size(); ++s)
        use.quantity.mix.emplace_back(s, settings.scenarios[s].probability);
    limits.push_back(use);
  }
  if (limits.size() > allocation::max_limits)
    throw UsageError({fmt::format("the limits come to {}, scenarios counted one by one", limits.size()),
                      fmt::format("at most {} are possible", allocation::max_limits), "remove limits or scenarios"});
  return limits;
}

}  // namespace proffer::combine
