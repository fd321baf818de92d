// collections: what is to be done about accounts past due.
#include "collections/treatments.hpp"

#include <optional>
#include <string>

#include "jobs/config_section.hpp"
#include "jobs/made_book.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {
namespace {

class Collections : public Stage {
 public:
  Collections(const settings::Config& config, bool alone) {
    const settings::Section section =
        stage_section(config, alone, "collections", "what is to be done about accounts past due");
    settings_ = collections::read_collections(section);
    name_of_model_ = section.text(
        "model", {.doc = "name of the model of delinquent that this run trained", .fallback = "behaviour"});
    model_ = section.maybe_path("model_file", {.doc = "or: its file"});
    book_ = section.maybe_path("book", {.doc = "accounts, one date; absent: the population book of this run"});
    if (alone && (!book_ || !model_) && !section.for_reference())
      throw section.error("", "collections needs book and model_file", "it runs alone",
                          "add collections.book and collections.model_file, or use proffer run");
  }
  [[nodiscard]] std::string_view name() const override { return "collections"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    std::vector<Input> inputs;
    if (book_) inputs.push_back({"collections.book", *book_});
    if (model_) inputs.push_back({"collections.model_file", *model_});
    return inputs;
  }
  StageResult run(Workplace& place) override {
    models::Model model;
    parallel::together(place.comm, [&] {
      model = models::read_model_file(model_ ? *model_ : place.directory / ("models/" + name_of_model_ + ".json"));
      if (model.target != models::Target::delinquent)
        throw UsageError({"model " + model.name + " is about " + std::string(models::name_of(model.target)),
                          "a treatment depends on whether an account goes bad", "name a model of delinquent"});
    });
    collections::Treated treated =
        collections::treat_accounts(place.comm, book_ ? *book_ : made_population(place.directory.path()), model,
                                    settings_, place.directory / "collections", place.log);
    return {std::move(treated.files), treated.rows, {{"past_due", treated.past_due}}};
  }

 private:
  collections::CollectionSettings settings_;
  std::string name_of_model_;
  std::optional<std::filesystem::path> book_, model_;
};

}  // namespace

std::unique_ptr<Stage> make_collections(const settings::Config& config, bool alone) {
  return std::make_unique<Collections>(config, alone);
}

}  // namespace proffer::jobs
