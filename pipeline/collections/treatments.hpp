// What is to be done about accounts past due: a treatment by behavioural PD and days past due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "foundation/log.hpp"
#include "models/model.hpp"
#include "parallel/communicator.hpp"
#include "settings/section.hpp"
#include "storage/table_file.hpp"

namespace proffer::collections {

/// One row of the table of treatments.
struct Band {
  std::string name;
  double from = 0;                      ///< probability from which it begins
  std::vector<std::string> treatments;  ///< one per step of days
};

/// Behavioural score: base_score at odds of base_odds : 1, pdo points double the odds (Siddiqi 2006).
struct ScoreScale {
  double base_score = 600, base_odds = 50, pdo = 20;
  [[nodiscard]] double score(double probability) const;
};

struct CollectionSettings {
  std::string days_column;
  std::vector<std::int64_t> days;  ///< past due, from which each step begins; below the first nothing is done
  std::vector<Band> bands;         ///< by rising probability, the first from 0
  ScoreScale scale;
};

/// Independent. UsageError (file:line:column) where the table of treatments has holes.
[[nodiscard]] CollectionSettings read_collections(const settings::Section& section);

/// Pure. Steps and bands that a row falls into; days below the first step: nothing is done (npos).
[[nodiscard]] std::size_t step_of(const CollectionSettings& settings, double days);
[[nodiscard]] std::size_t band_of(const CollectionSettings& settings, double probability);
inline constexpr std::size_t nothing_due = static_cast<std::size_t>(-1);

struct Treated {
  std::vector<storage::Published> files;  ///< collections.csv, collections.json
  std::uint64_t rows = 0, past_due = 0;
};

/// Collective. Goes over every row of the book and writes, for those past due and in the order of the book, id, days
/// past due, probability, behavioural score, band and treatment (collections.csv), and how many accounts each cell of
/// the table has (collections.json). The lines are held by the root. Errors (agreed) as models::BookScorer.
[[nodiscard]] Treated treat_accounts(const parallel::Communicator& comm, const std::filesystem::path& book,
                                     const models::Model& model, const CollectionSettings& settings,
                                     const std::filesystem::path& folder, Log& log);

}  // namespace proffer::collections
