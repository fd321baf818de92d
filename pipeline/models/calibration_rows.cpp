#include "models/calibration_rows.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "models/model.hpp"

namespace proffer::models {

std::optional<Calibration> calibrate(const parallel::Communicator& comm, const ModelSettings& settings,
                                     const TrainingRows& rows, std::span<const float> margins, Log& log) {
  if (!settings.calibration.wanted()) return std::nullopt;
  std::vector<double> odds;
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.part[i] != Part::valid) continue;
    odds.push_back(log_odds(settings.link, margins[i]));
    labels.push_back(rows.label[i]);
  }
  std::optional<Calibration> fitted = fit_calibration(comm, settings.calibration.method, odds, labels);
  if (!fitted) {
    log.warning(fmt::format("model {} is not calibrated (its valid rows hold one class only)", settings.name));
    return fitted;
  }
  if (settings.calibration.anchor) fitted->shift = anchor_shift(comm, *fitted, odds, *settings.calibration.anchor);
  return fitted;
}

}  // namespace proffer::models
