// enrich: scores of models trained before, as columns of the books.
#include "models/enrich.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "jobs/config_section.hpp"
#include "jobs/copied_books.hpp"
#include "jobs/made_book.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {
namespace {

class Enrich : public Stage {
 public:
  Enrich(const settings::Config& config, bool alone) {
    const settings::Section section =
        stage_section(config, alone, "enrich", "scores of models trained before, as columns of the books");
    scores_ = models::read_enrich(section);
    books_ =
        CopiedBooks(section, "enrich", alone, "book to be copied with these columns; absent: the one this run made");
  }
  [[nodiscard]] std::string_view name() const override { return "enrich"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    std::vector<Input> inputs = books_.inputs();
    for (const models::ScoreColumn& score : scores_) inputs.push_back({"enrich.models." + score.name, score.file});
    return inputs;
  }
  StageResult run(Workplace& place) override {
    StageResult result;
    for (const char* name : copied_books) {
      const auto named = books_.named(name);
      const std::filesystem::path made_before = unenriched_book(place.directory.path(), name);
      const bool made_here = std::filesystem::exists(made_before);
      if (!named && !made_here) continue;
      if (named && made_here)
        throw parallel::AgreedError(ExitCode::bad_usage,
                                    {fmt::format("enrich.{} names a book", name), "this run has made one of that name",
                                     fmt::format("remove enrich.{}", name)});
      models::EnrichedBook made =
          models::enrich_book(place.comm, named.value_or(made_before), scores_, place.directory / enriched_name(name),
                              place.common.threads, place.log);
      result.rows += made.rows;
      result.files.push_back(std::move(made.file));
      for (const models::EnrichedColumn& column : made.columns)
        result.facts[name][column.name] = {{"known_from", column.from}, {"rows_too_early", column.early}};
    }
    if (result.files.empty()) throw parallel::AgreedError(ExitCode::bad_usage, books_.none());
    return result;
  }

 private:
  std::vector<models::ScoreColumn> scores_;
  CopiedBooks books_;
};

}  // namespace

std::unique_ptr<Stage> make_enrich(const settings::Config& config, bool alone) {
  return std::make_unique<Enrich>(config, alone);
}

}  // namespace proffer::jobs
