#include "offers/policy_settings.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "foundation/text.hpp"
#include "offers/reasons.hpp"

namespace proffer::offers {
namespace {

using settings::Section;

std::optional<std::int64_t> read_date(const Section& section, std::string_view key, std::string_view doc) {
  const auto date = section.maybe_integer(key, {.doc = doc, .min = 19000101, .max = 99991231, .unit = "YYYYMMDD"});
  if (!date) return date;
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(*date / 10000)),
                                        std::chrono::month(static_cast<unsigned>(*date / 100 % 100)),
                                        std::chrono::day(static_cast<unsigned>(*date % 100))};
  if (!day.ok() && !section.for_reference())
    throw section.error(key, section.path() + "." + std::string(key) + " is " + std::to_string(*date),
                        "there is no such day", "write a date as YYYYMMDD, for example 20250115");
  return date;
}

bool read_missing(const Section& section) {
  return section.text("missing", {.doc = "whether a missing value counts as a broken condition (refuse) or not (allow)",
                                  .fallback = "refuse",
                                  .choices = {"refuse", "allow"}}) == "refuse";
}

void refuse_crossed(const Section& section, std::string_view low_key, std::string_view high_key, double low,
                    double high) {
  if (low <= high || section.for_reference()) return;
  throw section.error(low_key, section.path() + " has " + std::string(low_key) + " above " + std::string(high_key),
                      shortest(low) + " is more than " + shortest(high), "nothing could satisfy the rule: swap them");
}

void read_condition(const Section& section, Rule& rule) {
  rule.feature = section.maybe_text("feature", {.doc = "column of the book that the bounds refer to"}).value_or("");
  rule.min = section.maybe_number("min", {.doc = "least allowed value of the feature"});
  rule.max = section.maybe_number("max", {.doc = "greatest allowed value of the feature"});
  rule.in = section.texts("in", {.doc = "allowed labels (or numbers) of the feature"});
  rule.refuse_missing = read_missing(section);
  if (section.for_reference()) return;
  const bool bounded = rule.min || rule.max || !rule.in.empty();
  if (rule.feature.empty() && bounded)
    throw section.error("", section.path() + " bounds no feature", "min, max and in need one", "add feature: NAME");
  if (!rule.feature.empty() && !bounded)
    throw section.error("feature", section.path() + " says nothing about " + rule.feature, "it has no min, max or in",
                        "add a bound, or leave the feature out");
  if (rule.min && rule.max) refuse_crossed(section, "min", "max", *rule.min, *rule.max);
}

Rule read_rule(const Section& section, const Catalog& catalog) {
  Rule rule;
  rule.where = section.where();
  rule.name = section.text("name", {.doc = "name of the rule, as it stands among the reasons"});
  rule.products = section.texts("products", {.doc = "only for these products", .choices = catalog.product_names()});
  rule.channels = section.texts("channels", {.doc = "only for these channels", .choices = catalog.channel_names()});
  rule.regions = section.texts("regions", {.doc = "only for borrowers of these regions"});
  rule.effective_from = read_date(section, "effective_from", "first day in force");
  rule.effective_to = read_date(section, "effective_to", "last day in force");
  if (rule.effective_from && rule.effective_to)
    refuse_crossed(section, "effective_from", "effective_to", static_cast<double>(*rule.effective_from),
                   static_cast<double>(*rule.effective_to));
  rule.apr_max = section.maybe_number("apr_max", {.doc = "greatest effective yearly rate including fees", .min = 0});
  rule.term_max = section.maybe_integer("term_max", {.doc = "longest term", .min = 1, .unit = "months"});
  rule.limit_max = section.maybe_number("limit_max", {.doc = "greatest amount or limit", .min = 0, .unit = "currency"});
  rule.forbidden = section.flag("forbidden", {.doc = "these offers may not be made there at all", .fallback = false});
  read_condition(section, rule);
  const bool speaks = rule.apr_max || rule.term_max || rule.limit_max || rule.forbidden || !rule.feature.empty();
  if (!speaks && !section.for_reference())
    throw section.error("", section.path() + " (" + rule.name + ") forbids nothing", "it states no condition",
                        "add apr_max, term_max, limit_max, a feature with min, max or in, or forbidden: true");
  return rule;
}

std::vector<Rule> read_rules(const Section& policy, const Catalog& catalog) {
  std::vector<Rule> rules;
  std::set<std::string> names;
  for (const std::string& name : Reasons().names) names.insert(name);
  for (const Section& section : policy.list("rules", "who may not be offered what")) {
    rules.push_back(read_rule(section, catalog));
    if (!names.insert(rules.back().name).second)
      throw section.error("name", section.path() + " is called " + rules.back().name + " like another reason",
                          "reasons are told apart by their names", "choose another name");
  }
  if (rules.size() > reason::most_rules)
    throw policy.error("rules", policy.path() + " has " + std::to_string(rules.size()) + " rules",
                       "a reason is one of 32 bits, and 11 are taken", "write at most 21, or join some with `in`");
  return rules;
}

std::optional<Affordability> read_affordability(const Section& section) {
  if (!section.present()) return std::nullopt;
  Affordability affordability;
  affordability.where = section.where("income");
  affordability.income = section.text("income", {.doc = "column of the book with the monthly income"});
  affordability.share = section.number(
      "share", {.doc = "all instalments, existing ones and the new one, within this share of it", .min = 0, .max = 10});
  affordability.refuse_missing = read_missing(section);
  return affordability;
}

void refuse_rules_without_base(const Section& section, const PolicySettings& policy) {
  for (const Rule& rule : policy.rules) {
    if ((rule.effective_from || rule.effective_to) && !policy.date)
      throw UsageError({rule.where + ": rule " + rule.name + " has effective dates",
                        section.path() + ".date is missing",
                        "say on which day the policy is applied, for example date: 20250115"});
    if (!rule.regions.empty() && policy.region.empty())
      throw UsageError({rule.where + ": rule " + rule.name + " names regions", section.path() + ".region is missing",
                        "say which feature holds the region, for example region: region"});
  }
}

}  // namespace

bool Rule::in_force_on(std::optional<std::int64_t> date) const {
  return (!effective_from || *date >= *effective_from) && (!effective_to || *date <= *effective_to);
}

PolicySettings read_policy(const Section& section, const Catalog& catalog) {
  PolicySettings policy;
  policy.date = read_date(section, "date", "rules are taken as in force on this day");
  policy.maximum_pd =
      section.maybe_number("maximum_pd", {.doc = "a greater PD is a model decline", .min = 0, .max = 1});
  policy.maximum_fraud = section.maybe_number(
      "maximum_fraud", {.doc = "a greater probability of fraud goes to fraud review", .min = 0, .max = 1});
  policy.apr_max =
      section.maybe_number("apr_max", {.doc = "greatest effective yearly rate including fees, everywhere", .min = 0});
  policy.maximum_term =
      section.maybe_integer("maximum_term", {.doc = "longest term, everywhere", .min = 1, .unit = "months"});
  policy.maximum_exposure = section.maybe_number(
      "maximum_exposure", {.doc = "greatest sum of a borrower's existing exposure and the offered amount or limit",
                           .min = 0,
                           .unit = "currency"});
  policy.minimum_trials = section.integer(
      "minimum_trials",
      {.doc = "fewer past trials near an offer's terms: unsupported, not offered", .fallback = 0, .min = 0});
  const Section near = section.section("near", "which past trials count as near an offer of the same product");
  policy.neighbourhood.limit_ratio =
      near.number("limit_ratio", {.doc = "limit between L/ratio and L·ratio", .fallback = 1.25, .min = 1, .max = 100});
  policy.neighbourhood.apr_band =
      near.number("apr_band", {.doc = "yearly rate within apr ± band", .fallback = 0.015, .min = 0, .max = 20});
  policy.affordability =
      read_affordability(section.section("affordability", "what a borrower can pay back; left out: no check"));
  policy.suppression = section.maybe_path(
      "suppression", {.doc = "text or CSV file whose first column is ids that may not be contacted"});
  policy.region =
      section.maybe_text("region", {.doc = "categorical feature that `regions` of the rules refers to"}).value_or("");
  policy.region_where = section.where("region");
  policy.rules = read_rules(section, catalog);
  if (!section.for_reference()) refuse_rules_without_base(section, policy);
  return policy;
}

}  // namespace proffer::offers
