// train: fits the models that a config names.
#include "models/train.hpp"

#include "jobs/config_section.hpp"
#include "jobs/made_book.hpp"
#include "jobs/stage.hpp"

namespace proffer::jobs {
namespace {

class Train : public Stage {
 public:
  Train(const settings::Config& config, bool alone) {
    const settings::Section section = stage_section(config, alone, "train", "models and how they are trained");
    settings_ = models::read_train(section);
    book_ = section.maybe_path("book", {.doc = "training book; absent: the one this run made (books/training.h5)"});
    if (alone && !book_ && !section.for_reference())
      throw section.error("book", "no book to train on is named", "train runs alone",
                          "add train.book, or use proffer run");
  }
  [[nodiscard]] std::string_view name() const override { return "train"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    std::vector<Input> inputs;
    if (book_) inputs.push_back({"train.book", *book_});
    if (settings_.look_alike) inputs.push_back({"train.look_alike.book", settings_.look_alike->book});
    for (const models::ModelSettings& model : settings_.models)
      if (model.continues) inputs.push_back({"train.models." + model.name + ".continues", *model.continues});
    return inputs;
  }
  StageResult run(Workplace& place) override {
    const std::filesystem::path book = book_ ? *book_ : made_book(place.directory.path(), "training");
    models::TrainOutcome outcome = models::train_all(
        place.comm, book, settings_, place.common.seed, place.common.threads, place.directory.path(), place.log,
        {place.directory.manifest().value("software", ""), place.directory.manifest().value("config_hash", ""),
         place.directory.recorded_digest(book)});
    return {std::move(outcome.files), outcome.rows, {{"metrics", std::move(outcome.metrics)}}};
  }

 private:
  models::TrainSettings settings_;
  std::optional<std::filesystem::path> book_;
};

}  // namespace

std::unique_ptr<Stage> make_train(const settings::Config& config, bool alone) {
  return std::make_unique<Train>(config, alone);
}

}  // namespace proffer::jobs
