// What combine and frontier have in common: the limits, and where the scores come from.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "combine/settings.hpp"
#include "jobs/scoring.hpp"
#include "jobs/stage.hpp"

namespace proffer::jobs {

struct ListInputs {
  combine::CombineSettings settings;
  std::optional<std::filesystem::path> problem, scores;
  std::optional<Scoring> scoring;
  bool alone = false;

  /// The files that the config names.
  [[nodiscard]] std::vector<Input> inputs() const;
  /// Collective. From the file that the config names or this run stored, else on the way.
  [[nodiscard]] std::unique_ptr<offers::ScoredBatches> scored(const Workplace& place) const;
  /// The settings, with the seed of the run.
  [[nodiscard]] combine::CombineSettings settings_in(const Workplace& place) const;
};

/// Reads `section` (the combine section) and what scoring on the way needs beside it.
[[nodiscard]] ListInputs read_list_inputs(const settings::Config& config, const settings::Section& section, bool alone);

}  // namespace proffer::jobs
