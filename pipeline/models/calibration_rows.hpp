// The calibration of one model on its held-out rows.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "foundation/log.hpp"
#include "models/calibration.hpp"
#include "models/settings.hpp"
#include "models/training_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// Collective. Fits what `settings.calibration` asks for on the valid rows: `margins` are the model's own, one per row.
/// Nothing where nothing is asked for, or (with a warning) where the valid rows do not have both classes.
[[nodiscard]] std::optional<Calibration> calibrate(const parallel::Communicator& comm, const ModelSettings& settings,
                                                   const TrainingRows& rows, std::span<const float> margins, Log& log);

}  // namespace proffer::models
