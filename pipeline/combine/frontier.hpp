// Profit against one limit over a range: the same list problem solved for one value of the limit after another.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "combine/combine.hpp"
#include "combine/settings.hpp"
#include "foundation/log.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/communicator.hpp"

namespace proffer::combine {

struct FrontierSettings {
  std::size_t limit = 0;       ///< number of the declared limit that varies
  std::vector<double> values;  ///< in the order in which they are solved, each from its neighbour's multipliers
};

/// Reads the section `frontier`: limit, from, to, points. UsageError with file:line:column, also for a limit that
/// `settings` does not have ("did you mean"). Independent.
[[nodiscard]] FrontierSettings read_frontier(const settings::Section& section, const CombineSettings& settings);

/// Collective. Writes frontier.json and frontier.csv into `folder` (docs/formats.md, "Frontier"). A value at which the
/// limits cannot hold together is a point without a list, not an error. Outcome::certificate holds what the JSON file
/// does.
[[nodiscard]] Outcome frontier(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                               const CombineSettings& settings, const FrontierSettings& frontier,
                               const std::filesystem::path& folder, int threads, Log& log);

}  // namespace proffer::combine
