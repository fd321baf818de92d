// combine: scores and the lender's limits to an approve-and-offer list; or a bare allocation problem to a choice.
#include "combine/combine.hpp"

#include "jobs/config_section.hpp"
#include "jobs/stage.hpp"

namespace proffer::jobs {
namespace {

class Combine : public Stage {
 public:
  Combine(const settings::Config& config, bool alone) {
    const settings::Section section = stage_section(config, alone, "combine", "limits and how they are met");
    settings_ = combine::read_combine(section);
    problem_ = section.maybe_path("problem", {.doc = "an allocation-problem file, instead of scores and limits"});
    scores_ = section.maybe_path("scores", {.doc = "score file; absent: the one this run made (scores/scores.h5)"});
    // What score reads of this section.
    (void)section.maybe_text("segment", {.doc = "categorical feature whose labels limits may name"});
    if (section.for_reference()) return;
    if (problem_ && (scores_ || !settings_.limits.empty()))
      throw section.error("problem", "both a problem file and scores or limits are given",
                          "a problem file brings its own limits", "remove one of them");
    if (alone && !problem_ && !scores_)
      throw section.error("scores", "no scores are named", "combine runs alone",
                          "add combine.scores or combine.problem, or use proffer run");
  }
  [[nodiscard]] std::string_view name() const override { return "combine"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    if (problem_) return {{"combine.problem", *problem_}};
    return scores_ ? std::vector<Input>{{"combine.scores", *scores_}} : std::vector<Input>{};
  }
  StageResult run(Workplace& place) override {
    const std::filesystem::path folder = place.directory / "offers";
    combine::Outcome outcome =
        problem_ ? combine::combine_problem(place.comm, *problem_, settings_, folder, place.common.threads, place.log)
                 : combine::combine_scores(place.comm, scores_ ? *scores_ : place.directory / "scores/scores.h5",
                                           settings_, folder, place.common.threads, place.log);
    return {std::move(outcome.files), outcome.rows, {{"certificate", std::move(outcome.certificate)}}};
  }

 private:
  combine::CombineSettings settings_;
  std::optional<std::filesystem::path> problem_, scores_;
};

}  // namespace

std::unique_ptr<Stage> make_combine(const settings::Config& config, bool alone) {
  return std::make_unique<Combine>(config, alone);
}

}  // namespace proffer::jobs
