// Scores of models trained before, as columns of books that later models learn from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/model.hpp"
#include "parallel/communicator.hpp"
#include "settings/section.hpp"
#include "storage/table_file.hpp"

namespace proffer::models {

/// A model's file and the column that its probabilities become.
struct ScoreColumn {
  std::string name;
  std::filesystem::path file;
  std::optional<int> known_after;  ///< months; absent: the model's horizon, or three where it has none
};

/// Independent. Reads the models of the `enrich` section. UsageError with file:line:column.
[[nodiscard]] std::vector<ScoreColumn> read_enrich(const settings::Section& section);

/// A column, the first date at which its model could be asked, and rows before it, whose value is missing.
struct EnrichedColumn {
  std::string name;
  std::int32_t from = 0;  ///< yyyymmdd
  std::uint64_t early = 0;
};

struct EnrichedBook {
  storage::Published file;
  std::uint64_t rows = 0;
  std::vector<EnrichedColumn> columns;
};

/// Collective. Copies the book to `to` with a further column per model: the row's probability by it, missing where the
/// row's as_of is before the end of the month `known_after` months after the last row that the model learnt from: no
/// row is told what was not known at its date. Errors (agreed): UsageError where the model asks about an offer, the
/// book lacks one of its columns, or the model does not say which rows it learnt from; DataError where every row is too
/// early, or the book has a column of that name.
[[nodiscard]] EnrichedBook enrich_book(const parallel::Communicator& comm, const std::filesystem::path& from,
                                       const std::vector<ScoreColumn>& scores, const std::filesystem::path& to,
                                       int threads, Log& log);

}  // namespace proffer::models
