// A finished list seen from the outside: do groups fare alike, and what is a borrower told whom the model declined.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "models/fairness_groups.hpp"
#include "models/model.hpp"
#include "models/reasons.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::combine {

struct ReviewSettings {
  models::MonitorSettings groups;
  models::ReasonSettings reasons;
};

struct Review {
  std::vector<storage::Published> files;
  std::uint64_t rows = 0;       ///< of the list
  std::uint64_t explained = 0;  ///< declined by the model
};

/// Collective. Reads a list (offers.h5) and the book it was made from, and writes into `folder`
///   fairness.json  {columns: {column: {offered: […], not_declined: […]}}}: models::fairness_of_groups of every
///                  monitor_only column, accepted being those offered, and those not declined (by policy, model or
///                  fraud)
///   declines.csv   id and up to four concepts with their phrases for everyone whom the model declined: what speaks
///   most
///                  against the borrower (models::ModelReasons) at the offer of the list's catalog at which `model`,
///                  the default model, has the lowest margin
/// The same bytes at any number of ranks. DataError where list and book do not belong together.
[[nodiscard]] Review review_list(const parallel::Communicator& comm, const std::filesystem::path& list,
                                 const std::filesystem::path& book, const models::Model& model,
                                 const ReviewSettings& settings, const std::filesystem::path& folder);

}  // namespace proffer::combine
