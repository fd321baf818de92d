// combine: scores and the lender's limits to an approve-and-offer list; or a bare allocation problem to a choice.
#include "combine/combine.hpp"

#include "jobs/config_section.hpp"
#include "jobs/scoring.hpp"
#include "offers/file_scores.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {
namespace {

class Combine : public Stage {
 public:
  Combine(const settings::Config& config, bool alone) {
    const settings::Section section = stage_section(config, alone, "combine", "limits and how they are met");
    settings_ = combine::read_combine(section);
    problem_ = section.maybe_path("problem", {.doc = "an allocation-problem file, instead of scores and limits"});
    scores_ = section.maybe_path("scores", {.doc = "score file; absent: the one this run made (scores/scores.h5)"});
    const auto segment = section.maybe_text("segment", {.doc = "categorical feature whose labels limits may name"});
    if (section.for_reference()) return;
    if (problem_ && (scores_ || !settings_.limits.empty()))
      throw section.error("problem", "both a problem file and scores or limits are given",
                          "a problem file brings its own limits", "remove one of them");
    const settings::Section root = config.root();
    if (!problem_ && !scores_ && root.has("catalog"))
      scoring_ =
          read_scoring(config, root.section("score", "where the inputs of scoring come from"), segment.value_or(""));
    if (alone && !problem_ && !scores_ && !(scoring_ && scoring_->population && scoring_->models))
      throw section.error("scores", "no scores are named", "combine runs alone",
                          "add combine.scores or combine.problem, or score.population, score.models and a catalog, or "
                          "use proffer run");
    alone_ = alone;
  }
  [[nodiscard]] std::string_view name() const override { return "combine"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    if (problem_) return {{"combine.problem", *problem_}};
    if (scores_) return {{"combine.scores", *scores_}};
    return alone_ ? scoring_->inputs() : std::vector<Input>{};  // in a run they are the score stage's
  }
  StageResult run(Workplace& place) override {
    const std::filesystem::path folder = place.directory / "offers";
    combine::Outcome outcome =
        problem_
            ? combine::combine_problem(place.comm, *problem_, settings_, folder, place.common.threads, place.log)
            : combine::combine_scores(place.comm, *scored(place), settings_, folder, place.common.threads, place.log);
    return {std::move(outcome.files), outcome.rows, {{"certificate", std::move(outcome.certificate)}}};
  }

 private:
  /// From the file that the config names or this run stored, else on the way.
  [[nodiscard]] std::unique_ptr<offers::ScoredBatches> scored(const Workplace& place) const {
    const bool stored = scores_ || !scoring_ || (!alone_ && place.earlier.at("score").value("stored", true));
    if (!stored) return scoring_->live(place);
    std::unique_ptr<offers::ScoredBatches> file;
    parallel::together(place.comm, [&] {
      file =
          std::make_unique<offers::FileScores>(place.comm, scores_ ? *scores_ : place.directory / "scores/scores.h5");
    });
    return file;
  }

  combine::CombineSettings settings_;
  std::optional<std::filesystem::path> problem_, scores_;
  std::optional<Scoring> scoring_;
  bool alone_ = false;
};

}  // namespace

std::unique_ptr<Stage> make_combine(const settings::Config& config, bool alone) {
  return std::make_unique<Combine>(config, alone);
}

}  // namespace proffer::jobs
