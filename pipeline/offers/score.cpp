#include "offers/score.hpp"

#include <fmt/format.h>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "offers/live_scores.hpp"
#include "offers/score_file.hpp"
#include "parallel/agreement.hpp"

namespace proffer::offers {

ScoreModels read_score_models(const std::filesystem::path& folder,
                              const std::optional<WithoutContact>& without_contact) {
  const auto maybe = [&](const char* name) -> std::optional<models::Model> {
    const std::filesystem::path path = folder / name;
    if (!std::filesystem::exists(path)) return std::nullopt;
    return models::read_model_file(path);
  };
  ScoreModels models{models::read_model_file(folder / "response.json"),
                     maybe("booking.json"),
                     models::read_model_file(folder / "default.json"),
                     maybe("fraud.json"),
                     {}};
  if (models.fraud && !models.fraud->offer_terms.empty())
    throw UsageError({fmt::format("{}: the fraud model has offer terms", (folder / "fraud.json").string()),
                      "fraud is scored once per borrower", "train it without offer_terms"});
  if (!without_contact) return models;
  const std::filesystem::path path = folder / (without_contact->model + ".control.json");
  if (!std::filesystem::exists(path))
    throw UsageError({fmt::format("economics.without_contact.model is {}", without_contact->model),
                      fmt::format("{} is not there", path.string()),
                      "name an entry of train.uplift whose target is responded"});
  models.without_contact = models::read_model_file(path);
  return models;
}

ScoreOutcome score(const parallel::Communicator& comm, const std::filesystem::path& population,
                   const ScoreModels& models, const ScoreSettings& settings, std::uint64_t seed, int threads,
                   std::uint64_t batch_rows, const std::filesystem::path& path, Log& log) {
  const LiveScores scores(comm, population, models, settings, seed, threads, batch_rows);
  log.info(fmt::format("score: {} borrowers × {} offers", with_thousands(static_cast<long long>(scores.total_rows())),
                       settings.catalog.offers.size()));
  ScoreWriter writer(comm, path, scores.schema(), scores.total_rows(), scores.total_second());
  Progress progress(log, "score", scores.rows());
  std::uint64_t next_second = scores.first_second();
  const auto take = [&](const ScoreRows& rows) {
    writer.write(rows);
    progress.advance(rows.rows());
  };
  const auto take_second = [&](const SecondValues& values) {
    writer.write_second(next_second, values);
    next_second += values.id.size();
  };
  parallel::together(comm, [&] { scores.visit_with_second(take, take_second); });
  ScoreOutcome outcome;
  outcome.file = writer.publish();
  outcome.rows = scores.total_rows();
  outcome.assumptions = scores.schema().assumptions;
  return outcome;
}

}  // namespace proffer::offers
