// What each limit counts, offer by offer.
#include <fmt/format.h>

#include <algorithm>

#include "combine/score_source.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::combine {
namespace {

std::uint8_t code_of(const std::string& label, const std::vector<std::string>& labels, const LimitSettings& limit,
                     std::string_view what) {
  const auto found = std::ranges::find(labels, label);
  if (found != labels.end()) return static_cast<std::uint8_t>(found - labels.begin());
  const auto near = did_you_mean(label, labels);
  throw UsageError(
      {fmt::format("{}: limit '{}' names the {} '{}'", limit.where, limit.name, what, label),
       labels.empty() ? fmt::format("the scores have no {}s", what) : fmt::format("the scores have {}", one_of(labels)),
       near ? fmt::format("did you mean {}?", *near) : "use one of these"});
}

/// What one offered borrower uses at most: the weight of the offer.
double offer_weight(Measure measure, const offers::ScoreCatalog& catalog, std::size_t j) {
  switch (measure) {
    case Measure::contacts:
    case Measure::takes:
    case Measure::average_pd:
      return 1.0;
    case Measure::contact_cost:
      return catalog.contact_cost[j];
    case Measure::amount:
      return catalog.limit[j];
    case Measure::exposure:
      return catalog.exposure[j];
    case Measure::loss:
      return catalog.lgd[j] * catalog.exposure[j];
    case Measure::fraud_loss:
      return catalog.fraud_loss[j] * catalog.limit[j];
  }
  return 0.0;
}

void restrict_offers(LimitUse& use, const std::vector<std::string>& labels, const std::vector<std::string>& all,
                     const std::vector<std::uint8_t>& code_of_offer, std::string_view what) {
  if (labels.empty()) return;
  std::vector<bool> wanted(256, false);
  for (const std::string& label : labels) wanted[code_of(label, all, use.settings, what)] = true;
  for (std::size_t j = 0; j < use.weight.size(); ++j)
    if (!wanted[code_of_offer[j]]) use.weight[j] = 0.0;
}

LimitUse resolve(const LimitSettings& limit, const offers::ScoreSchema& schema) {
  LimitUse use;
  use.settings = limit;
  const offers::ScoreCatalog& catalog = schema.catalog;
  for (std::size_t j = 0; j < catalog.size(); ++j) use.weight.push_back(offer_weight(limit.measure, catalog, j));
  restrict_offers(use, limit.products, catalog.products, catalog.product, "product");
  restrict_offers(use, limit.channels, catalog.channels, catalog.channel, "channel");
  use.every_segment = limit.segments.empty();
  for (const std::string& label : limit.segments) {
    const std::uint8_t code = code_of(label, schema.segments, limit, "segment");
    use.segment_bits[code / 64] |= std::uint64_t{1} << (code % 64);
  }
  return use;
}

}  // namespace

bool LimitUse::counts(std::uint8_t segment) const {
  return every_segment || ((segment_bits[segment / 64] >> (segment % 64)) & 1U) != 0;
}

double LimitUse::mean(std::size_t offer, double p_take, double p_default, double p_fraud) const {
  const double w = weight[offer];
  switch (settings.measure) {
    case Measure::contacts:
    case Measure::contact_cost:
      return w;
    case Measure::takes:
    case Measure::amount:
    case Measure::exposure:
      return settings.basis == Basis::committed ? w : w * p_take;
    case Measure::loss:
      return w * (p_take * p_default);
    case Measure::fraud_loss:
      return w * (p_take * p_fraud);
    case Measure::average_pd:
      return w * (p_take * (p_default - settings.limit));
  }
  return 0.0;
}

double LimitUse::variance(std::size_t offer, double p_take, double p_default, double p_fraud) const {
  const double w = weight[offer];
  const auto bernoulli = [w](double p) { return w * w * p * (1.0 - p); };
  switch (settings.measure) {
    case Measure::contacts:
    case Measure::contact_cost:
      return 0.0;
    case Measure::takes:
    case Measure::amount:
    case Measure::exposure:
      return settings.basis == Basis::committed ? 0.0 : bernoulli(p_take);
    case Measure::loss:
      return bernoulli(p_take * p_default);
    case Measure::fraud_loss:
      return bernoulli(p_take * p_fraud);
    case Measure::average_pd: {
      const double tau = settings.limit;
      const double square = p_take * (p_default * (1 - tau) * (1 - tau) + (1 - p_default) * tau * tau);
      const double mean = p_take * (p_default - tau);
      return w * w * (square - mean * mean);
    }
  }
  return 0.0;
}

std::vector<LimitUse> resolve_limits(const CombineSettings& settings, const offers::ScoreSchema& schema) {
  std::vector<LimitUse> limits;
  for (const LimitSettings& limit : settings.limits) limits.push_back(resolve(limit, schema));
  return limits;
}

}  // namespace proffer::combine
