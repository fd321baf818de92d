// run: every stage that the config has a section for, in the order in which the data goes.
#include "jobs/stage.hpp"
#include "jobs/summary.hpp"

namespace proffer::jobs {

ExitCode run(const Context& context) {
  return run_stages(context, [](const settings::Config& config) {
    const settings::Section root = config.root();
    const bool reference = root.for_reference();
    std::vector<MakeStage> makers;
    if (root.has("generate") || reference) makers.emplace_back(make_generate);
    if (root.has("ingest") || reference) makers.emplace_back(make_ingest);
    if (root.has("links") || reference) makers.emplace_back(make_links);
    if (root.has("enrich") || reference) makers.emplace_back(make_enrich);
    if (root.has("train") || reference) makers.emplace_back(make_train);
    if (root.has("collections") || reference) makers.emplace_back(make_collections);
    if (root.has("catalog") || reference) makers.emplace_back(make_score);
    if (root.has("combine") || reference) makers.emplace_back(make_combine);
    if (root.has("review") || reference) makers.emplace_back(make_review);
    if (root.has("frontier") || reference) makers.emplace_back(make_frontier);
    if (root.has("sensitivity") || reference) makers.emplace_back(make_sensitivity);
    if (makers.empty())
      throw UsageError({config.file().string() + ": nothing to run",
                        "none of the sections generate, ingest, train, catalog, combine is there",
                        "start from configs/demo.yaml"});
    makers.emplace_back(make_summary);
    return makers;
  });
}

}  // namespace proffer::jobs
