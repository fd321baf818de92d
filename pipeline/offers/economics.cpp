#include "offers/economics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::offers {
namespace {

using settings::Section;

constexpr std::string_view seasoning_doc =
    "default hazard over the months on book: 'constant', or a list of relative hazards of months 1, 2, … (the last "
    "goes on)";

double relative_hazard_of(const Section& section, const std::string& text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0)
    throw section.error("seasoning", section.path() + ".seasoning has the entry '" + text + "'",
                        "a relative hazard is a number of at least 0",
                        "write constant, or for example [0.5, 1.2, 1.0]");
  return value;
}

std::vector<double> read_seasoning(const Section& section) {
  // An absent one is refused with the doc that names 'constant': nobody gets a hazard shape without choosing it.
  if (!section.has("seasoning")) {
    static_cast<void>(section.text("seasoning", {.doc = seasoning_doc}));
    return {1.0};
  }
  const std::vector<std::string> entries = section.texts("seasoning", {.doc = seasoning_doc});
  if (entries.size() == 1 && entries.front() == "constant") return {1.0};
  std::vector<double> hazards;
  for (const std::string& entry : entries) hazards.push_back(relative_hazard_of(section, entry));
  if (hazards.empty() || hazards.front() <= 0)
    throw section.error("seasoning", section.path() + ".seasoning begins without a hazard",
                        "a default must be possible in the first month, else short loans could never default",
                        "let the first entry be above 0");
  return hazards;
}

std::vector<double> read_prepayment(const Section& section) {
  std::vector<double> rates =
      section.numbers("prepayment_monthly", {.doc = "share of the open amortising and flat loans repaid early each "
                                                    "month; a list gives months 1, 2, … (the last goes on)",
                                             .min = 0,
                                             .max = 0.99});
  if (rates.empty()) rates.push_back(0);
  return rates;
}

Capital read_capital(const Section& section) {
  Capital capital;
  if (!section.present()) return capital;
  capital.hurdle_rate = section.number("hurdle_rate", {.doc = "yearly cost of capital", .min = 0, .max = 1});
  capital.asset_class = asset_class_of(
      section.text("asset_class", {.doc = "asset class of the internal-ratings formula, where a product names none",
                                   .fallback = "other_retail",
                                   .choices = asset_class_names()}));
  capital.pd_floor =
      section.number("pd_floor", {.doc = "least PD in the capital formula", .fallback = 0.0005, .min = 0, .max = 1});
  capital.lgd_floor =
      section.number("lgd_floor", {.doc = "least LGD in the capital formula", .fallback = 0, .min = 0, .max = 1});
  return capital;
}

double at_month(const std::vector<double>& by_month, int month) {
  return by_month[std::min(by_month.size(), static_cast<std::size_t>(month)) - 1];
}

std::string in_list(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + shortest(value);
  return text;
}

std::vector<std::string> of_product(const Product& product, const Economics& economics) {
  const auto says = [&](const std::string& text) { return product.name + ": " + text; };
  std::vector<std::string> lines{says("loss given default " + shortest(product.lgd) +
                                      " of the exposure at default is an assumption, not trained")};
  if (product.convention == RateConvention::revolving) {
    lines.push_back(says("utilisation " + shortest(product.utilisation) +
                         " of the limit in every month is an assumption, not trained"));
    lines.push_back(says("credit conversion factor " + shortest(product.ccf) +
                         " of the undrawn limit is an assumption, not trained"));
    lines.push_back(says("share of transactors " + shortest(product.transactors) +
                         " is an assumption, not trained, and independent of default"));
    lines.push_back(says("closed and repaid each month: " + shortest(product.attrition_monthly) +
                         " of the accounts, an assumption"));
    lines.push_back(says("effective rate as if the limit were drawn at once and repaid in twelve equal parts"));
  } else {
    lines.push_back(says("repaid early each month: " + in_list(economics.prepayment_monthly) +
                         " of the open loans, an assumption"));
  }
  if (product.convention == RateConvention::flat)
    lines.push_back(says("early repayment is of the balance at the equivalent rate on the balance (actuarial rebate)"));
  if (product.day_count != DayCount::thirty_360) lines.push_back(says("every month counts as 365.25/12 days"));
  return lines;
}

}  // namespace

double Economics::prepayment(int month) const {
  return at_month(prepayment_monthly, month);
}
double Economics::relative_hazard(int month) const {
  return at_month(seasoning, month);
}

Economics read_economics(const Section& section) {
  Economics economics;
  economics.discount_rate = section.number(
      "discount_rate", {.doc = "yearly rate at which flows net of funding are discounted", .min = 0, .max = 1});
  economics.funding_rate =
      section.number("funding_rate", {.doc = "yearly rate paid for the money lent", .min = 0, .max = 1});
  economics.servicing_per_month = section.number(
      "servicing_per_month", {.doc = "cost of an open account", .fallback = 0, .min = 0, .unit = "currency"});
  economics.prepayment_monthly = read_prepayment(section);
  economics.seasoning = read_seasoning(section);
  economics.recovery_lag_months = static_cast<int>(section.integer(
      "recovery_lag_months", {.doc = "months from default to the recovery", .fallback = 0, .min = 0, .max = 240}));
  economics.fraud_loss =
      section.number("fraud_loss", {.doc = "loss given fraud, share of the limit", .fallback = 1, .min = 0, .max = 2});
  economics.capital = read_capital(section.section("capital", "capital charge; left out: none"));
  const Section without =
      section.section("without_contact", "what borrowers are worth anyway; left out: nobody takes without contact");
  if (without.present())
    economics.without_contact = {
        without.text("model", {.doc = "name of an uplift model (train.uplift) of the response: its controls say who "
                                      "responds without contact, and the value of an offer is what contact adds"}),
        without
            .maybe_text("offer", {.doc = "catalog name of the loan that those take; absent: the one that would have "
                                         "been offered"})
            .value_or("")};
  const Section prices =
      section.section("prices", "what rates change, where past offers cannot tell; left out: the models know");
  if (prices.present())
    economics.prices = {
        .take_up =
            prices.number("take_up_elasticity", {.doc = "% by which take-up changes for a rate higher by 1 %, from "
                                                        "each product's reference_apr on",
                                                 .min = -20,
                                                 .max = 0}),
        .defaults = prices.number(
            "default_elasticity",
            {.doc = "% by which the PD changes for a rate higher by 1 %", .fallback = 0, .min = 0, .max = 20})};
  return economics;
}

std::optional<std::size_t> loan_without_contact(const Economics& economics, const Catalog& catalog) {
  const auto& without = economics.without_contact;
  if (!without || without->offer.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const Offer& offer : catalog.offers) names.push_back(catalog.name_of(offer));
  const auto found = std::ranges::find(names, without->offer);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const auto near = did_you_mean(without->offer, names);
  throw UsageError({fmt::format("economics.without_contact.offer is {}", without->offer),
                    "the catalog has no such offer",
                    near ? fmt::format("did you mean {}?", *near) : "name one as product:limit:rate:term:channel"});
}

std::vector<std::string> assumptions(const Catalog& catalog, const Economics& economics, int horizon_months) {
  std::vector<std::string> lines{
      "value: flows month by month, the whole balance funded at " + shortest(economics.funding_rate) +
          " a year, net flows discounted at " + shortest(economics.discount_rate) + " a year",
      "default: the PD is reached after " + std::to_string(horizon_months) +
          " months on book (or at the end of a shorter term), early repayments included; relative hazard " +
          (economics.has_constant_hazard() ? "constant" : in_list(economics.seasoning)) +
          (economics.has_constant_hazard() ? ", also beyond" : ", the last going on beyond"),
      "recovery: 1 - LGD of the exposure, " + std::to_string(economics.recovery_lag_months) + " months after default",
      "servicing: " + shortest(economics.servicing_per_month) + " a month per open account",
      "fraud: " + shortest(economics.fraud_loss) + " of the limit is lost, and no other flow remains"};
  if (economics.capital.hurdle_rate > 0)
    lines.push_back("capital: " + shortest(economics.capital.hurdle_rate) +
                    " a year on the internal-ratings requirement of the exposure at default, PD floor " +
                    shortest(economics.capital.pd_floor) + ", LGD floor " + shortest(economics.capital.lgd_floor));
  else
    lines.push_back("capital: no charge");
  for (const Product& product : catalog.products)
    for (std::string& line : of_product(product, economics)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace proffer::offers
