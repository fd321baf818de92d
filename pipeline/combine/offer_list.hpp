// The approve-and-offer list: offers.h5 with every decision, offers.csv with those offered.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "combine/decision.hpp"
#include "combine/list_problem.hpp"
#include "offers/score_file.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::combine {

/// Count of each decision, all ranks.
using DecisionCounts = std::array<std::uint64_t, decision_count>;

struct ListFiles {
  storage::Published table, csv;
  DecisionCounts decisions{};
};

/// Collective. Writes both files of the list, batch by batch: what was chosen, and what was drawn for the exploration
/// cell.
[[nodiscard]] ListFiles write_list(const parallel::Communicator& comm, const std::filesystem::path& folder,
                                   const offers::ScoredBatches& scores, const ListProblem& problem,
                                   const allocation::Solution& solution);

}  // namespace proffer::combine
