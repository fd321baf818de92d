#include "offers/catalog.hpp"

#include <algorithm>
#include <set>

#include "foundation/text.hpp"

namespace proffer::offers {
namespace {

using settings::Integer;
using settings::Number;
using settings::Section;
using settings::Text;

constexpr std::size_t most_offers = 256;
const std::vector<std::string> conventions{"amortising", "flat", "revolving"};
const std::vector<std::string> day_counts{"30/360", "actual/365", "actual/360"};
const std::vector<std::string> asset_classes{"none", "other_retail", "qualifying_revolving"};

/// The place of a name that the settings have checked already.
std::size_t place_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

template <class T>
std::string shown(const T& value) {
  if constexpr (std::is_same_v<T, std::string>)
    return value;
  else
    return shortest(static_cast<double>(value));
}

template <class T>
void refuse_empty_and_twice(const Section& product, std::string_view key, const std::vector<T>& values) {
  if (product.for_reference()) return;
  const std::string path = product.path() + "." + std::string(key);
  if (values.empty())
    throw product.error(key, path + " lists nothing", "every product needs at least one",
                        "write for example " + std::string(key) + (key == "channels" ? ": [mail]" : ": [12]"));
  std::set<T> seen;
  for (const T& value : values)
    if (!seen.insert(value).second)
      throw product.error(key, path + " lists " + shown(value) + " twice", "every offer may stand once",
                          "leave the second one out");
}

/// What a product may be offered with.
struct Terms {
  std::vector<double> limits;
  std::vector<double> aprs;
  std::vector<std::int64_t> terms;
  std::vector<std::string> channels;
  std::vector<std::string> funders;  ///< none: the lender itself
  [[nodiscard]] std::size_t count() const {
    return limits.size() * aprs.size() * terms.size() * channels.size() * std::max<std::size_t>(1, funders.size());
  }
};

Terms read_terms(const Section& product, const std::vector<std::string>& channels) {
  Terms terms;
  terms.limits = product.numbers("limits", {.doc = "amounts or limits", .min = 0.01, .max = 1e12, .unit = "currency"});
  terms.aprs =
      product.numbers("aprs", {.doc = "yearly rates by the rate convention; 0.24 is 24 % a year", .min = 0, .max = 20});
  terms.terms = product.integers("terms", {.doc = "terms; for a revolving product the months its value is counted over",
                                           .min = 1,
                                           .max = 600,
                                           .unit = "months"});
  terms.channels = product.texts("channels", {.doc = "channels by which it may be offered", .choices = channels});
  terms.funders = product.texts("funder", {.doc = "who provides the money; each of several makes offers of its own"});
  refuse_empty_and_twice(product, "limits", terms.limits);
  refuse_empty_and_twice(product, "aprs", terms.aprs);
  refuse_empty_and_twice(product, "terms", terms.terms);
  refuse_empty_and_twice(product, "channels", terms.channels);
  if (!terms.funders.empty()) refuse_empty_and_twice(product, "funder", terms.funders);
  return terms;
}

void read_revolving(const Section& section, Product& product) {
  product.utilisation =
      section.number("utilisation", {.doc = "revolving: drawn balance as a share of the limit", .min = 0, .max = 1});
  product.ccf =
      section.number("ccf", {.doc = "revolving: share of the undrawn limit drawn before default", .min = 0, .max = 1});
  product.transactors = section.number(
      "transactors",
      {.doc = "revolving: share of customers who pay in full and no interest", .fallback = 0, .min = 0, .max = 1});
  product.minimum_payment = section.number(
      "minimum_payment", {.doc = "revolving: monthly payment as a share of the limit, counted in affordability",
                          .fallback = 0.05,
                          .min = 0,
                          .max = 1});
  product.attrition_monthly = section.number(
      "attrition_monthly", {.doc = "revolving: share of the accounts that are closed and repaid each month",
                            .fallback = 0,
                            .min = 0,
                            .max = 0.99});
}

void refuse_revolving(const Section& section, RateConvention convention) {
  for (const std::string_view key : {"utilisation", "ccf", "transactors", "minimum_payment", "attrition_monthly"})
    if (section.has(key))
      throw section.error(key, section.path() + "." + std::string(key) + " has no meaning here",
                          "the product's rate_convention is " + name_of(convention),
                          "leave it out, or set rate_convention: revolving");
}

Product read_product(const std::string& name, const Section& section) {
  Product product;
  product.name = name;
  product.convention = static_cast<RateConvention>(
      place_of(conventions,
               section.text("rate_convention", {.doc = "what the yearly rate is charged on", .choices = conventions})));
  product.day_count = static_cast<DayCount>(place_of(
      day_counts, section.text("day_count",
                               {.doc = "how much of a year a month is", .fallback = "30/360", .choices = day_counts})));
  product.origination_fee = section.number(
      "origination_fee",
      {.doc = "share of the amount, kept from it when it is paid out", .fallback = 0, .min = 0, .max = 0.5});
  product.monthly_fee =
      section.number("monthly_fee", {.doc = "fee with each instalment", .fallback = 0, .min = 0, .unit = "currency"});
  product.annual_fee = section.number(
      "annual_fee", {.doc = "fee at the start of each year", .fallback = 0, .min = 0, .unit = "currency"});
  product.lgd =
      section.number("lgd", {.doc = "loss given default, share of the exposure at default", .min = 0, .max = 1});
  product.reference_apr = section.maybe_number(
      "reference_apr",
      {.doc = "rate at which economics.prices takes the models at their word", .min = 0.0001, .max = 10});
  if (product.convention == RateConvention::revolving || section.for_reference())
    read_revolving(section, product);
  else
    refuse_revolving(section, product.convention);
  if (const auto asset_class = section.maybe_text(
          "asset_class",
          {.doc = "regulatory asset class, where not that of economics.capital", .choices = asset_classes}))
    product.asset_class = asset_class_of(*asset_class);
  return product;
}

/// The code of a funder, which is made where it is new.
std::uint8_t funder_code(const std::string& name, std::vector<std::string>& funders) {
  const std::size_t place = place_of(funders, name);
  if (place == funders.size()) funders.push_back(name);
  return static_cast<std::uint8_t>(place);
}

void add_offers(const Terms& terms, std::size_t product, Catalog& catalog) {
  const std::vector<std::string> channels = catalog.channel_names();
  std::vector<std::uint8_t> funders;
  for (const std::string& name : terms.funders) funders.push_back(funder_code(name, catalog.funders));
  if (funders.empty()) funders.push_back(no_funder);
  for (const double limit : terms.limits)
    for (const double apr : terms.aprs)
      for (const std::int64_t term : terms.terms)
        for (const std::string& channel : terms.channels)
          for (const std::uint8_t funder : funders)
            catalog.offers.push_back({static_cast<std::uint8_t>(product),
                                      static_cast<std::uint8_t>(place_of(channels, channel)), limit, apr,
                                      static_cast<std::uint16_t>(term), funder});
}

void refuse_too_many(const Section& section, std::string_view key, std::size_t count, const std::string& what) {
  if (count > most_offers)
    throw section.error(key, section.path() + " has " + with_thousands(static_cast<long long>(count)) + " " + what,
                        "at most 256 are possible", "list fewer limits, rates, terms or channels");
}

}  // namespace

std::vector<std::string> Catalog::product_names() const {
  std::vector<std::string> names;
  for (const Product& product : products) names.push_back(product.name);
  return names;
}

std::vector<std::string> Catalog::channel_names() const {
  std::vector<std::string> names;
  for (const Channel& channel : channels) names.push_back(channel.name);
  return names;
}

std::string Catalog::name_of(const Offer& offer) const {
  return product_of(offer).name + ":" + shortest(offer.limit) + ":" + shortest(offer.apr) + ":" +
         std::to_string(offer.term) + ":" + channel_of(offer).name +
         (offer.funder == no_funder ? std::string() : ":" + funders[offer.funder]);
}

AssetClass asset_class_of(const std::string& name) {
  return static_cast<AssetClass>(place_of(asset_classes, name));
}

const std::vector<std::string>& asset_class_names() {
  return asset_classes;
}

std::string name_of(RateConvention convention) {
  return conventions[static_cast<std::size_t>(convention)];
}

Catalog read_catalog(const Section& section) {
  Catalog catalog;
  for (const auto& [name, channel] : section.named("channels", "ways to reach a borrower"))
    catalog.channels.push_back(
        {name,
         channel.number("contact_cost", {.doc = "cost of one contact", .fallback = 0, .min = 0, .unit = "currency"})});
  const auto products = section.named("products", "loan products and the terms they may be offered with");
  refuse_too_many(section, "channels", catalog.channels.size(), "channels");
  refuse_too_many(section, "products", products.size(), "products");
  std::vector<Terms> terms;
  std::size_t offers = 0;
  for (const auto& [name, product] : products) {
    terms.push_back(read_terms(product, catalog.channel_names()));
    offers += terms.back().count();
    catalog.products.push_back(read_product(name, product));
  }
  refuse_too_many(section, "products", offers, "offers");
  if (offers == 0 && !section.for_reference())
    throw section.error("", section.path() + " has no offer", "nothing stands under products",
                        "name a product with its limits, aprs, terms and channels");
  std::set<std::string> funders;
  for (const Terms& some : terms) funders.insert(some.funders.begin(), some.funders.end());
  if (funders.size() >= no_funder)
    throw section.error("products", section.path() + " names " + std::to_string(funders.size()) + " funders",
                        "at most 254 are possible", "name fewer");
  for (std::size_t product = 0; product < terms.size(); ++product) add_offers(terms[product], product, catalog);
  return catalog;
}

}  // namespace proffer::offers
