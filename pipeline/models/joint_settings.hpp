// What the config says of a default model that is learnt together with the response to the offer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "settings/section.hpp"

namespace proffer::models {

struct JointSettings {
  std::string response;                   ///< name of the response model
  std::vector<std::string> excluded;      ///< inputs of the response model that do not move default
  std::vector<std::string> drawn_within;  ///< columns within whose values the excluded ones were drawn at random
  std::optional<double> rho;              ///< absent: estimated
  std::int64_t folds = 3;
  std::int64_t bootstrap = 100;
  std::string where;  ///< file:line:column
};

/// Reads `joint` of a model, where it stands there. UsageError for nonsense.
[[nodiscard]] std::optional<JointSettings> read_joint(const settings::Section& model);

/// The largest correlation, in size, that is looked for or may be set.
inline constexpr double largest_correlation = 0.95;

}  // namespace proffer::models
