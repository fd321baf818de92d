#include "borrowers/mapping.hpp"

#include <algorithm>
#include <set>

#include "foundation/text.hpp"

namespace proffer::borrowers {
namespace {

using settings::Section;

const std::vector<std::string> default_markers{"", "NA", "N/A", "NaN", "nan", "NULL", "null"};

DateFormat date_format(std::string_view name) {
  for (const DateFormat format : {DateFormat::compact, DateFormat::day_first, DateFormat::month_first})
    if (name == name_of(format)) return format;
  return DateFormat::iso;
}

CsvSource read_csv_source(const Section& section) {
  CsvSource source;
  source.path = section.path("csv", {.doc = "CSV file, plain or gzip"});
  source.where = section.where("csv");
  const std::string separator =
      section.text("separator", {.doc = "character between two cells; \"\\t\" for a tab", .fallback = ","});
  if (separator.size() != 1 || separator == "\"")
    throw section.error("separator", "separator is '" + separator + "'", "expected one character other than the quote",
                        "use one of , ; | or \"\\t\"");
  source.format.separator = separator.front();
  source.format.header_line = static_cast<std::uint64_t>(section.integer(
      "header_line", {.doc = "line that names the columns; rows follow it. 0: none, columns are #1, #2, …",
                      .fallback = 1,
                      .min = 0,
                      .max = 1000}));
  return source;
}

Formula read_formula(const Section& section, std::string_view key, std::string_view doc) {
  const auto text = section.maybe_text(key, {.doc = doc});
  return {text.value_or(""), section.where(text ? key : std::string_view{})};
}

IdSource read_id(const Section& section, std::string_view key, std::string_view doc, const std::string& fallback) {
  const std::string kind_key = std::string(key) + "_kind";
  IdSource id;
  id.column = section.text(key, {.doc = doc, .fallback = fallback});
  if (id.column == "row_number") id.column.clear();
  id.where = section.where(section.has(key) ? key : std::string_view{});
  id.hashed = section.text(kind_key, {.doc = "integer: 0 … 2^64 − 1; hash: xxh3-64 of the text, for ids that are text",
                                      .fallback = "integer",
                                      .choices = {"integer", "hash"}}) == "hash";
  return id;
}

DateSource read_date(const Section& section, const std::string& key, std::string_view doc) {
  DateSource date;
  const std::string text = section.text(key, {.doc = doc, .fallback = ""});
  date.where = section.where(section.has(key) ? std::string_view(key) : std::string_view{});
  date.format =
      date_format(section.text(key + "_format", {.doc = "form of the dates in that column",
                                                 .fallback = "YYYY-MM-DD",
                                                 .choices = {"YYYY-MM-DD", "YYYYMMDD", "DD/MM/YYYY", "MM/DD/YYYY"}}));
  date.constant = parse_date(text, DateFormat::compact);
  if (!date.constant) date.constant = parse_date(text, DateFormat::iso);
  if (!date.constant) date.column = text;
  const bool looks_like_a_date = !text.empty() && text.find_first_not_of("0123456789-") == std::string::npos;
  if (!date.constant && looks_like_a_date)
    throw section.error(key, key + " is '" + text + "', which is no day of the calendar", "",
                        "write YYYY-MM-DD, or the name of a column");
  return date;
}

Role role_of(const std::string& name) {
  if (name == "monitor_only") return Role::monitor_only;
  if (name == "post_outcome") return Role::post_outcome;
  if (name == "excluded") return Role::excluded;
  return Role::feature;
}

ColumnMapping read_column(const std::string& name, const Section& section) {
  ColumnMapping mapping;
  mapping.where = section.where();
  mapping.column.name = name;
  mapping.from = section.text("from", {.doc = "column of the CSV file; #3 is the third", .fallback = name});
  mapping.derived = read_formula(section, "expression",
                                 "derives the column from others instead: muParser syntax, column == \"label\", "
                                 "missing(column), otherwise(column, value); division by zero gives missing");
  const std::string kind = section.text(
      "kind", {.doc = "numeric or categorical", .fallback = "numeric", .choices = {"numeric", "categorical"}});
  mapping.column.kind = kind == "numeric" ? Kind::numeric : Kind::categorical;
  mapping.column.role = role_of(section.text(
      "role", {.doc = "only `feature` is ever trained on; monitor_only: watched for fairness; post_outcome: known too "
                      "late; excluded: kept for other uses, such as split: {by: column}",
               .fallback = "feature",
               .choices = {"feature", "monitor_only", "post_outcome", "excluded"}}));
  mapping.column.dictionary = section.texts(
      "dictionary", {.doc = "labels of codes 0, 1, … in this order, or auto: the labels of the file, sorted"});
  mapping.missing =
      section.texts("missing", {.doc = "cells that mean a missing value in this column, besides those of the file"});
  auto& labels = mapping.column.dictionary;
  if (mapping.column.kind == Kind::categorical) {
    mapping.auto_dictionary = labels.empty() || labels == std::vector<std::string>{"auto"};
    if (mapping.auto_dictionary) labels.clear();
    if (mapping.derived.given())
      throw section.error("kind", "column '" + name + "' is derived and categorical", "an expression gives numbers",
                          "leave kind out");
  } else if (!labels.empty()) {
    throw section.error("dictionary", "column '" + name + "' is numeric and has a dictionary", "",
                        "add kind: categorical");
  }
  if (std::set<std::string>(labels.begin(), labels.end()).size() != labels.size())
    throw section.error("dictionary", "the dictionary of '" + name + "' holds a label twice", "", "remove one");
  if (mapping.derived.given() && section.has("from"))
    throw section.error("from", "column '" + name + "' has both from and expression", "", "remove one of the two");
  return mapping;
}

std::vector<ColumnMapping> read_columns(const Section& section) {
  std::vector<ColumnMapping> columns;
  for (const std::string& name :
       section.texts("features", {.doc = "numeric columns of the CSV file taken as they are, with role feature"})) {
    ColumnMapping plain;
    plain.column.name = name;
    plain.from = name;
    plain.where = section.where("features");
    columns.push_back(std::move(plain));
  }
  for (const auto& [name, column] : section.named("columns", "further columns of the book, by the name they get there"))
    columns.push_back(read_column(name, column));
  std::set<std::string> names;
  for (const ColumnMapping& mapping : columns)
    if (!names.insert(mapping.column.name).second)
      throw UsageError({mapping.where + ": the book would have two columns '" + mapping.column.name + "'", "",
                        "name it once, in features or in columns"});
  return columns;
}

LabelSource read_label(const Section& section, const std::string& key, std::vector<std::string>& labels) {
  LabelSource source;
  source.constant = section.text(key, {.doc = "label that every row has", .fallback = ""});
  source.column = section.text(key + "_from", {.doc = "or the column that holds the label", .fallback = ""});
  source.where = section.where(section.has(key) ? key : section.has(key + "_from") ? key + "_from" : "");
  if (!source.constant.empty() && !source.column.empty())
    throw section.error(key, "both " + key + " and " + key + "_from are given", "", "remove one of the two");
  if (!source.constant.empty() && labels.empty()) labels = {source.constant};
  if (!source.constant.empty() && std::find(labels.begin(), labels.end(), source.constant) == labels.end())
    throw section.error(key, key + " '" + source.constant + "' is not in the list of labels",
                        "the list has " + one_of(labels), "add it to " + key + "s, at the top of the mapping");
  if (!source.column.empty() && labels.empty())
    throw section.error(key + "_from", "the labels of " + key + " are not declared", "codes need an order",
                        "add a list " + key + "s at the top of the mapping");
  return source;
}

OfferMapping read_offers(const Section& section, Mapping& mapping) {
  OfferMapping offers;
  offers.contacted = read_formula(section, "contacted", "1 where an offer was made, else 0; default 1");
  offers.product = read_label(section, "product", mapping.products);
  offers.channel = read_label(section, "channel", mapping.channels);
  offers.limit = read_formula(section, "limit", "amount or limit offered");
  offers.apr = read_formula(section, "apr", "rate offered, yearly fraction by the product's rate convention");
  offers.contract_apr = read_formula(section, "contract_apr", "rate contracted, yearly fraction; default unknown");
  offers.term = read_formula(section, "term", "months");
  offers.propensity =
      read_formula(section, "propensity", "probability with which this offer was drawn; default unknown");
  return offers;
}

std::optional<WindowMapping> read_window(const Section& section) {
  WindowMapping window;
  window.where = section.where();
  window.observed = read_date(section, "observed", "day the window begins: a column, or a constant; default as_of");
  window.bad_on = read_date(section, "bad_on", "column of the day the account first was bad; missing: never");
  window.bad = read_formula(section, "bad", "or 1 where the account was bad within the window, else 0");
  window.months = static_cast<int>(section.integer(
      "months", {.doc = "length of the window", .fallback = 12, .min = 1, .max = 1200, .unit = "months"}));
  const DateSource cut_off = read_date(section, "cut_off", "day until which outcomes are known");
  if (!section.present() || section.for_reference()) return {};
  if (!cut_off.constant)
    throw section.error(section.has("cut_off") ? "cut_off" : "", "the outcome window has no cut-off date",
                        "without it immature accounts would count as good", "add cut_off: YYYY-MM-DD");
  window.cut_off = *cut_off.constant;
  if (window.bad_on.given() == window.bad.given())
    throw section.error("", "the outcome window needs one of bad_on and bad", "",
                        "name the column of the first bad day");
  return window;
}

OutcomeMapping read_outcomes(const Section& section, Mapping& mapping) {
  OutcomeMapping outcomes;
  outcomes.responded = read_formula(section, "responded", "1 where the borrower accepted, also if declined afterwards");
  outcomes.booked = read_formula(section, "booked", "1 where a loan was paid out");
  outcomes.defaulted = read_formula(section, "default", "1 where the loan went bad, for outcomes whose window is over");
  outcomes.fraud = read_formula(section, "fraud", "1 where the borrower turned out a fraud; such rows have no default");
  outcomes.attrited = read_formula(section, "attrited", "1 where a customer left, missing where there was no account");
  outcomes.repeated = read_formula(section, "repeated", "1 where a customer borrowed again");
  outcomes.delinquent = read_formula(section, "delinquent", "1 where an existing account went bad");
  mapping.customer_months = static_cast<int>(section.integer(
      "customer_months",
      {.doc = "horizon of attrited, repeated and delinquent", .fallback = 0, .min = 0, .max = 1200, .unit = "months"}));
  if ((outcomes.attrited.given() || outcomes.repeated.given() || outcomes.delinquent.given()) &&
      mapping.customer_months == 0 && !section.for_reference())
    throw section.error("", "outcomes of customers have no horizon", "a probability is of so many months",
                        "add customer_months: 6");
  outcomes.indeterminate = read_formula(section, "indeterminate", "1 where default is neither good nor bad (254)");
  outcomes.excluded = read_formula(section, "excluded", "1 where the row has no place in a default model (253)");
  outcomes.window =
      read_window(section.section("window", "outcome window, from which default and its maturity follow"));
  mapping.default_months = static_cast<int>(
      section.integer("default_months", {.doc = "horizon of default; 0: none declared. With a window: its months",
                                         .fallback = outcomes.window ? outcomes.window->months : 0,
                                         .min = 0,
                                         .max = 1200,
                                         .unit = "months"}));
  if (outcomes.window && outcomes.defaulted.given())
    throw section.error("default", "both default and window are given", "the window says what default is",
                        "remove one of the two");
  if (outcomes.window && mapping.default_months != outcomes.window->months)
    throw section.error("default_months", "default_months differs from the window's months", "", "leave it out");
  return outcomes;
}

std::vector<LinkMapping> read_links(const Section& section) {
  std::vector<LinkMapping> links;
  for (const std::string& name : section.keys()) {
    const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!plain)
      throw section.error(name, "a link cannot be named " + name, "its dataset is /link/NAME",
                          "use small letters, digits and _");
    links.push_back({name, section.text(name, {.doc = "column whose text rows share"}), section.where(name)});
  }
  return links;
}

ContactsMapping read_contacts(const Section& section, Mapping& mapping) {
  ContactsMapping contacts;
  if (section.present()) contacts.csv = read_csv_source(section);
  contacts.id = read_id(section, "id", "column of the borrower's id", "id");
  contacts.day = read_date(section, "day", "column of the day of the contact");
  contacts.channel = read_label(section, "channel", mapping.channels);
  return contacts;
}

AccountsMapping read_accounts(const Section& section) {
  AccountsMapping accounts;
  if (section.present()) accounts.csv = read_csv_source(section);
  accounts.id = read_id(section, "id", "column of the borrower's id", "id");
  accounts.opened = read_date(section, "opened", "column of the day the account was opened");
  accounts.exposure = read_formula(section, "exposure", "amount outstanding");
  accounts.instalment = read_formula(section, "instalment", "instalment per month; default 0");
  if (section.present() && !section.for_reference() && !accounts.exposure.given())
    throw section.error("", "accounts has no exposure", "", "add exposure: and a column");
  return accounts;
}

void read_rejection(const Section& section, Mapping& mapping) {
  mapping.reject = section.text("on_bad_row", {.doc = "stop: the first bad row ends the job; reject: bad rows go to "
                                                      "BOOK.rejects.csv with the reason",
                                               .fallback = "stop",
                                               .choices = {"stop", "reject"}}) == "reject";
  mapping.max_rejected = static_cast<std::uint64_t>(section.integer(
      "max_rejected",
      {.doc = "more rejected rows than this end the job", .fallback = 100000, .min = 0, .unit = "rows"}));
}

}  // namespace

Mapping read_mapping(const settings::Section& section) {
  Mapping mapping;
  mapping.csv = read_csv_source(section);
  read_rejection(section, mapping);
  mapping.missing = section.texts(
      "missing", {.doc = "cells that mean a missing value; default: empty, NA, N/A, NaN, nan, NULL, null"});
  if (!section.has("missing")) mapping.missing = default_markers;
  mapping.id = read_id(section, "id", "column of the borrower's id, or row_number", "row_number");
  mapping.unit = read_id(section, "unit", "column of the household or person decided together; default the id", "");
  mapping.as_of = read_date(section, "as_of", "day of the features: a constant (YYYY-MM-DD), or a column");
  mapping.as_of_formula = read_formula(section, "as_of_expression", "or an expression that gives it as YYYYMMDD");
  mapping.currency = section.text("currency", {.doc = "of all amounts of money", .fallback = ""});
  mapping.products = section.texts("products", {.doc = "labels of the product codes 0, 1, …"});
  mapping.channels = section.texts("channels", {.doc = "labels of the channel codes 0, 1, …"});
  mapping.columns = read_columns(section);
  mapping.links = read_links(section.section(
      "links", "what rows share (device, phone, address …): name and column; the book holds hashes, 0 where missing"));
  const Section offers = section.section("offers", "what was offered");
  OfferMapping offer_mapping = read_offers(offers, mapping);
  if (offers.present()) mapping.offers = std::move(offer_mapping);
  const Section outcomes = section.section("outcomes", "what became of it");
  OutcomeMapping outcome_mapping = read_outcomes(outcomes, mapping);
  if (outcomes.present()) mapping.outcomes = std::move(outcome_mapping);
  const Section contacts = section.section("contacts", "past contacts, from a CSV file of their own");
  ContactsMapping contact_mapping = read_contacts(contacts, mapping);
  if (contacts.present()) mapping.contacts = std::move(contact_mapping);
  const Section accounts = section.section("accounts", "existing accounts, from a CSV file of their own");
  AccountsMapping account_mapping = read_accounts(accounts);
  if (accounts.present()) mapping.accounts = std::move(account_mapping);
  if (section.for_reference()) return mapping;
  if (!mapping.as_of.given() && !mapping.as_of_formula.given())
    throw section.error("", "as_of is missing", "every row needs the day of its features",
                        "add as_of: YYYY-MM-DD, or as_of: and the name of a column");
  if (mapping.as_of.given() && mapping.as_of_formula.given())
    throw section.error("as_of_expression", "both as_of and as_of_expression are given", "", "remove one of the two");
  return mapping;
}

}  // namespace proffer::borrowers
