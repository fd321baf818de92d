// The approve-and-offer list: offers.h5 with every decision, offers.csv with those offered.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "allocation/solver.hpp"
#include "combine/decision.hpp"
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

/// Collective. Writes both files of the list. `scores` are this rank's rows (their first_row says where they stand
/// among `total_rows`), `solution` the same rows' choices.
[[nodiscard]] ListFiles write_list(const parallel::Communicator& comm, const std::filesystem::path& folder,
                                   const offers::ScoreSchema& schema, const offers::ScoreRows& scores,
                                   std::uint64_t total_rows, const allocation::Solution& solution);

}  // namespace proffer::combine
