// The combine stage: scores and limits to a list, or a bare allocation problem to a choice.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "combine/settings.hpp"
#include "foundation/log.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::combine {

struct Outcome {
  std::vector<storage::Published> files;
  nlohmann::json certificate;
  std::uint64_t rows = 0;
};

/// Collective. Writes offers.h5, offers.csv and certificate.json into `folder`. InfeasibleError (agreed) where the
/// limits cannot hold together or no list within them was found; the certificate is written then too, the list is not.
[[nodiscard]] Outcome combine_scores(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                                     const CombineSettings& settings, const std::filesystem::path& folder, int threads,
                                     Log& log);

/// Collective. The same for an allocation-problem file (docs/formats.md): writes choice.h5 and certificate.json.
[[nodiscard]] Outcome combine_problem(const parallel::Communicator& comm, const std::filesystem::path& problem,
                                      const CombineSettings& settings, const std::filesystem::path& folder, int threads,
                                      Log& log);

}  // namespace proffer::combine
