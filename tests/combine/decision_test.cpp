// The table of decisions: bits 0 policy, 1 model, 2 fraud, 3 suppressed, 4–7 policy.
#include "combine/decision.hpp"

#include <gtest/gtest.h>

namespace proffer::combine {
namespace {

using offers::ReasonClass;
using Bits = std::vector<std::uint32_t>;

constexpr std::array<ReasonClass, 8> classes{ReasonClass::policy,     ReasonClass::model,  ReasonClass::fraud,
                                             ReasonClass::suppressed, ReasonClass::policy, ReasonClass::policy,
                                             ReasonClass::policy,     ReasonClass::policy};

Decided of(const Bits& reasons, std::int32_t choice = -1) {
  return decide(choice, reasons, classes);
}
using Reasons = std::array<std::uint16_t, 4>;
constexpr std::uint16_t none = no_reason;

TEST(Decision, FollowsTheTable) {
  EXPECT_EQ(of({0, 1, 0}, 2).decision, Decision::offered);
  EXPECT_EQ(of({1, 0, 3}).decision, Decision::eligible_not_selected);
  EXPECT_EQ(of({1, 1, 17}).decision, Decision::policy_decline);
  EXPECT_EQ(of({1, 16}).decision, Decision::policy_decline) << "each offer fails for a rule of its own";
  EXPECT_EQ(of({2, 2}).decision, Decision::model_decline);
  EXPECT_EQ(of({1, 2}).decision, Decision::model_decline) << "policy alone would have allowed the second";
  EXPECT_EQ(of({3, 3}).decision, Decision::policy_decline) << "policy alone would have declined";
  EXPECT_EQ(of({4, 7}).decision, Decision::fraud_refer);
  EXPECT_EQ(of({5, 1}).decision, Decision::policy_decline) << "fraud does not stand against every offer";
  EXPECT_EQ(of({8, 9 + 2}).decision, Decision::suppressed);
  EXPECT_EQ(of({8 + 4, 8 + 4}).decision, Decision::suppressed) << "suppression goes before fraud";
}

TEST(Decision, GivesTheReasonsThatStandAgainstMost) {
  EXPECT_EQ(of({0, 1}, 0).reasons, (Reasons{none, none, none, none}));
  EXPECT_EQ(of({0, 1}).reasons, (Reasons{none, none, none, none}));
  EXPECT_EQ(of({2, 3, 2}).reasons, (Reasons{1, 0, none, none}));
  EXPECT_EQ(of({16 + 1, 1 + 16}).reasons, (Reasons{0, 4, none, none})) << "ties by number";
  EXPECT_EQ(of({0xF3, 0xE3, 0xC2, 0x82}).reasons, (Reasons{1, 7, 6, 0})) << "at most four; 0 and 5 stand against two";
}

}  // namespace
}  // namespace proffer::combine
