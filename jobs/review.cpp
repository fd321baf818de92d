// review: how monitored groups fare on a finished list, and what a declined borrower is told.
#include "combine/list_review.hpp"
#include "jobs/config_section.hpp"
#include "jobs/made_book.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {
namespace {

class ReviewStage : public Stage {
 public:
  ReviewStage(const settings::Config& config, bool alone) {
    const settings::Section section =
        stage_section(config, alone, "review", "a finished list: groups compared, and reasons for those declined");
    settings_.groups = models::read_grouping(section);
    settings_.reasons =
        models::read_reasons(section.section("reasons", "what speaks against a borrower, in words of a letter"));
    list_ = section.maybe_path("list", {.doc = "the list; absent: the one this run made (offers/offers.h5)"});
    book_ = section.maybe_path("book", {.doc = "the book that was scored; absent: the one this run made"});
    model_ = section.maybe_path("model", {.doc = "the default model; absent: the one this run trained"});
    if (section.for_reference() || !alone || (list_ && book_ && model_)) return;
    throw section.error(list_ ? (book_ ? "model" : "book") : "list", "list, book and model are not all named",
                        "review runs alone", "add them, or use proffer run");
  }
  [[nodiscard]] std::string_view name() const override { return "review"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    std::vector<Input> inputs;
    if (list_) inputs.push_back({"review.list", *list_});
    if (book_) inputs.push_back({"review.book", *book_});
    if (model_) inputs.push_back({"review.model", *model_});
    return inputs;
  }
  StageResult run(Workplace& place) override {
    const auto made = [&](const char* name) { return place.directory / name; };
    const std::filesystem::path population = made_population(place.directory.path());
    models::Model model;
    parallel::together(place.comm,
                       [&] { model = models::read_model_file(model_ ? *model_ : made("models/default.json")); });
    combine::Review review =
        combine::review_list(place.comm, list_ ? *list_ : made("offers/offers.h5"), book_ ? *book_ : population, model,
                             settings_, place.directory / "offers");
    return {std::move(review.files), review.rows, {{"explained", review.explained}}};
  }

 private:
  combine::ReviewSettings settings_;
  std::optional<std::filesystem::path> list_, book_, model_;
};

}  // namespace

std::unique_ptr<Stage> make_review(const settings::Config& config, bool alone) {
  return std::make_unique<ReviewStage>(config, alone);
}

}  // namespace proffer::jobs
