// What may be offered: products × limits × rates × terms × channels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/types.hpp"
#include "offers/capital.hpp"
#include "settings/section.hpp"

namespace proffer::offers {

/// What the yearly rate of an offer means.
enum class RateConvention {
  amortising,  ///< on the balance; equal instalments
  flat,        ///< add-on: on the whole amount over the whole term, whatever is repaid
  revolving,   ///< on the drawn balance of a limit
};

/// How much of a year a month is: 1/12, or a mean month of 365.25/12 days over a year of 365 or 360 days.
enum class DayCount { thirty_360, actual_365, actual_360 };

struct Channel {
  std::string name;
  Money contact_cost = 0;
};

struct Product {
  std::string name;
  RateConvention convention = RateConvention::amortising;
  DayCount day_count = DayCount::thirty_360;
  double origination_fee = 0;  ///< share of the amount, kept from it
  Money monthly_fee = 0;
  Money annual_fee = 0;  ///< at the start of each year
  double lgd = 0;        ///< of the exposure at default, before discounting the recovery
  double utilisation = 1;
  double ccf = 0;              ///< share of the undrawn limit that is drawn before default
  double transactors = 0;      ///< share of customers who pay in full and no interest
  double minimum_payment = 0;  ///< monthly, share of the limit
  double attrition_monthly = 0;
  std::optional<AnnualRate> reference_apr;  ///< of past offers; where economics.prices says what other rates change
  std::optional<AssetClass> asset_class;    ///< else the one of economics.capital
};

inline constexpr std::uint8_t no_funder = 255;

struct Offer {
  std::uint8_t product = 0;  ///< index in Catalog::products
  std::uint8_t channel = 0;
  Money limit = 0;
  AnnualRate apr = 0;  ///< nominal, by the product's rate convention
  std::uint16_t term = 0;
  std::uint8_t funder = no_funder;  ///< index in Catalog::funders
  friend bool operator==(const Offer&, const Offer&) = default;
};

struct Catalog {
  std::vector<Product> products;
  std::vector<Channel> channels;
  std::vector<std::string> funders;  ///< who provides the money, where the catalog says so
  std::vector<Offer> offers;         ///< by product, limit, rate, term, channel, funder, in the order of the config

  [[nodiscard]] const Product& product_of(const Offer& offer) const { return products[offer.product]; }
  [[nodiscard]] const Channel& channel_of(const Offer& offer) const { return channels[offer.channel]; }
  [[nodiscard]] std::vector<std::string> product_names() const;
  [[nodiscard]] std::vector<std::string> channel_names() const;
  /// "personal_loan:5000:0.129:36:mail", and ":funder" behind it where the product names funders.
  [[nodiscard]] std::string name_of(const Offer& offer) const;
};

/// Reads the `catalog` section. UsageError with file:line:column for anything wrong, for a catalog without an offer,
/// and for more than 256 offers. Independent.
[[nodiscard]] Catalog read_catalog(const settings::Section& section);

/// Reads an asset class by its name in the config.
[[nodiscard]] AssetClass asset_class_of(const std::string& name);
[[nodiscard]] const std::vector<std::string>& asset_class_names();
[[nodiscard]] std::string name_of(RateConvention convention);

}  // namespace proffer::offers
