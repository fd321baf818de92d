// The part of a model card that is about its inputs, one by one.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "models/card.hpp"

namespace proffer::models {

/// Rows of one group of an input's bins, by label.
using GroupCount = std::array<std::uint64_t, 2>;

/// Independent. Σ (g − b) ln(g/b) over the groups' shares of all negatives g and positives b (Siddiqi 2006); half a row
/// is added to every count where some group that has rows lacks a class. 0 where a class is missing.
[[nodiscard]] double information_value(std::span<const GroupCount> groups);

/// Collective. One entry per input: name, groups, missing_share, information_value, observed (rising, falling, mixed or
/// flat rate of positives over the groups), trend (Somers' D; null for
/// categories), constraint, splits, gain, cover, and stability of `later` against the
/// training rows.
[[nodiscard]] nlohmann::json card_inputs(const parallel::Communicator& comm, const CardSubject& subject, Part later);

}  // namespace proffer::models
