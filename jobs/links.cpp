// links: books with what their rows share (devices, phones, addresses) as columns.
#include "links/linked_book.hpp"

#include <algorithm>
#include <string>

#include "jobs/config_section.hpp"
#include "jobs/made_book.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"

namespace proffer::jobs {
namespace {

class Links : public Stage {
 public:
  Links(const settings::Config& config, bool alone) {
    const settings::Section section =
        stage_section(config, alone, "links", "what rows share (devices, phones …), as columns of the books");
    settings_ = links::read_links(section);
    for (const char* name : {"training", "population"})
      if (const auto book = section.maybe_path(
              name, {.doc = "book with links; the rows of both are one history; absent: the one this run made"}))
        named_.push_back({name, *book});
    if (alone && named_.empty() && !section.for_reference())
      throw section.error("training", "no book is named", "links runs alone",
                          "add links.training and links.population, or use proffer run");
  }
  [[nodiscard]] std::string_view name() const override { return "links"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    std::vector<Input> inputs;
    for (const auto& [name, book] : named_) inputs.push_back({"links." + name, book});
    return inputs;
  }
  StageResult run(Workplace& place) override {
    std::vector<links::LinkedCopy> books;
    for (const char* name : {"training", "population"}) {
      const auto named = std::ranges::find(named_, name, &Input::name);
      const std::filesystem::path from =
          named != named_.end() ? named->path : place.directory / ("books/" + std::string(name) + ".h5");
      if (named != named_.end() || std::filesystem::exists(from))
        books.push_back({from, place.directory / linked_name(name)});
    }
    if (books.empty())
      throw parallel::AgreedError(ExitCode::bad_usage, {"links has no book", "the run made none and links names none",
                                                        "add generate, ingest or links.training"});
    links::LinkedBooks linked = links::link_books(place.comm, books, settings_, place.log);
    return {std::move(linked.files),
            linked.rows,
            {{"sharing", linked.sharing}, {"with_fraud", linked.with_fraud}, {"largest", linked.largest}}};
  }

 private:
  links::LinkSettings settings_;
  std::vector<Input> named_;
};

}  // namespace

std::unique_ptr<Stage> make_links(const settings::Config& config, bool alone) {
  return std::make_unique<Links>(config, alone);
}

}  // namespace proffer::jobs
