#include "combine/decision.hpp"

#include <algorithm>

namespace proffer::combine {
namespace {

constexpr std::array<std::string_view, decision_count> names = {
    "offered", "eligible_not_selected", "policy_decline", "model_decline", "fraud_refer", "suppressed", "control",
    "override"};

/// Bits by how many offers they stand against, most first; ties by number of the bit.
std::vector<std::uint16_t> ranked_bits(std::span<const std::uint32_t> reasons, std::size_t bits) {
  std::vector<std::size_t> count(bits, 0);
  for (std::uint32_t reason : reasons)
    for (std::size_t bit = 0; bit < bits; ++bit) count[bit] += (reason >> bit) & 1U;
  std::vector<std::uint16_t> ranked;
  for (std::size_t bit = 0; bit < bits; ++bit)
    if (count[bit] > 0) ranked.push_back(static_cast<std::uint16_t>(bit));
  std::ranges::stable_sort(ranked, [&](std::uint16_t a, std::uint16_t b) { return count[a] > count[b]; });
  return ranked;
}

Decision decision_of(offers::ReasonClass reason) {
  switch (reason) {
    case offers::ReasonClass::policy:
      return Decision::policy_decline;
    case offers::ReasonClass::model:
      return Decision::model_decline;
    case offers::ReasonClass::fraud:
      return Decision::fraud_refer;
    case offers::ReasonClass::suppressed:
      return Decision::suppressed;
  }
  return Decision::policy_decline;
}

/// The decision of a borrower without any allowed offer.
Decision why_declined(std::span<const std::uint32_t> reasons, std::span<const offers::ReasonClass> classes) {
  std::uint32_t against_all = ~std::uint32_t{0};
  for (std::uint32_t reason : reasons) against_all &= reason;
  for (const auto wanted : {offers::ReasonClass::suppressed, offers::ReasonClass::fraud})
    for (std::size_t bit = 0; bit < classes.size(); ++bit)
      if (classes[bit] == wanted && ((against_all >> bit) & 1U)) return decision_of(wanted);
  // A model decline is one that policy alone would not have caused.
  std::uint32_t policy_bits = 0;
  for (std::size_t bit = 0; bit < classes.size(); ++bit)
    if (classes[bit] == offers::ReasonClass::policy) policy_bits |= std::uint32_t{1} << bit;
  const bool policy_allows_some =
      std::ranges::any_of(reasons, [policy_bits](std::uint32_t reason) { return (reason & policy_bits) == 0; });
  return policy_allows_some ? Decision::model_decline : Decision::policy_decline;
}

}  // namespace

std::string_view name_of(Decision decision) {
  return names[static_cast<std::size_t>(decision)];
}

Decided decide(std::int32_t choice, std::span<const std::uint32_t> reasons,
               std::span<const offers::ReasonClass> classes) {
  Decided decided;
  if (choice >= 0) {
    decided.decision = Decision::offered;
    return decided;
  }
  if (std::ranges::any_of(reasons, [](std::uint32_t reason) { return reason == 0; })) return decided;
  decided.decision = why_declined(reasons, classes);
  const std::vector<std::uint16_t> ranked = ranked_bits(reasons, classes.size());
  for (std::size_t r = 0; r < std::min<std::size_t>(4, ranked.size()); ++r) decided.reasons[r] = ranked[r];
  return decided;
}

Decided control_decision() {
  Decided decided;
  decided.decision = Decision::control;
  decided.reasons[0] = static_cast<std::uint16_t>(offers::reason::control);
  return decided;
}

}  // namespace proffer::combine
