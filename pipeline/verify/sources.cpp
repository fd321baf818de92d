#include "verify/sources.hpp"

#include "foundation/error.hpp"

namespace proffer::verify {
namespace {

namespace fs = std::filesystem;

fs::path run_folder(const fs::path& list_or_run) {
  if (fs::is_directory(list_or_run)) return list_or_run;
  if (!fs::exists(list_or_run)) throw UsageError({list_or_run.string() + " does not exist", "", "check the path"});
  return fs::absolute(list_or_run).parent_path().parent_path();
}

RecordedFile made_by_combine(const RecordedRun& run, const std::string& path) {
  const auto file = run.made(path);
  if (!file)
    throw UsageError({run.folder().string() + " holds no list", "its manifest names no " + path,
                      "name a run whose combine stage is complete"});
  return *file;
}

/// The run that made the scores: this one, or the one in whose folder the score file lies.
RecordedRun scoring_run(const RecordedRun& run) {
  const auto scores = run.input("combine.scores");
  if (!scores) return run;
  const fs::path folder = fs::absolute(scores->path).parent_path().parent_path();
  if (fs::exists(folder / "manifest.json")) {
    RecordedRun other(folder);
    const auto made = other.made("scores/scores.h5");
    if (made && made->sha256 == scores->sha256) return other;
  }
  throw DataError({"the run that made " + scores->path.string() + " is not to be found",
                   "a list is recomputed from the book and the models that its manifest names",
                   "put the score file back into its run directory"});
}

std::optional<RecordedFile> first_of(std::initializer_list<std::optional<RecordedFile>> files) {
  for (const auto& file : files)
    if (file) return file;
  return std::nullopt;
}

void add_scoring(Sources& sources) {
  const RecordedRun& scoring = sources.scoring;
  sources.population = first_of({scoring.input("score.population"), scoring.made("books/population.enriched.h5"),
                                 scoring.made("books/population.linked.h5"), scoring.made("books/population.h5"),
                                 scoring.made("books/training.enriched.h5"), scoring.made("books/training.linked.h5"),
                                 scoring.made("books/training.h5")});
  sources.suppression = scoring.input("policy.suppression");
  for (const std::string name : {"response", "booking", "default", "fraud"})
    if (const auto file =
            first_of({scoring.input("score.models." + name + ".json"), scoring.made("models/" + name + ".json")}))
      sources.models.emplace(name, *file);
  if (scoring.settings().has("economics.without_contact.model")) {
    const std::string name = scoring.settings().text("economics.without_contact.model") + ".control.json";
    if (const auto file = first_of({scoring.input("score.models." + name), scoring.made("models/" + name)}))
      sources.models.emplace("without_contact", *file);
  }
  if (!sources.population || !sources.models.contains("response") || !sources.models.contains("default"))
    throw DataError({scoring.manifest().string() + " does not say what was scored", "it names no population or models",
                     "restore the run directory"});
}

}  // namespace

std::vector<RecordedFile> Sources::files() const {
  std::vector<RecordedFile> files{list, certificate};
  if (!csv.path.empty()) files.push_back(csv);
  for (const auto& file : {problem, scores, population, suppression, previous})
    if (file) files.push_back(*file);
  for (const auto& [name, file] : models) files.push_back(file);
  return files;
}

std::string Sources::combine_prefix() const {
  return run.settings().has("combine.gap_tolerance") ? "combine." : "";
}

Sources find_sources(const fs::path& list_or_run) {
  RecordedRun run(run_folder(list_or_run));
  if (!run.complete("combine"))
    throw UsageError({run.folder().string() + " holds no list", "its combine stage is not complete",
                      "finish the run with --resume"});
  Sources sources{run, run, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  sources.certificate = made_by_combine(sources.run, "offers/certificate.json");
  sources.problem = sources.run.input("combine.problem");
  if (sources.problem) {
    sources.list = made_by_combine(sources.run, "offers/choice.h5");
    return sources;
  }
  sources.list = made_by_combine(sources.run, "offers/offers.h5");
  sources.csv = made_by_combine(sources.run, "offers/offers.csv");
  sources.previous = sources.run.input("combine.previous");
  sources.scores = first_of({sources.run.input("combine.scores"), sources.run.made("scores/scores.h5")});
  sources.scoring = scoring_run(sources.run);
  add_scoring(sources);
  return sources;
}

}  // namespace proffer::verify
