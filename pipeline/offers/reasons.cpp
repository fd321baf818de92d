#include "offers/reasons.hpp"

namespace proffer::offers {

Reasons::Reasons(const std::vector<std::string>& rules)
    : names{"rate_cap",         "maximum_term",    "affordability", "suppressed", "fraud_gate",       "unsupported",
            "pd_above_maximum", "not_contactable", "control",       "overridden", "borrower_exposure"},
      classes(names.size(), ReasonClass::policy) {
  for (const unsigned place : {reason::suppressed, reason::not_contactable, reason::control, reason::overridden})
    classes[place] = ReasonClass::suppressed;  // nobody decided against the borrower
  classes[reason::fraud_gate] = ReasonClass::fraud;
  classes[reason::pd_above_maximum] = ReasonClass::model;
  names.insert(names.end(), rules.begin(), rules.end());
  classes.resize(names.size(), ReasonClass::policy);
}

std::uint32_t Reasons::bits_of(ReasonClass wanted) const {
  std::uint32_t bits = 0;
  for (unsigned place = 0; place < classes.size(); ++place)
    if (classes[place] == wanted) bits |= bit(place);
  return bits;
}

}  // namespace proffer::offers
