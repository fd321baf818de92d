// How the list changes across what nobody knows: the same list problem for one pair of elasticities of the rate after
// another (economics.prices), and what each list would bring if another pair were true.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "combine/combine.hpp"
#include "combine/settings.hpp"
#include "foundation/log.hpp"
#include "offers/economics.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/communicator.hpp"

namespace proffer::combine {

struct SensitivitySettings {
  std::vector<offers::Prices> worlds;  ///< the first is that of economics.prices; no two are equal
};

/// Reads the section `sensitivity`: take_up_elasticity, default_elasticity (lists; every pair is a world). UsageError
/// with file:line:column. `assumed`: economics.prices. Independent.
[[nodiscard]] SensitivitySettings read_sensitivity(const settings::Section& section, const offers::Prices& assumed);

/// Scores as they are in a world. Collective.
using ScoresIn = std::function<std::unique_ptr<offers::ScoredBatches>(const offers::Prices& world)>;

/// Collective. Solves every world, then values every world's list in every other. Writes sensitivity.json and
/// sensitivity.csv into `folder` (docs/formats.md, "Sensitivity"). A world whose limits cannot hold together has no
/// list, and is no error. Memory: 2 bytes per row of this rank and world beside that of one problem. Each world is
/// scored to solve it and once more to value all lists in it, which adds up limits + 1 numbers per offered row, list
/// and world.
[[nodiscard]] Outcome sensitivity(const parallel::Communicator& comm, const ScoresIn& scores_in,
                                  const CombineSettings& settings, const SensitivitySettings& sensitivity,
                                  const std::filesystem::path& folder, int threads, Log& log);

}  // namespace proffer::combine
