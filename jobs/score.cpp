// score: a population book past the models for every offer of the catalog.
#include "offers/score.hpp"

#include <filesystem>

#include "jobs/config_section.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {
namespace {

class Score : public Stage {
 public:
  Score(const settings::Config& config, bool alone) {
    const settings::Section root = config.root();
    const settings::Section section = stage_section(config, alone, "score", "where the inputs of scoring come from");
    population_ = section.maybe_path("population", {.doc = "book to score; absent: the one this run made"});
    models_ = section.maybe_path("models", {.doc = "folder of models; absent: those this run trained"});
    settings_.second_sample = static_cast<std::uint64_t>(section.integer(
        "second_sample", {.doc = "about so many borrowers are also valued by the second opinions, for the honest value",
                          .fallback = 100000,
                          .min = 0,
                          .max = 10000000}));
    batch_rows_ = static_cast<std::uint64_t>(section.integer("batch_rows", {.doc = "rows scored at a time by a rank",
                                                                            .fallback = 16384,
                                                                            .min = 1,
                                                                            .max = 10000000,
                                                                            .affects = settings::Affects::speed}));
    settings_.catalog = offers::read_catalog(root.section("catalog", "what may be offered"));
    settings_.economics = offers::read_economics(root.section("economics", "what lending costs and how loans end"));
    settings_.policy = offers::read_policy(root.section("policy", "who may be offered what"), settings_.catalog);
    const settings::Section limits = root.section("combine", "limits and how they are met");
    settings_.segment =
        limits.maybe_text("segment", {.doc = "categorical feature whose labels limits may name"}).value_or("");
    if (alone) limits.leave_the_rest();
    if (alone && !root.for_reference() && (!population_ || !models_))
      throw section.error("", "score needs population and models", "it runs alone",
                          "add score.population and score.models, or use proffer run");
  }
  [[nodiscard]] std::string_view name() const override { return "score"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    std::vector<Input> inputs;
    if (population_) inputs.push_back({"score.population", *population_});
    if (models_)
      for (const char* name : {"response.json", "booking.json", "default.json", "fraud.json"})
        if (std::filesystem::exists(*models_ / name))
          inputs.push_back({std::string("score.models.") + name, *models_ / name});
    if (settings_.policy.suppression) inputs.push_back({"policy.suppression", *settings_.policy.suppression});
    return inputs;
  }
  StageResult run(Workplace& place) override {
    offers::ScoreModels models;
    parallel::together(place.comm,
                       [&] { models = offers::read_score_models(models_ ? *models_ : place.directory / "models"); });
    offers::ScoreOutcome outcome =
        offers::score(place.comm, population(place), models, settings_, place.common.seed, place.common.threads,
                      batch_rows_, place.directory / "scores/scores.h5", place.log);
    return {{std::move(outcome.file)}, outcome.rows, {{"assumptions", std::move(outcome.assumptions)}}};
  }

 private:
  /// A run without a population book of its own decides on the borrowers of its training book.
  [[nodiscard]] std::filesystem::path population(const Workplace& place) const {
    if (population_) return *population_;
    const std::filesystem::path made = place.directory / "books/population.h5";
    return std::filesystem::exists(made) ? made : place.directory / "books/training.h5";
  }

  offers::ScoreSettings settings_;
  std::uint64_t batch_rows_ = 0;
  std::optional<std::filesystem::path> population_, models_;
};

}  // namespace

std::unique_ptr<Stage> make_score(const settings::Config& config, bool alone) {
  return std::make_unique<Score>(config, alone);
}

}  // namespace proffer::jobs
