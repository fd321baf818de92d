// From an allocation to what is decided about each borrower.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "allocation/solver.hpp"
#include "offers/score_file.hpp"

namespace proffer::combine {

enum class Decision : std::uint8_t {
  offered = 0,
  eligible_not_selected = 1,
  policy_decline = 2,
  model_decline = 3,
  fraud_refer = 4,
  suppressed = 5,
  control = 6,
  override_ = 7
};
inline constexpr std::size_t decision_count = 8;
[[nodiscard]] std::string_view name_of(Decision decision);

inline constexpr std::uint16_t no_reason = 65535;

struct Decided {
  Decision decision = Decision::eligible_not_selected;
  std::array<std::uint16_t, 4> reasons{no_reason, no_reason, no_reason, no_reason};
};

/// What is decided about one borrower: `choice` is the offer chosen or −1, `reasons` the bits of every offer. Where no
/// offer is allowed, the class of a bit that stands against every offer decides (suppression before fraud before model
/// before policy); the reasons given are the bits that stand against most offers, at most four.
[[nodiscard]] Decided decide(std::int32_t choice, std::span<const std::uint32_t> reasons,
                             std::span<const offers::ReasonClass> classes);

/// That of a borrower in the control cell of an experiment.
[[nodiscard]] Decided control_decision();

}  // namespace proffer::combine
