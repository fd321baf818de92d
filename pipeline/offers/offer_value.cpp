#include "offers/offer_value.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "foundation/error.hpp"
#include "offers/rates.hpp"

namespace proffer::offers {

Money exposure_at_default(const Product& product, Money limit) {
  if (product.convention != RateConvention::revolving) return limit;
  return limit * (product.utilisation + product.ccf * (1.0 - product.utilisation));
}

OfferEconomics::OfferEconomics(const Catalog& catalog, const Economics& economics, int horizon_months)
    : assumptions_(offers::assumptions(catalog, economics, horizon_months)) {
  expects(horizon_months >= 1, "a default model has a horizon of at least one month");
  capital_pd_floor_ = economics.capital.pd_floor;
  std::map<std::tuple<std::uint8_t, double, std::uint16_t>, std::uint32_t> curves;
  for (const Offer& offer : catalog.offers) {
    const Product& product = catalog.product_of(offer);
    limit_.push_back(offer.limit);
    exposure_.push_back(exposure_at_default(product, offer.limit));
    effective_apr_.push_back(offers::effective_apr(catalog, offer));
    monthly_payment_.push_back(offers::monthly_payment(product, offer));
    lgd_.push_back(product.lgd);
    fraud_loss_.push_back(economics.fraud_loss);
    contact_cost_.push_back(catalog.channel_of(offer).contact_cost);
    asset_class_.push_back(static_cast<std::uint8_t>(product.asset_class.value_or(economics.capital.asset_class)));
    capital_lgd_.push_back(std::max(product.lgd, economics.capital.lgd_floor));
    const auto [place, fresh] =
        curves.try_emplace({offer.product, offer.apr, offer.term}, static_cast<std::uint32_t>(curves_.size()));
    if (fresh) curves_.emplace_back(LoanValue(product, offer.apr, offer.term, economics, horizon_months));
    curve_of_.push_back(place->second);
  }
}

Money OfferEconomics::value_of_loan(std::size_t offer, Probability pd) const {
  return curves_[curve_of_[offer]].at(pd).at(limit_[offer]);
}

Money OfferEconomics::value_if_taken(std::size_t offer, Probability p_default, Probability p_fraud) const {
  return (1.0 - p_fraud) * value_of_loan(offer, p_default) - p_fraud * fraud_loss_[offer] * limit_[offer];
}

Money OfferEconomics::value(std::size_t offer, Probability p_take, Probability p_default, Probability p_fraud) const {
  return p_take * value_if_taken(offer, p_default, p_fraud) - contact_cost_[offer];
}

void OfferEconomics::values(std::span<const float> p_take, std::span<const float> p_default,
                            std::span<const float> p_fraud, std::span<float> out) const {
  const std::size_t offers = limit_.size();
  expects(p_take.size() == p_fraud.size() * offers && p_default.size() == p_take.size() && out.size() == p_take.size(),
          "rows × offers probabilities and values");
  for (std::size_t row = 0; row < p_fraud.size(); ++row)
    for (std::size_t offer = 0; offer < offers; ++offer) {
      const std::size_t pair = row * offers + offer;
      out[pair] = static_cast<float>(value(offer, p_take[pair], p_default[pair], p_fraud[row]));
    }
}

}  // namespace proffer::offers
