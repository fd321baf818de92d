// Offers and outcomes of a row.
#include <cmath>

#include "borrowers/ingest_outcome.hpp"
#include "borrowers/ingest_rows.hpp"
#include "foundation/text.hpp"

namespace proffer::borrowers {
namespace {

constexpr double highest_apr = 20;  // 2,000 % a year: beyond it a rate in percent was taken for a fraction

RowProblem problem_of(const char* setting, double value, std::string reason) {
  return {0, setting, shortest(value), std::move(reason)};
}

/// Value of an expression that may be missing, within bounds.
double bounded(const std::optional<BoundExpression>& expression, const Cells& cells, const char* setting, double low,
               double high, const char* expected) {
  const double value = expression ? expression->read(cells) : std::nan("");
  if (value < low || value > high) throw problem_of(setting, value, expected);
  return value;
}

/// 0 or 1, or unknown where missing.
std::uint8_t flag(const std::optional<BoundExpression>& expression, const Cells& cells, const char* setting) {
  if (!expression) return outcome::unknown;
  const double value = expression->read(cells);
  if (std::isnan(value)) return outcome::unknown;
  if (value != 0 && value != 1) throw problem_of(setting, value, "expected 0, 1 or missing");
  return value == 1 ? outcome::yes : outcome::no;
}

std::uint16_t months(double value) {
  if (std::isnan(value)) return 0;
  if (value != std::floor(value)) throw problem_of("offers.term", value, "expected whole months");
  return static_cast<std::uint16_t>(value);
}

}  // namespace

OfferRow RowReader::read_offer(const Cells& cells) const {
  constexpr const char* rate = "expected a yearly fraction 0 … 20, such as 0.24 for 24 %";
  OfferRow row;
  if (offer_.contacted) {
    row.contacted = flag(offer_.contacted, cells, "offers.contacted");
    if (row.contacted == outcome::unknown) throw RowProblem{0, "offers.contacted", "", "expected 0 or 1, not missing"};
  }
  row.product = offer_.product.read(cells);
  row.channel = offer_.channel.read(cells);
  row.limit = bounded(offer_.limit, cells, "offers.limit", 0, 1e15, "expected an amount of money, not negative");
  row.apr = static_cast<float>(bounded(offer_.apr, cells, "offers.apr", 0, highest_apr, rate));
  row.contract_apr =
      static_cast<float>(bounded(offer_.contract_apr, cells, "offers.contract_apr", 0, highest_apr, rate));
  row.term = months(bounded(offer_.term, cells, "offers.term", 0, 65535, "expected months 0 … 65535"));
  row.propensity = static_cast<float>(
      bounded(offer_.propensity, cells, "offers.propensity", 0, 1, "expected a probability above 0, at most 1"));
  if (row.propensity == 0) throw problem_of("offers.propensity", 0, "expected a probability above 0, at most 1");
  return row;
}

OutcomeRow RowReader::read_outcome(const Cells& cells, std::int32_t as_of) const {
  OutcomeRow row;
  row.responded = flag(outcome_.responded, cells, "outcomes.responded");
  row.booked = flag(outcome_.booked, cells, "outcomes.booked");
  row.fraud = flag(outcome_.fraud, cells, "outcomes.fraud");
  row.attrited = flag(outcome_.attrited, cells, "outcomes.attrited");
  row.repeated = flag(outcome_.repeated, cells, "outcomes.repeated");
  row.delinquent = flag(outcome_.delinquent, cells, "outcomes.delinquent");
  if (row.booked == outcome::yes && row.responded == outcome::no)
    throw RowProblem{0, "outcomes.booked", "1", "expected 0 where responded is 0; who was booked had accepted"};
  row.defaulted = read_default(cells, as_of, row);
  return row;
}

std::uint8_t RowReader::read_default(const Cells& cells, std::int32_t as_of, const OutcomeRow& row) const {
  if (!mapping_.outcomes->window && !outcome_.defaulted) return outcome::unknown;
  const bool not_booked = outcome_.booked && row.booked != outcome::yes;
  const bool not_accepted = outcome_.responded && row.responded != outcome::yes;
  if (not_booked || not_accepted) return outcome::unknown;
  if (row.fraud == outcome::yes) return outcome::excluded;
  if (flag(outcome_.excluded, cells, "outcomes.excluded") == outcome::yes) return outcome::excluded;
  const std::uint8_t code =
      mapping_.outcomes->window ? read_window(cells, as_of) : flag(outcome_.defaulted, cells, "outcomes.default");
  if (code == outcome::no && flag(outcome_.indeterminate, cells, "outcomes.indeterminate") == outcome::yes)
    return outcome::indeterminate;
  return code;
}

std::uint8_t RowReader::read_window(const Cells& cells, std::int32_t as_of) const {
  const WindowMapping& window = *mapping_.outcomes->window;
  WindowFacts facts;
  facts.observed = outcome_.observed ? outcome_.observed->read(cells) : as_of;
  if (facts.observed == 0)
    throw outcome_.observed->field->field.problem("",
                                                  "expected a date; the window of a booked row needs its first day");
  if (outcome_.bad_on) {
    if (const std::int32_t day = outcome_.bad_on->read(cells); day != 0) facts.bad_on = day;
  } else {
    const std::uint8_t bad = flag(outcome_.bad, cells, "outcomes.window.bad");
    if (bad == outcome::unknown) return outcome::unknown;
    facts.bad = bad == outcome::yes;
  }
  return window_code(facts, window.months, window.cut_off);
}

BookLayout layout_of(const Mapping& mapping) {
  BookLayout layout;
  for (const ColumnMapping& column : mapping.columns) layout.schema.columns.push_back(column.column);
  layout.schema.products = mapping.products;
  layout.schema.channels = mapping.channels;
  layout.schema.currency = mapping.currency;
  layout.schema.default_months = mapping.default_months;
  layout.schema.customer_months = mapping.customer_months;
  for (const LinkMapping& link : mapping.links) layout.schema.links.push_back(link.name);
  layout.offers = mapping.offers.has_value();
  if (mapping.outcomes) {
    layout.responded = mapping.outcomes->responded.given();
    layout.booked = mapping.outcomes->booked.given();
    layout.defaulted = mapping.outcomes->defaulted.given() || mapping.outcomes->window;
    layout.fraud = mapping.outcomes->fraud.given();
    layout.attrited = mapping.outcomes->attrited.given();
    layout.repeated = mapping.outcomes->repeated.given();
    layout.delinquent = mapping.outcomes->delinquent.given();
  }
  return layout;
}

Batch empty_batch(const BookLayout& layout, std::uint64_t first_row) {
  Batch batch;
  batch.first_row = first_row;
  batch.columns = layout.schema.columns.size();
  if (layout.offers) batch.offers.emplace();
  if (layout.outcomes()) batch.outcomes.emplace();
  return batch;
}

void append(Batch& batch, const BookRow& row) {
  batch.id.push_back(row.id);
  batch.unit.push_back(row.unit);
  batch.as_of.push_back(row.as_of);
  batch.features.insert(batch.features.end(), row.features.begin(), row.features.end());
  batch.links.insert(batch.links.end(), row.links.begin(), row.links.end());
  if (batch.offers) {
    Offers& offers = *batch.offers;
    offers.contacted.push_back(row.offer.contacted);
    offers.product.push_back(row.offer.product);
    offers.channel.push_back(row.offer.channel);
    offers.limit.push_back(row.offer.limit);
    offers.apr.push_back(row.offer.apr);
    offers.contract_apr.push_back(row.offer.contract_apr);
    offers.term.push_back(row.offer.term);
    offers.propensity.push_back(row.offer.propensity);
  }
  if (!batch.outcomes) return;
  // All are filled; the writer takes those that the layout has.
  batch.outcomes->responded.push_back(row.outcome.responded);
  batch.outcomes->booked.push_back(row.outcome.booked);
  batch.outcomes->defaulted.push_back(row.outcome.defaulted);
  batch.outcomes->fraud.push_back(row.outcome.fraud);
  batch.outcomes->attrited.push_back(row.outcome.attrited);
  batch.outcomes->repeated.push_back(row.outcome.repeated);
  batch.outcomes->delinquent.push_back(row.outcome.delinquent);
}

}  // namespace proffer::borrowers
