#include "offers/price_effects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::offers {
namespace {

AnnualRate reference_of(const Product& product) {
  if (product.reference_apr) return *product.reference_apr;
  throw UsageError({fmt::format("catalog.products.{} has no reference_apr", product.name),
                    "economics.prices starts from the rate at which past offers were made",
                    "add reference_apr to each product"});
}

void multiply(std::span<float> probabilities, std::span<const double> factors) {
  for (std::size_t first = 0; first < probabilities.size(); first += factors.size())
    for (std::size_t j = 0; j < factors.size(); ++j) {
      float& p = probabilities[first + j];
      p = static_cast<float>(std::min(1.0, static_cast<double>(p) * factors[j]));
    }
}

}  // namespace

PriceEffects::PriceEffects(const Catalog& catalog, const Economics& economics) : asked_(catalog) {
  if (!economics.prices) return;
  const Prices& prices = *economics.prices;
  for (Offer& offer : asked_.offers) {
    const AnnualRate reference = reference_of(catalog.product_of(offer));
    if (!(offer.apr > 0))
      throw UsageError({fmt::format("catalog.products.{}.aprs has a rate of 0", catalog.product_of(offer).name),
                        "economics.prices multiplies by a power of rate / reference_apr, which has no value there",
                        "leave that rate out, or economics.prices"});
    take_.push_back(std::pow(offer.apr / reference, prices.take_up));
    defaults_.push_back(std::pow(offer.apr / reference, prices.defaults));
    offer.apr = reference;
  }
  for (const Product& product : catalog.products)
    if (product.reference_apr)
      assumptions_.push_back(fmt::format(
          "{}: models are asked at a rate of {}; a rate 1 % higher changes take-up by {} % and the PD by {} %, "
          "an assumption, not trained",
          product.name, shortest(*product.reference_apr), shortest(prices.take_up), shortest(prices.defaults)));
}

void PriceEffects::apply(std::span<float> take, std::span<float> defaults) const {
  if (take_.empty()) return;
  multiply(take, take_);
  multiply(defaults, defaults_);
}

}  // namespace proffer::offers
