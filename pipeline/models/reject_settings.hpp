// What `rejects` of a default model reads: how applicants that the lender declined take part.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "settings/section.hpp"

namespace proffer::models {

enum class RejectMethod { ignore, reweighting, parcelling, fuzzy, joint };
[[nodiscard]] std::string_view name_of(RejectMethod method);

struct RejectSettings {
  RejectMethod method = RejectMethod::ignore;
  std::vector<RejectMethod> compare;  ///< reported side by side with `method`
  std::int64_t bands = 10;            ///< of scores: reweighting and parcelling
  double increase = 1;                ///< PD of the declined against the booked of the same score
  std::string outcome;                ///< column: default of the declined where it is known, to judge by
  [[nodiscard]] bool infers() const {
    return (method != RejectMethod::ignore && method != RejectMethod::joint) || !compare.empty();
  }
};

/// Reads `rejects` of a model, where it stands there. UsageError for nonsense. Independent.
[[nodiscard]] RejectSettings read_rejects(const settings::Section& model, bool is_joint);

}  // namespace proffer::models
