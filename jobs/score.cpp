// score: a population book past the models for every offer of the catalog.
#include "offers/score.hpp"

#include "jobs/config_section.hpp"
#include "jobs/scoring.hpp"
#include "offers/row_scorer.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {
namespace {

class Score : public Stage {
 public:
  Score(const settings::Config& config, bool alone) {
    const settings::Section root = config.root();
    const settings::Section section = stage_section(config, alone, "score", "where the inputs of scoring come from");
    const settings::Section limits = root.section("combine", "limits and how they are met");
    const auto segment = limits.maybe_text("segment", {.doc = "categorical feature whose labels limits may name"});
    const auto monitor = limits.maybe_text(
        "monitor", {.doc = "categorical column whose groups limits with measure impact_ratio compare"});
    if (alone) limits.leave_the_rest();
    scoring_ = read_scoring(config, section, segment.value_or(""), monitor.value_or(""));
    const settings::Flag store{
        .doc = "write scores/scores.h5; false: combine scores on the way, once more for each of its passes",
        .fallback = true,
        .affects = settings::Affects::speed};
    if (!alone) store_ = section.flag("store", store);
    if (root.for_reference()) return;
    if (alone && (!scoring_.population || !scoring_.models))
      throw section.error("", "score needs population and models", "it runs alone",
                          "add score.population and score.models, or use proffer run");
    if (!store_ && !root.has("combine"))
      throw section.error("store", "the scores would not be stored", "no combine section uses them",
                          "remove score.store or add combine");
  }
  [[nodiscard]] std::string_view name() const override { return "score"; }
  [[nodiscard]] std::vector<Input> inputs() const override { return scoring_.inputs(); }
  StageResult run(Workplace& place) override {
    const offers::ScoreModels models = scoring_.models_in(place);
    if (!store_) return leave_to_combine(place, models);
    offers::ScoreOutcome outcome =
        offers::score(place.comm, scoring_.population_in(place), models, scoring_.settings, place.common.seed,
                      place.common.threads, scoring_.batch_rows, place.directory / "scores/scores.h5", place.log);
    return {
        {std::move(outcome.file)}, outcome.rows, {{"assumptions", std::move(outcome.assumptions)}, {"stored", true}}};
  }

 private:
  /// Finds what is wrong with book, models and settings now.
  StageResult leave_to_combine(const Workplace& place, const offers::ScoreModels& models) const {
    std::vector<std::string> assumptions;
    parallel::together(place.comm, [&] {
      const borrowers::BookReader book(scoring_.population_in(place));
      const offers::RowScorer scorer(book, models, scoring_.settings, place.common.threads);
      assumptions = scorer.schema(book.schema()).assumptions;
    });
    place.log.info("score: nothing is stored, combine scores on the way");
    return {{}, 0, {{"assumptions", std::move(assumptions)}, {"stored", false}}};
  }

  Scoring scoring_;
  bool store_ = true;
};

}  // namespace

std::unique_ptr<Stage> make_score(const settings::Config& config, bool alone) {
  return std::make_unique<Score>(config, alone);
}

}  // namespace proffer::jobs
