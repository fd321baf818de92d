#include "verify/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::verify {
namespace {

std::size_t place_of(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    throw DataError({fmt::format("the recorded catalog names the channel '{}'", name), "there is no such channel",
                     "restore the run directory"});
  return static_cast<std::size_t>(found - names.begin());
}

Product read_product(const RecordedSettings& settings, const std::string& name) {
  const std::string at = "catalog.products." + name + ".";
  Product product;
  product.name = name;
  product.convention = settings.text(at + "rate_convention");
  product.day_count = settings.text(at + "day_count");
  product.asset_class =
      settings.text(at + "asset_class", settings.text("economics.capital.asset_class", std::string("none")));
  product.origination_fee = settings.number(at + "origination_fee");
  product.monthly_fee = settings.number(at + "monthly_fee");
  product.annual_fee = settings.number(at + "annual_fee");
  product.lgd = settings.number(at + "lgd");
  product.utilisation = settings.number(at + "utilisation", 1);
  product.ccf = settings.number(at + "ccf", 0);
  product.transactors = settings.number(at + "transactors", 0);
  product.minimum_payment = settings.number(at + "minimum_payment", 0);
  product.attrition = settings.number(at + "attrition_monthly", 0);
  return product;
}

double present_value(const std::vector<double>& flows, double rate) {
  double value = 0;
  for (std::size_t t = flows.size(); t-- > 0;) value = value / (1.0 + rate) + flows[t];
  return value;
}

double instalment(const Product& product, const Offer& offer) {
  const double rate = monthly_rate(offer.apr, product.day_count);
  if (product.revolving()) return product.minimum_payment * offer.limit;
  if (product.convention == "flat") return (offer.limit + offer.limit * rate * offer.term) / offer.term;
  return offer.limit * annuity(rate, offer.term);
}

/// Directive 2008/48/EC, Annex I: what the borrower gets and pays. A card counts as drawn at once and repaid in twelve
/// equal parts with interest on what is owed.
double effective_apr(const Product& product, const Offer& offer) {
  const int months = product.revolving() ? 12 : offer.term;
  const double rate = monthly_rate(offer.apr, product.day_count);
  std::vector<double> flows{-offer.limit * (1.0 - product.origination_fee)};
  double owed = offer.limit;
  for (int month = 1; month <= months; ++month) {
    const double repaid = offer.limit / months;
    flows.push_back(product.monthly_fee + (product.revolving() ? repaid + owed * rate : instalment(product, offer)));
    owed -= repaid;
  }
  for (std::size_t month = 0; month < static_cast<std::size_t>(months); month += 12) flows[month] += product.annual_fee;
  return std::pow(1.0 + internal_rate(flows), 12) - 1.0;
}

/// The funders of a product, new ones behind those known already; nothing: the lender itself.
std::vector<std::optional<std::size_t>> funders_of(const RecordedSettings& settings, const std::string& at,
                                                   std::vector<std::string>& known) {
  std::vector<std::optional<std::size_t>> funders;
  for (const std::string& name : settings.texts(at + "funder")) {
    if (std::ranges::find(known, name) == known.end()) known.push_back(name);
    funders.emplace_back(std::ranges::find(known, name) - known.begin());
  }
  if (funders.empty()) funders.emplace_back();
  return funders;
}

void add_offers(const RecordedSettings& settings, std::size_t number, Catalog& catalog) {
  const Product& product = catalog.products[number];
  const std::string at = "catalog.products." + product.name + ".";
  const auto funders = funders_of(settings, at, catalog.funders);
  for (const double limit : settings.numbers(at + "limits"))
    for (const double apr : settings.numbers(at + "aprs"))
      for (const double term : settings.numbers(at + "terms"))
        for (const std::string& channel : settings.texts(at + "channels"))
          for (const auto funder : funders) {
            Offer offer;
            offer.product = number;
            offer.channel = place_of(catalog.channels, channel);
            offer.funder = funder;
            offer.limit = limit;
            offer.apr = apr;
            offer.term = static_cast<int>(term);
            offer.asked_apr = apr;
            if (settings.has("economics.prices.take_up_elasticity")) {
              offer.asked_apr = settings.number(at + "reference_apr");
              offer.take_factor =
                  std::pow(apr / offer.asked_apr, settings.number("economics.prices.take_up_elasticity"));
              offer.default_factor =
                  std::pow(apr / offer.asked_apr, settings.number("economics.prices.default_elasticity"));
            }
            offer.contact_cost = settings.number("catalog.channels." + channel + ".contact_cost");
            offer.exposure = limit;
            if (product.revolving()) offer.exposure *= product.utilisation + product.ccf * (1.0 - product.utilisation);
            offer.monthly_payment = instalment(product, offer) + product.monthly_fee;
            offer.effective_apr = effective_apr(product, offer);
            catalog.offers.push_back(offer);
          }
}

/// One column of /catalog; `tolerance` is relative.
template <class T>
void check_column(const storage::TableReader& table, const char* name, const Catalog& catalog, double tolerance,
                  const std::function<double(const Offer&)>& wanted, Findings& findings) {
  const auto values = table.read_all<T>(std::string("/catalog/") + name);
  for (std::size_t j = 0; j < std::min(values.size(), catalog.offers.size()); ++j) {
    const double right = wanted(catalog.offers[j]);
    const auto there = static_cast<double>(values[j]);
    if (!(std::abs(there - right) <= tolerance * std::abs(right)))
      findings.add("catalog", fmt::format("{} of offer {}", name, catalog.name_of(catalog.offers[j])), shown(there),
                   shown(right));
  }
}

}  // namespace

std::string Catalog::name_of(const Offer& offer) const {
  return fmt::format("{}:{}:{}:{}:{}{}", product_of(offer).name, shortest(offer.limit), shortest(offer.apr), offer.term,
                     channels[offer.channel], offer.funder ? ":" + funders[*offer.funder] : std::string());
}

Catalog read_catalog(const RecordedSettings& settings) {
  Catalog catalog;
  catalog.channels = settings.texts("catalog.channels");
  catalog.fraud_loss = settings.number("economics.fraud_loss");
  for (const std::string& name : settings.texts("catalog.products"))
    catalog.products.push_back(read_product(settings, name));
  for (std::size_t p = 0; p < catalog.products.size(); ++p) add_offers(settings, p, catalog);
  if (catalog.offers.empty()) throw DataError({"the recorded catalog has no offer", "", "restore the run directory"});
  return catalog;
}

double monthly_rate(double apr, const std::string& day_count) {
  if (day_count == "30/360") return apr / 12.0;
  return apr * (365.25 / 12.0) / (day_count == "actual/360" ? 360.0 : 365.0);
}

double annuity(double rate, int term) {
  return rate == 0 ? 1.0 / term : rate / (1.0 - std::pow(1.0 + rate, -term));
}

double internal_rate(const std::vector<double>& flows) {
  double low = -0.999999, high = 1.0;
  while (present_value(flows, high) > 0 && high < 1e12) high *= 2;
  for (int step = 0; step < 200; ++step) {
    const double middle = (low + high) / 2;
    (present_value(flows, middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

void check_catalog(const storage::TableReader& table, const Catalog& catalog, Findings& findings) {
  std::vector<std::string> names, products;
  for (const Offer& offer : catalog.offers) names.push_back(catalog.name_of(offer));
  for (const Product& product : catalog.products) products.push_back(product.name);
  const auto check_texts = [&](const char* path, const std::vector<std::string>& wanted) {
    const auto there = table.texts(path);
    if (there != wanted) findings.add("catalog", path, one_of(there), one_of(wanted));
  };
  check_texts("/catalog/name", names);
  check_texts("/catalog/products", products);
  check_texts("/catalog/channels", catalog.channels);
  check_column<std::uint8_t>(
      table, "product", catalog, 0, [](const Offer& o) { return static_cast<double>(o.product); }, findings);
  check_column<std::uint8_t>(
      table, "channel", catalog, 0, [](const Offer& o) { return static_cast<double>(o.channel); }, findings);
  if (!catalog.funders.empty()) {
    check_texts("/catalog/funders", catalog.funders);
    check_column<std::uint8_t>(
        table, "funder", catalog, 0, [](const Offer& o) { return static_cast<double>(o.funder.value_or(255)); },
        findings);
  }
  check_column<std::uint16_t>(
      table, "term", catalog, 0, [](const Offer& o) { return static_cast<double>(o.term); }, findings);
  const auto check = [&](const char* name, double tolerance, const std::function<double(const Offer&)>& wanted) {
    check_column<double>(table, name, catalog, tolerance, wanted, findings);
  };
  if (table.has("/catalog/asked_apr")) check("asked_apr", 0, [](const Offer& o) { return o.asked_apr; });
  check("limit", 0, [](const Offer& o) { return o.limit; });
  check("apr", 0, [](const Offer& o) { return o.apr; });
  check("contact_cost", 0, [](const Offer& o) { return o.contact_cost; });
  check("exposure", 0, [](const Offer& o) { return o.exposure; });
  check("lgd", 0, [&](const Offer& o) { return catalog.product_of(o).lgd; });
  check("fraud_loss", 0, [&](const Offer&) { return catalog.fraud_loss; });
  check("effective_apr", 1e-9, [](const Offer& o) { return o.effective_apr; });
}

}  // namespace proffer::verify
