#include "verify/eligibility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "foundation/error.hpp"
#include "storage/publish.hpp"

namespace proffer::verify {
namespace {

/// Bits of /score/reason with a fixed meaning.
enum Bit : unsigned { rate_cap, maximum_term, affordability, suppressed, fraud_gate, unsupported, pd_above_maximum };
constexpr unsigned borrower_exposure = 10, first_rule = 11;

/// Rates are found by a search: a rate that is the cap is within it.
constexpr double rate_rounding = 1e-9;

bool named_or_all(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

/// Labels as the codes that the book stores, numbers as they are.
std::set<float> stored(const borrowers::Column& column, const std::vector<std::string>& texts) {
  std::set<float> values;
  for (const std::string& text : texts) {
    const auto label = std::ranges::find(column.dictionary, text);
    values.insert(column.kind == borrowers::Kind::categorical ? static_cast<float>(label - column.dictionary.begin())
                                                              : static_cast<float>(std::stod(text)));
  }
  return values;
}

std::optional<float> as_float(std::optional<double> value) {
  return value ? std::optional(static_cast<float>(*value)) : std::nullopt;
}

/// Past trials of the offer's product with limit and rate in the neighbourhood.
std::uint64_t trials_near(const Offer& offer, const std::string& product, const ModelFile& response, double ratio,
                          double band) {
  constexpr double edge = 1e-6;  // the book's rates are floats
  std::uint64_t count = 0;
  for (const Trial& trial : response.trials) {
    const double apr = static_cast<double>(trial.apr);
    const bool limit_near =
        trial.limit >= offer.limit / (ratio * (1 + edge)) && trial.limit <= offer.limit * ratio * (1 + edge);
    if (trial.product == product && limit_near && std::abs(apr - offer.apr) <= band + edge) count += trial.count;
  }
  return count;
}

}  // namespace

std::set<std::uint64_t> read_suppressed(const std::filesystem::path& path) {
  std::istringstream lines(storage::read_text_file(path));
  std::set<std::uint64_t> ids;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find_first_not_of(" \"\r");
    std::uint64_t id = 0;
    if (begin == std::string::npos) continue;
    if (std::from_chars(line.data() + begin, line.data() + line.size(), id).ec == std::errc()) ids.insert(id);
  }
  return ids;
}

Eligibility::Eligibility(const RecordedSettings& settings, const Catalog& catalog, const borrowers::Schema& schema,
                         const ModelFile& response, std::set<std::uint64_t> suppressed_ids)
    : catalog_(catalog), suppressed_(std::move(suppressed_ids)) {
  reasons_.names = {"rate_cap",   "maximum_term", "affordability",    "suppressed",
                    "fraud_gate", "unsupported",  "pd_above_maximum", "not_contactable",
                    "control",    "overridden",   "borrower_exposure"};
  using enum ReasonClass;
  reasons_.classes = {policy, policy,     policy,     suppressed, fraud, policy,
                      model,  suppressed, suppressed, suppressed, policy};
  for (std::size_t r = 0;; ++r) {
    const std::string at = fmt::format("policy.rules.{}.", r);
    if (!settings.has(at + "name")) break;
    reasons_.names.push_back(settings.text(at + "name"));
    reasons_.classes.push_back(policy);
    rules_.push_back(read_rule(settings, at, schema));
  }
  read_limits(settings, schema, response);
}

void Eligibility::read_limits(const RecordedSettings& settings, const borrowers::Schema& schema,
                              const ModelFile& response) {
  apr_max_ = settings.maybe_number("policy.apr_max");
  maximum_term_ = settings.maybe_number("policy.maximum_term");
  maximum_exposure_ = settings.maybe_number("policy.maximum_exposure");
  maximum_pd_ = as_float(settings.maybe_number("policy.maximum_pd"));
  maximum_fraud_ = as_float(settings.maybe_number("policy.maximum_fraud"));
  if (settings.has("policy.affordability.income")) {
    income_ = schema.index_of(settings.text("policy.affordability.income"), "policy.affordability");
    income_share_ = settings.number("policy.affordability.share");
    refuse_missing_income_ = settings.text("policy.affordability.missing") == "refuse";
  }
  const double wanted = settings.number("policy.minimum_trials", 0);
  const double ratio = settings.number("policy.near.limit_ratio", 1.25);
  const double band = settings.number("policy.near.apr_band", 0.015);
  for (const Offer& offer : catalog_.offers) {
    const std::uint64_t trials = trials_near(offer, catalog_.product_of(offer).name, response, ratio, band);
    unsupported_.push_back(static_cast<double>(trials) < wanted);
  }
}

Eligibility::Rule Eligibility::read_rule(const RecordedSettings& settings, const std::string& at,
                                         const borrowers::Schema& schema) const {
  Rule rule;
  const double today = settings.number("policy.date", 0);
  const auto from = settings.maybe_number(at + "effective_from"), to = settings.maybe_number(at + "effective_to");
  const bool in_force = (!from || today >= *from) && (!to || today <= *to);
  const auto apr_max = settings.maybe_number(at + "apr_max"), term_max = settings.maybe_number(at + "term_max"),
             limit_max = settings.maybe_number(at + "limit_max");
  for (const Offer& offer : catalog_.offers) {
    rule.concerned.push_back(in_force &&
                             named_or_all(settings.texts(at + "products"), catalog_.product_of(offer).name) &&
                             named_or_all(settings.texts(at + "channels"), catalog_.channels[offer.channel]));
    rule.broken.push_back(settings.text(at + "forbidden", "false") == "true" ||
                          (apr_max && offer.effective_apr > *apr_max + rate_rounding) ||
                          (term_max && offer.term > *term_max) || (limit_max && offer.limit > *limit_max));
  }
  if (const auto regions = settings.texts(at + "regions"); !regions.empty()) {
    rule.region = schema.index_of(settings.text("policy.region"), "policy.region");
    rule.regions = stored(schema.columns[*rule.region], regions);
  }
  if (const std::string feature = settings.text(at + "feature", ""); !feature.empty()) {
    rule.feature = schema.index_of(feature, at);
    rule.min = as_float(settings.maybe_number(at + "min"));
    rule.max = as_float(settings.maybe_number(at + "max"));
    rule.in = stored(schema.columns[*rule.feature], settings.texts(at + "in"));
  }
  rule.refuse_missing = settings.text(at + "missing", "refuse") == "refuse";
  return rule;
}

bool Eligibility::breaks(const Rule& rule, std::span<const float> row, std::size_t offer) const {
  if (!rule.concerned[offer]) return false;
  if (rule.region) {
    const float region = row[*rule.region];
    if (std::isnan(region) ? !rule.refuse_missing : !rule.regions.contains(region)) return false;
  }
  if (rule.broken[offer]) return true;
  if (!rule.feature) return false;
  const float value = row[*rule.feature];
  if (std::isnan(value)) return rule.refuse_missing;
  return (rule.min && value < *rule.min) || (rule.max && value > *rule.max) ||
         (!rule.in.empty() && !rule.in.contains(value));
}

std::uint32_t Eligibility::against(const Applicant& applicant, std::size_t j) const {
  const Offer& offer = catalog_.offers[j];
  std::uint32_t bits = 0;
  const auto set = [&](unsigned place, bool holds) { bits |= holds ? std::uint32_t{1} << place : 0U; };
  set(rate_cap, apr_max_ && offer.effective_apr > *apr_max_ + rate_rounding);
  set(maximum_term, maximum_term_ && offer.term > *maximum_term_);
  if (income_) {
    const double income = static_cast<double>(applicant.features[*income_]);
    const double room = income_share_ * income - applicant.instalments;
    set(affordability, std::isnan(income) ? refuse_missing_income_ : offer.monthly_payment > room);
  }
  set(borrower_exposure, maximum_exposure_ && applicant.exposure + offer.limit > *maximum_exposure_);
  set(suppressed, suppressed_.contains(applicant.id));
  set(fraud_gate, maximum_fraud_ && applicant.p_fraud && *applicant.p_fraud > *maximum_fraud_);
  set(unsupported, unsupported_[j]);
  set(pd_above_maximum, maximum_pd_ && applicant.p_default[j] > *maximum_pd_);
  for (std::size_t r = 0; r < rules_.size(); ++r)
    set(first_rule + static_cast<unsigned>(r), breaks(rules_[r], applicant.features, j));
  return bits;
}

}  // namespace proffer::verify
