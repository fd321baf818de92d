// What past campaigns offered: randomised with known probability, or priced by risk.
#include <algorithm>
#include <cmath>

#include "borrowers/synthetic_people.hpp"
#include "borrowers/synthetic_world.hpp"
#include "parallel/random.hpp"
#include "statistics/normal.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::string_view randomness = "generate.offer";

const OfferLevels& levels_of(const GenerateSettings& settings, std::uint8_t product) {
  return product == synthetic::card ? settings.card : settings.loan;
}

/// Weight of the j-th of n rates: dearer ones are drawn more often for worse risks.
double apr_weight(std::size_t j, std::size_t n, int risk_class) {
  if (n == 1) return 1;
  return 1 + 0.6 * (risk_class - 1) * (2 * static_cast<double>(j) / static_cast<double>(n - 1) - 1);
}

double apr_share(std::size_t j, std::size_t n, int risk_class) {
  double all = 0;
  for (std::size_t k = 0; k < n; ++k) all += apr_weight(k, n, risk_class);
  return apr_weight(j, n, risk_class) / all;
}

std::size_t uniform_index(double u, std::size_t n) {
  return std::min(n - 1, static_cast<std::size_t>(u * static_cast<double>(n)));
}

DrawnLevels randomise(const GenerateSettings& settings, parallel::RandomStream& stream, int risk_class) {
  DrawnLevels drawn;
  const double both = settings.loan.share + settings.card.share;
  drawn.product = stream.uniform() * both < settings.card.share ? synthetic::card : synthetic::personal_loan;
  const OfferLevels& levels = levels_of(settings, drawn.product);
  drawn.limit = uniform_index(stream.uniform(), levels.limits.size());
  double left = stream.uniform();
  while (drawn.apr + 1 < levels.aprs.size()) {
    left -= apr_share(drawn.apr, levels.aprs.size(), risk_class);
    if (left < 0) break;
    ++drawn.apr;
  }
  drawn.term = uniform_index(stream.uniform(), levels.terms.size());
  drawn.channel = stream.uniform() < levels.phone_share ? synthetic::phone : synthetic::mail;
  return drawn;
}

double seen(float value, double if_missing) {
  return std::isnan(value) ? if_missing : static_cast<double>(value);
}

/// The lender's own rules: the rate rises with a score it saw (and some discretion), the limit with income.
DrawnLevels price_by_risk(const GenerateSettings& settings, parallel::RandomStream& stream,
                          std::span<const float> shown) {
  const double score = -(seen(shown[latent::bureau_score], 625) - 625) / 80 +
                       0.6 * std::log1p(seen(shown[latent::delinquencies_90d], 0)) +
                       0.5 * statistics::normal_quantile(stream.uniform());
  const double means = 1.2 * std::log(seen(shown[latent::income_monthly], 4500) / 5000) - 0.4 * score +
                       0.4 * statistics::normal_quantile(stream.uniform());
  const auto index = [](double normal, std::size_t n) { return uniform_index(statistics::normal_cdf(normal), n); };
  DrawnLevels drawn;
  const bool wants_card = stream.uniform() < 0.2 + 0.3 * std::min(1.0, seen(shown[latent::utilisation], 0));
  drawn.product = wants_card && settings.card.share > 0 ? synthetic::card : synthetic::personal_loan;
  if (settings.loan.share <= 0) drawn.product = synthetic::card;
  const OfferLevels& levels = levels_of(settings, drawn.product);
  drawn.limit = index(means, levels.limits.size());
  drawn.apr = index(0.8 * score, levels.aprs.size());
  drawn.term = uniform_index(stream.uniform(), levels.terms.size());
  const bool calls = levels.phone_share > 0 && stream.uniform() < (means > 0.5 ? 0.6 : 0.2);
  drawn.channel = calls ? synthetic::phone : synthetic::mail;
  return drawn;
}

}  // namespace

int risk_class_of(std::span<const float> shown) {
  const float score = shown[latent::bureau_score];
  if (std::isnan(score)) return 1;
  return score >= 660 ? 0 : score >= 580 ? 1 : 2;
}

double propensity_of(const GenerateSettings& settings, const DrawnLevels& drawn, int risk_class) {
  const OfferLevels& levels = levels_of(settings, drawn.product);
  const double product = levels.share / (settings.loan.share + settings.card.share);
  const double channel = drawn.channel == synthetic::phone ? levels.phone_share : 1 - levels.phone_share;
  return product * channel * apr_share(drawn.apr, levels.aprs.size(), risk_class) /
         static_cast<double>(levels.limits.size() * levels.terms.size());
}

PastOffer draw_offer(const GenerateSettings& settings, std::uint64_t seed, std::uint64_t id,
                     std::span<const float> shown) {
  parallel::RandomStream stream(seed, id, randomness);
  PastOffer offer;
  offer.contacted = stream.uniform() >= settings.training.control_share;
  offer.randomised = stream.uniform() < settings.training.randomised_share;
  const double surprise = stream.uniform();
  const auto twentieths = 1 + stream.below(8);
  if (!offer.contacted) return offer;
  const int risk_class = risk_class_of(shown);
  const DrawnLevels drawn =
      offer.randomised ? randomise(settings, stream, risk_class) : price_by_risk(settings, stream, shown);
  if (offer.randomised) offer.propensity = propensity_of(settings, drawn, risk_class);
  const OfferLevels& levels = levels_of(settings, drawn.product);
  const auto as_told = [](double rate) { return static_cast<double>(static_cast<float>(rate)); };
  offer.terms.product = drawn.product;
  offer.terms.channel = drawn.channel;
  offer.terms.limit = levels.limits[drawn.limit];
  offer.terms.term = static_cast<std::uint16_t>(levels.terms[drawn.term]);
  offer.terms.apr = as_told(levels.aprs[drawn.apr]);
  const bool lower = surprise < settings.training.surprise_share;
  offer.terms.contract_apr =
      lower ? as_told(levels.aprs[drawn.apr] * (1 - 0.05 * static_cast<double>(twentieths))) : offer.terms.apr;
  return offer;
}

}  // namespace proffer::borrowers
