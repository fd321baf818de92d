#include "jobs/list_inputs.hpp"

#include "offers/file_scores.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {

ListInputs read_list_inputs(const settings::Config& config, const settings::Section& section, bool alone) {
  ListInputs list;
  list.settings = combine::read_combine(section);
  list.problem = section.maybe_path("problem", {.doc = "an allocation-problem file, instead of scores and limits"});
  list.scores = section.maybe_path("scores", {.doc = "score file; absent: the one this run made (scores/scores.h5)"});
  const auto segment = section.maybe_text("segment", {.doc = "categorical feature whose labels limits may name"});
  const auto monitor = section.maybe_text(
      "monitor", {.doc = "categorical column whose groups limits with measure impact_ratio compare"});
  list.alone = alone;
  if (section.for_reference()) return list;
  if (list.problem &&
      (list.scores || !list.settings.limits.empty() || !list.settings.scenarios.empty() || list.settings.previous ||
       list.settings.cells.control > 0 || list.settings.cells.exploration > 0))
    throw section.error("problem", "both a problem file and scores or limits are given",
                        "a problem file brings its own limits", "remove one of them");
  const settings::Section root = config.root();
  if (!list.problem && !list.scores && root.has("catalog"))
    list.scoring = read_scoring(config, root.section("score", "where the inputs of scoring come from"),
                                segment.value_or(""), monitor.value_or(""));
  if (alone && !list.problem && !list.scores && !(list.scoring && list.scoring->population && list.scoring->models))
    throw section.error("scores", "no scores are named", "combine runs alone",
                        "add combine.scores or combine.problem, or score.population, score.models and a catalog, or "
                        "use proffer run");
  return list;
}

std::vector<Input> ListInputs::inputs() const {
  if (problem) return {{"combine.problem", *problem}};
  std::vector<Input> named;
  if (scores) named = {{"combine.scores", *scores}};
  if (!scores && alone) named = scoring->inputs();  // in a run they are the score stage's
  if (settings.previous) named.push_back({"combine.previous", *settings.previous});
  if (settings.start_from) named.push_back({"combine.start_from", *settings.start_from});
  return named;
}

std::unique_ptr<offers::ScoredBatches> ListInputs::scored(const Workplace& place) const {
  const bool stored = scores || !scoring || (!alone && place.earlier.at("score").value("stored", true));
  if (!stored) return scoring->live(place);
  std::unique_ptr<offers::ScoredBatches> file;
  parallel::together(place.comm, [&] {
    file = std::make_unique<offers::FileScores>(place.comm, scores ? *scores : place.directory / "scores/scores.h5");
  });
  return file;
}

combine::CombineSettings ListInputs::settings_in(const Workplace& place) const {
  combine::CombineSettings seeded = settings;
  seeded.seed = place.common.seed;
  return seeded;
}

}  // namespace proffer::jobs
