#include "models/enrich.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "borrowers/extended_book.hpp"
#include "borrowers/synthetic_calendar.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/book_batches.hpp"
#include "models/book_scorer.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

constexpr int usually_known_after = 3;  // months, of outcomes without a window

/// A model and the first date at which it could be asked.
struct Earlier {
  Model model;
  std::int32_t last = 0;  ///< as_of of the rows it learnt from
  std::int32_t from = 0;
};

Earlier read_earlier(const ScoreColumn& score) {
  Earlier earlier{.model = read_model_file(score.file)};
  const auto last = earlier.model.training.find("last_row");
  if (last == earlier.model.training.end() || !last->is_number_integer())
    throw UsageError({fmt::format("enrich: {} does not say which rows it learnt from", score.file.string()),
                      "a row may be told only what was known at its date", "train the model again"});
  earlier.last = last->get<std::int32_t>();
  const int window = earlier.model.horizon_months > 0 ? earlier.model.horizon_months : usually_known_after;
  earlier.from = borrowers::month_end(borrowers::month_of(earlier.last) + score.known_after.value_or(window));
  return earlier;
}

void check_some(const std::filesystem::path& book, const ScoreColumn& score, const Earlier& earlier,
                std::uint64_t early, std::uint64_t rows) {
  if (early < rows || rows == 0) return;
  throw parallel::AgreedError(
      ExitCode::bad_data,
      {fmt::format("enrich: no row of {} may be told {}", book.string(), score.name),
       fmt::format("the model learnt from rows up to {} whose outcomes were known from {}, and every row is earlier",
                   earlier.last, earlier.from),
       "name a model of earlier rows"});
}

}  // namespace

std::vector<ScoreColumn> read_enrich(const settings::Section& section) {
  std::vector<ScoreColumn> scores;
  for (const auto& [name, one] :
       section.named("models", "models trained before, by the name of the column that their probabilities become")) {
    if (name.starts_with("offer."))
      throw one.error("", fmt::format("a column cannot be named {}", name), "so are the terms of offers",
                      "choose another name");
    ScoreColumn score{.name = name, .file = {}, .known_after = {}};
    score.file =
        one.path("file", {.doc = "models/NAME.json of an earlier run; a model of borrowers, without offer_terms"});
    const auto months = one.maybe_integer(
        "known_after", {.doc = "the outcomes of the rows it learnt from were known so long after the last of them; "
                               "absent: its horizon, three months where it has none",
                        .min = 1,
                        .max = 1200,
                        .unit = "months"});
    if (months) score.known_after = static_cast<int>(*months);
    scores.push_back(std::move(score));
  }
  if (scores.empty() && !section.for_reference())
    throw section.error("models", "enrich names no model", "", "add enrich.models.COLUMN.file");
  return scores;
}

EnrichedBook enrich_book(const parallel::Communicator& comm, const std::filesystem::path& from,
                         const std::vector<ScoreColumn>& scores, const std::filesystem::path& to, int threads,
                         Log& log) {
  std::optional<borrowers::BookReader> book;
  std::vector<Earlier> models;
  std::vector<BookScorer> scorers;
  std::vector<std::uint64_t> early(scores.size());
  borrowers::MoreColumns more;
  parallel::together(comm, [&] {
    book.emplace(from);
    for (const ScoreColumn& score : scores) models.push_back(read_earlier(score));
    for (const Earlier& earlier : models) scorers.emplace_back(earlier.model, book->schema());
    for (const ScoreColumn& score : scores) more.columns.emplace_back().name = score.name;
    more.values.reserve(storage::rows_of_rank(comm, book->rows()).size() * scores.size());
    each_batch(comm, *book, {}, [&](const borrowers::Batch& batch) {
      const std::size_t before = more.values.size();
      more.values.resize(before + batch.rows() * scores.size(), std::numeric_limits<float>::quiet_NaN());
      for (std::size_t s = 0; s < scores.size(); ++s) {
        const std::vector<double> probability = scorers[s].probabilities(batch, threads);
        for (std::size_t i = 0; i < batch.rows(); ++i)
          if (batch.as_of[i] >= models[s].from)
            more.values[before + i * scores.size() + s] = static_cast<float>(probability[i]);
          else
            ++early[s];
      }
    });
  });
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(early));
  EnrichedBook enriched{.file = {}, .rows = book->rows(), .columns = {}};
  for (std::size_t s = 0; s < scores.size(); ++s) {
    check_some(from, scores[s], models[s], early[s], book->rows());
    enriched.columns.push_back({scores[s].name, models[s].from, early[s]});
    if (early[s] > 0)
      log.warning(fmt::format("{} of {} rows of {} are too early to be told {} (known from {}): its value is missing",
                              with_thousands(static_cast<long long>(early[s])),
                              with_thousands(static_cast<long long>(book->rows())), from.filename().string(),
                              scores[s].name, models[s].from));
  }
  enriched.file = borrowers::extend_book(comm, *book, more, to);
  return enriched;
}

}  // namespace proffer::models
