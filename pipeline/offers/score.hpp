// The score stage: streams a population past the models for every offer of a catalog.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "foundation/log.hpp"
#include "models/model.hpp"
#include "offers/catalog.hpp"
#include "offers/economics.hpp"
#include "offers/policy_settings.hpp"
#include "parallel/communicator.hpp"
#include "storage/table_file.hpp"

namespace proffer::offers {

/// The models that scoring knows, found in a folder by name.
struct ScoreModels {
  models::Model response;
  std::optional<models::Model> booking;  ///< absent: whoever accepts is booked
  models::Model defaults;
  std::optional<models::Model> fraud;              ///< absent: no fraud
  std::optional<models::Model> without_contact{};  ///< response of those who are not contacted; absent: nobody responds
};
/// Independent. Reads response.json, booking.json, default.json, fraud.json. UsageError where response or default is
/// absent, or the fraud model has offer terms. With `without_contact` also NAME.control.json of its model.
[[nodiscard]] ScoreModels read_score_models(const std::filesystem::path& folder,
                                            const std::optional<WithoutContact>& without_contact = {});

struct ScoreSettings {
  Catalog catalog;
  Economics economics;
  PolicySettings policy;
  std::string segment;                   ///< a categorical feature of the book, or empty
  std::string monitor;                   ///< a categorical column whose groups adverse-impact limits name, or empty
  std::uint64_t second_sample = 100000;  ///< about so many borrowers are also valued by the second opinions
  bool portable = false;                 ///< without AVX2 and AVX-512: slower, not a bit different
};

struct ScoreOutcome {
  storage::Published file;
  std::uint64_t rows = 0;
  std::vector<std::string> assumptions;
};

/// Collective. Memory per rank: a batch of rows, 32 bytes per row of its part while the decided rows are found. The
/// bytes of the file do not depend on ranks, threads or `batch_rows`.
[[nodiscard]] ScoreOutcome score(const parallel::Communicator& comm, const std::filesystem::path& population,
                                 const ScoreModels& models, const ScoreSettings& settings, std::uint64_t seed,
                                 int threads, std::uint64_t batch_rows, const std::filesystem::path& path, Log& log);

}  // namespace proffer::offers
