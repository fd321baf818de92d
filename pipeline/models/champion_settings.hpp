// By what a champion is held against its challengers.
#pragma once

#include <string>
#include <string_view>

#include "settings/section.hpp"

namespace proffer::models {

enum class Criterion { auc, ks, log_loss, brier };
[[nodiscard]] std::string_view name_of(Criterion criterion);
/// Whether more is better.
[[nodiscard]] bool rises(Criterion criterion);

/// What the champion is called among its challengers.
inline constexpr std::string_view champion_name = "champion";

struct PromotionSettings {
  Criterion by = Criterion::auc;
  bool out_of_time = false;  ///< judged on the out-of-time rows instead of the test rows
  double margin = 0;         ///< a challenger must be better than the champion by more than this
  bool certain = false;      ///< … at the lower end of the interval of the paired difference
  int replicates = 200;      ///< of the bootstrap
};

/// Reads `promote` of a model.
[[nodiscard]] PromotionSettings read_promotion(const settings::Section& section);

}  // namespace proffer::models
