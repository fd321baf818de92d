#include "verify/known_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "foundation/error.hpp"

namespace proffer::verify {
namespace {

/// Names; * stands for any name or number. With a value behind the name, only that value is known.
struct Known {
  std::string_view pattern;
  std::string_view only = "";
};

constexpr std::array<Known, 65> scoring{{
    {"catalog.channels"},
    {"catalog.channels.*.contact_cost"},
    {"catalog.products"},
    {"catalog.products.*.rate_convention"},
    {"catalog.products.*.day_count"},
    {"catalog.products.*.limits"},
    {"catalog.products.*.aprs"},
    {"catalog.products.*.terms"},
    {"catalog.products.*.channels"},
    {"catalog.products.*.funder"},
    {"catalog.products.*.origination_fee"},
    {"catalog.products.*.monthly_fee"},
    {"catalog.products.*.annual_fee"},
    {"catalog.products.*.lgd"},
    {"catalog.products.*.utilisation"},
    {"catalog.products.*.ccf"},
    {"catalog.products.*.transactors"},
    {"catalog.products.*.minimum_payment"},
    {"catalog.products.*.attrition_monthly"},
    {"catalog.products.*.asset_class"},
    {"catalog.products.*.reference_apr"},
    {"economics.discount_rate"},
    {"economics.funding_rate"},
    {"economics.servicing_per_month"},
    {"economics.prepayment_monthly"},
    {"economics.seasoning"},
    {"economics.recovery_lag_months"},
    {"economics.fraud_loss"},
    {"economics.capital.hurdle_rate"},
    {"economics.capital.asset_class"},
    {"economics.capital.pd_floor"},
    {"economics.capital.lgd_floor"},
    {"economics.without_contact.model"},
    {"economics.without_contact.offer"},
    {"economics.prices.take_up_elasticity"},
    {"economics.prices.default_elasticity"},
    {"policy.date"},
    {"policy.maximum_pd"},
    {"policy.maximum_fraud"},
    {"policy.apr_max"},
    {"policy.maximum_term"},
    {"policy.maximum_exposure"},
    {"policy.minimum_trials"},
    {"policy.near.limit_ratio"},
    {"policy.near.apr_band"},
    {"policy.affordability.income"},
    {"policy.affordability.share"},
    {"policy.affordability.missing"},
    {"policy.suppression"},
    {"policy.region"},
    {"policy.rules.*.name"},
    {"policy.rules.*.products"},
    {"policy.rules.*.channels"},
    {"policy.rules.*.regions"},
    {"policy.rules.*.effective_from"},
    {"policy.rules.*.effective_to"},
    {"policy.rules.*.apr_max"},
    {"policy.rules.*.term_max"},
    {"policy.rules.*.limit_max"},
    {"policy.rules.*.forbidden"},
    {"policy.rules.*.feature"},
    {"policy.rules.*.min"},
    {"policy.rules.*.max"},
    {"policy.rules.*.in"},
    {"policy.rules.*.missing"},
}};

constexpr std::array<Known, 29> combining{{
    {"gap_tolerance"},
    {"node_limit"},
    {"common_shock"},
    {"segment"},
    {"monitor"},
    {"cells.control"},
    {"cells.exploration"},
    {"limits.*.name"},
    {"limits.*.measure"},
    {"limits.*.basis"},
    {"limits.*.quantile"},
    {"limits.*.sense"},
    {"limits.*.limit"},
    {"limits.*.tolerance"},
    {"limits.*.opening"},
    {"limits.*.product"},
    {"limits.*.channel"},
    {"limits.*.funder"},
    {"limits.*.segment"},
    {"limits.*.share"},
    {"limits.*.group"},
    {"limits.*.reference"},
    {"scenarios.*.name"},
    {"scenarios.*.probability"},
    {"scenarios.*.pd"},
    {"scenarios.*.response"},
    {"scenarios.*.segments"},
    {"scenarios.*.segments.*.pd"},
    {"scenarios.*.segments.*.response"},
}};

/// Whether a name fits a pattern, part by part.
bool fits(std::string_view name, std::string_view pattern) {
  while (!name.empty() && !pattern.empty()) {
    const std::string_view part = name.substr(0, name.find('.')), wanted = pattern.substr(0, pattern.find('.'));
    if (wanted != "*" && wanted != part) return false;
    name.remove_prefix(std::min(part.size() + 1, name.size()));
    pattern.remove_prefix(std::min(wanted.size() + 1, pattern.size()));
  }
  return name.empty() && pattern.empty();
}

template <std::size_t N>
void refuse_unknown(const RecordedSettings& settings, const std::string& below, const std::array<Known, N>& known,
                    std::string_view prefix) {
  for (const auto& [name, value] : settings.all()) {
    if (!name.starts_with(below)) continue;
    const std::string_view own = std::string_view(name).substr(prefix.size());
    const bool is_known = std::ranges::any_of(known, [&, text = std::string_view(value)](const Known& one) {
      return fits(own, one.pattern) && (one.only.empty() || one.only == text);
    });
    if (!is_known)
      throw DataError({fmt::format("the list was made with {} = {}", name, value),
                       "verify does not know how to recompute that", "verify a list made without it"});
  }
}

}  // namespace

void refuse_unknown_scoring(const RecordedSettings& settings) {
  for (const char* section : {"catalog.", "economics.", "policy."}) refuse_unknown(settings, section, scoring, "");
}

void refuse_unknown_combine(const RecordedSettings& settings, const std::string& prefix) {
  if (!prefix.empty()) return refuse_unknown(settings, prefix, combining, prefix);
  for (const char* section : {"limits.", "cells.", "scenarios."}) refuse_unknown(settings, section, combining, "");
}

}  // namespace proffer::verify
