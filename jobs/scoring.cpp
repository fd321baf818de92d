#include "jobs/scoring.hpp"

#include "jobs/made_book.hpp"
#include "offers/live_scores.hpp"
#include "offers/price_effects.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {

std::vector<Input> Scoring::inputs() const {
  std::vector<Input> inputs;
  if (population) inputs.push_back({"score.population", *population});
  if (models)
    for (const char* name : {"response.json", "booking.json", "default.json", "fraud.json"})
      if (std::filesystem::exists(*models / name))
        inputs.push_back({std::string("score.models.") + name, *models / name});
  if (const auto& without = settings.economics.without_contact; models && without) {
    const std::string name = without->model + ".control.json";
    if (std::filesystem::exists(*models / name)) inputs.push_back({"score.models." + name, *models / name});
  }
  if (settings.policy.suppression) inputs.push_back({"policy.suppression", *settings.policy.suppression});
  return inputs;
}

std::filesystem::path Scoring::population_in(const Workplace& place) const {
  return population ? *population : made_population(place.directory.path());
}

offers::ScoreModels Scoring::models_in(const Workplace& place) const {
  offers::ScoreModels found;
  parallel::together(place.comm, [&] {
    found =
        offers::read_score_models(models ? *models : place.directory / "models", settings.economics.without_contact);
  });
  return found;
}

std::unique_ptr<offers::ScoredBatches> Scoring::live(const Workplace& place) const {
  return std::make_unique<offers::LiveScores>(place.comm, population_in(place), models_in(place), settings,
                                              place.common.seed, place.common.threads, batch_rows);
}

Scoring read_scoring(const settings::Config& config, const settings::Section& section, std::string segment,
                     std::string monitor) {
  const settings::Section root = config.root();
  Scoring scoring;
  scoring.population = section.maybe_path("population", {.doc = "book to score; absent: the one this run made"});
  scoring.models = section.maybe_path("models", {.doc = "folder of models; absent: those this run trained"});
  scoring.settings.second_sample = static_cast<std::uint64_t>(section.integer(
      "second_sample", {.doc = "about so many borrowers are also valued by the second opinions, for the honest value",
                        .fallback = 100000,
                        .min = 0,
                        .max = 10000000}));
  scoring.batch_rows =
      static_cast<std::uint64_t>(section.integer("batch_rows", {.doc = "rows scored at a time by a rank",
                                                                .fallback = 16384,
                                                                .min = 1,
                                                                .max = 10000000,
                                                                .affects = settings::Affects::speed}));
  scoring.settings.portable =
      section.flag("portable", {.doc = "without vector instructions (AVX2, AVX-512), as on a CPU that has none",
                                .fallback = false,
                                .affects = settings::Affects::speed});
  scoring.settings.catalog = offers::read_catalog(root.section("catalog", "what may be offered"));
  scoring.settings.economics =
      offers::read_economics(root.section("economics", "what lending costs and how loans end"));
  static_cast<void>(offers::loan_without_contact(scoring.settings.economics, scoring.settings.catalog));
  if (!root.for_reference())
    static_cast<void>(offers::PriceEffects(scoring.settings.catalog, scoring.settings.economics));
  scoring.settings.policy =
      offers::read_policy(root.section("policy", "who may be offered what"), scoring.settings.catalog);
  scoring.settings.segment = std::move(segment);
  scoring.settings.monitor = std::move(monitor);
  return scoring;
}

}  // namespace proffer::jobs
