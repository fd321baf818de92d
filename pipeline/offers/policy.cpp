#include "offers/policy.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::offers {
namespace {

/// Effective rates come from a root search: a cap at the very rate is kept.
constexpr double rate_rounding = 1e-9;

bool names(const std::vector<std::string>& some, const std::string& name) {
  return some.empty() || std::find(some.begin(), some.end(), name) != some.end();
}

std::size_t column_of(const borrowers::Schema& schema, const std::string& name, const std::string& where) {
  const std::size_t column = schema.index_of(name, where);
  if (schema.columns[column].role == borrowers::Role::post_outcome)
    throw UsageError({where + ": the policy uses " + name, "it is known only after the outcome",
                      "use a feature known when the offer is made"});
  return column;
}

/// The code of a label of a categorical column, or the number of a numeric one, as the book stores it.
float stored_value(const borrowers::Column& column, const std::string& text, const std::string& where) {
  if (column.kind == borrowers::Kind::categorical) {
    const auto label = std::find(column.dictionary.begin(), column.dictionary.end(), text);
    if (label != column.dictionary.end()) return static_cast<float>(label - column.dictionary.begin());
    const auto near = did_you_mean(text, column.dictionary);
    throw UsageError({where + ": " + text + " is no label of " + column.name,
                      "the book knows " + one_of(column.dictionary),
                      near ? "did you mean " + *near + "?" : "use one of these"});
  }
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size())
    throw UsageError({where + ": '" + text + "' is no number", column.name + " is a numeric feature",
                      "list the numbers that are allowed"});
  return static_cast<float>(value);
}

}  // namespace

/// A rule that depends on the row. Bounds are floats like the book's values, so that 0.1 in the config is 0.1 in the
/// book.
struct Policy::RowRule {
  std::vector<std::uint32_t> always;  // per offer: set for every row of the regions
  std::vector<std::uint32_t> failed;  // per offer: set where the condition fails as well
  bool refuse_missing = true;
  std::optional<std::size_t> region_column;
  std::vector<float> regions;
  std::optional<std::size_t> column;
  float min = -INFINITY;
  float max = INFINITY;
  std::vector<float> in;

  RowRule(const PolicySettings& settings, std::size_t index, const Catalog& catalog, std::span<const double> effective,
          const borrowers::Schema& schema)
      : refuse_missing(settings.rules[index].refuse_missing) {
    const Rule& rule = settings.rules[index];
    judge_offers(rule, rule.in_force_on(settings.date), bit(reason::first_rule + static_cast<unsigned>(index)), catalog,
                 effective);
    if (!rule.regions.empty()) {
      region_column = column_of(schema, settings.region, settings.region_where);
      for (const std::string& region : rule.regions)
        regions.push_back(stored_value(schema.columns[*region_column], region, rule.where));
    }
    if (rule.feature.empty()) return;
    column = column_of(schema, rule.feature, rule.where);
    if (rule.min) min = static_cast<float>(*rule.min);
    if (rule.max) max = static_cast<float>(*rule.max);
    for (const std::string& text : rule.in) in.push_back(stored_value(schema.columns[*column], text, rule.where));
  }

  void judge_offers(const Rule& rule, bool in_force, std::uint32_t rule_bit, const Catalog& catalog,
                    std::span<const double> effective) {
    for (std::size_t offer = 0; offer < catalog.offers.size(); ++offer) {
      const Offer& one = catalog.offers[offer];
      const bool concerned = in_force && names(rule.products, catalog.product_of(one).name) &&
                             names(rule.channels, catalog.channel_of(one).name);
      const bool broken = rule.forbidden || (rule.apr_max && effective[offer] > *rule.apr_max + rate_rounding) ||
                          (rule.term_max && one.term > *rule.term_max) ||
                          (rule.limit_max && one.limit > *rule.limit_max);
      always.push_back(concerned && broken ? rule_bit : 0);
      failed.push_back(concerned ? rule_bit : 0);
    }
  }

  [[nodiscard]] bool concerns(std::span<const float> row) const {
    if (!region_column) return true;
    const float region = row[*region_column];
    if (std::isnan(region)) return refuse_missing;
    return std::find(regions.begin(), regions.end(), region) != regions.end();
  }
  [[nodiscard]] bool fails(std::span<const float> row) const {
    if (!column) return false;
    const float value = row[*column];
    if (std::isnan(value)) return refuse_missing;
    return value < min || value > max || (!in.empty() && std::find(in.begin(), in.end(), value) == in.end());
  }
};

Policy::Policy(const PolicySettings& settings, const Catalog& catalog, const OfferEconomics& economics,
               const borrowers::Schema& schema, PolicyFacts facts)
    : columns_(schema.columns.size()),
      bits_of_offer_(catalog.offers.size(), 0),
      monthly_payment_(economics.monthly_payment().begin(), economics.monthly_payment().end()),
      maximum_exposure_(settings.maximum_exposure),
      suppressed_(std::move(facts.suppressed)) {
  for (const Offer& offer : catalog.offers) amount_.push_back(offer.limit);
  std::vector<std::string> rule_names;
  for (const Rule& rule : settings.rules) rule_names.push_back(rule.name);
  reasons_ = Reasons(rule_names);
  if (settings.maximum_pd) maximum_pd_ = static_cast<float>(*settings.maximum_pd);
  if (settings.maximum_fraud) maximum_fraud_ = static_cast<float>(*settings.maximum_fraud);
  if (settings.affordability) {
    income_column_ = column_of(schema, settings.affordability->income, settings.affordability->where);
    income_share_ = settings.affordability->share;
    refuse_missing_income_ = settings.affordability->refuse_missing;
  }
  expects(settings.minimum_trials == 0 || facts.trials.size() == catalog.offers.size(), "trials of every offer");
  const auto effective = economics.effective_apr();
  for (std::size_t offer = 0; offer < catalog.offers.size(); ++offer) {
    std::uint32_t& bits = bits_of_offer_[offer];
    if (settings.apr_max && effective[offer] > *settings.apr_max + rate_rounding) bits |= bit(reason::rate_cap);
    if (settings.maximum_term && catalog.offers[offer].term > *settings.maximum_term) bits |= bit(reason::maximum_term);
    if (settings.minimum_trials > 0 && facts.trials[offer] < static_cast<std::uint64_t>(settings.minimum_trials))
      bits |= bit(reason::unsupported);
  }
  for (std::size_t index = 0; index < settings.rules.size(); ++index)
    add(RowRule(settings, index, catalog, effective, schema));
}

void Policy::add(RowRule rule) {
  if (rule.region_column || rule.column) {
    row_rules_.push_back(std::move(rule));
  } else {
    for (std::size_t offer = 0; offer < bits_of_offer_.size(); ++offer) bits_of_offer_[offer] |= rule.always[offer];
  }
}

Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;

void Policy::check_affordability(const PolicyRows& rows, std::size_t row, std::span<std::uint32_t> out) const {
  const float income = rows.features[row * columns_ + *income_column_];
  if (std::isnan(income) && !refuse_missing_income_) return;
  const double existing = rows.existing_instalments.empty() ? 0 : rows.existing_instalments[row];
  const double room = income_share_ * static_cast<double>(income) - existing;
  for (std::size_t offer = 0; offer < out.size(); ++offer)
    if (!(monthly_payment_[offer] <= room)) out[offer] |= bit(reason::affordability);  // also where income is missing
}

void Policy::evaluate_row(const PolicyRows& rows, std::size_t row, std::span<std::uint32_t> out) const {
  std::uint32_t all = 0;
  if (std::binary_search(suppressed_.begin(), suppressed_.end(), rows.id[row])) all |= bit(reason::suppressed);
  if (maximum_fraud_ && !rows.p_fraud.empty() && rows.p_fraud[row] > *maximum_fraud_) all |= bit(reason::fraud_gate);
  for (std::size_t offer = 0; offer < out.size(); ++offer) out[offer] = bits_of_offer_[offer] | all;

  const auto features = rows.features.subspan(row * columns_, columns_);
  for (const RowRule& rule : row_rules_) {
    if (!rule.concerns(features)) continue;
    const std::vector<std::uint32_t>& bits = rule.fails(features) ? rule.failed : rule.always;
    for (std::size_t offer = 0; offer < out.size(); ++offer) out[offer] |= bits[offer];
  }
  if (income_column_) check_affordability(rows, row, out);
  if (maximum_exposure_) {
    const double existing = rows.existing_exposure.empty() ? 0 : rows.existing_exposure[row];
    for (std::size_t offer = 0; offer < out.size(); ++offer)
      if (existing + amount_[offer] > *maximum_exposure_) out[offer] |= bit(reason::borrower_exposure);
  }
  if (maximum_pd_ && !rows.p_default.empty()) {
    const auto p_default = rows.p_default.subspan(row * out.size(), out.size());
    for (std::size_t offer = 0; offer < out.size(); ++offer)
      if (p_default[offer] > *maximum_pd_) out[offer] |= bit(reason::pd_above_maximum);
  }
}

void Policy::evaluate(const PolicyRows& rows, std::span<std::uint32_t> out) const {
  const std::size_t count = rows.id.size();
  const std::size_t offers = bits_of_offer_.size();
  const auto fits = [](std::size_t size, std::size_t wanted) { return size == 0 || size == wanted; };
  expects(rows.features.size() == count * columns_ && out.size() == count * offers, "rows of features and reasons");
  expects(fits(rows.p_default.size(), count * offers) && fits(rows.p_fraud.size(), count) &&
              fits(rows.existing_instalments.size(), count) && fits(rows.existing_exposure.size(), count),
          "rows of probabilities, instalments and exposures");
  for (std::size_t row = 0; row < count; ++row) evaluate_row(rows, row, out.subspan(row * offers, offers));
}

}  // namespace proffer::offers
