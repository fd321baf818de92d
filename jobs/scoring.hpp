// What scoring takes from a config, whether the score stage stores it or combine scores on the way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "jobs/stage.hpp"
#include "offers/score.hpp"
#include "offers/scored_batches.hpp"

namespace proffer::jobs {

struct Scoring {
  offers::ScoreSettings settings;
  std::optional<std::filesystem::path> population, models;  ///< absent: those that this run made
  std::uint64_t batch_rows = 0;

  /// The files that the config names.
  [[nodiscard]] std::vector<Input> inputs() const;
  [[nodiscard]] std::filesystem::path population_in(const Workplace& place) const;
  /// Collective.
  [[nodiscard]] offers::ScoreModels models_in(const Workplace& place) const;
  /// Collective. Scores made on the way, stored nowhere.
  [[nodiscard]] std::unique_ptr<offers::ScoredBatches> live(const Workplace& place) const;
};

/// Reads `section` (the score section) and catalog, economics and policy beside it. `segment`, `monitor`: those of
/// combine.
[[nodiscard]] Scoring read_scoring(const settings::Config& config, const settings::Section& section,
                                   std::string segment, std::string monitor);

}  // namespace proffer::jobs
