// links: books with what their rows share (devices, phones, addresses) as columns.
#include "links/linked_book.hpp"

#include <string>

#include "jobs/config_section.hpp"
#include "jobs/copied_books.hpp"
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
    named_ = CopiedBooks(section, "links", alone,
                         "book with links; the rows of both are one history; absent: the one this run made");
  }
  [[nodiscard]] std::string_view name() const override { return "links"; }
  [[nodiscard]] std::vector<Input> inputs() const override { return named_.inputs(); }
  StageResult run(Workplace& place) override {
    std::vector<links::LinkedCopy> books;
    for (const char* name : copied_books) {
      const auto named = named_.named(name);
      const std::filesystem::path from = named.value_or(place.directory / ("books/" + std::string(name) + ".h5"));
      if (named || std::filesystem::exists(from)) books.push_back({from, place.directory / linked_name(name)});
    }
    if (books.empty()) throw parallel::AgreedError(ExitCode::bad_usage, named_.none());
    links::LinkedBooks linked = links::link_books(place.comm, books, settings_, place.log);
    return {std::move(linked.files),
            linked.rows,
            {{"sharing", linked.sharing}, {"with_fraud", linked.with_fraud}, {"largest", linked.largest}}};
  }

 private:
  links::LinkSettings settings_;
  CopiedBooks named_;
};

}  // namespace

std::unique_ptr<Stage> make_links(const settings::Config& config, bool alone) {
  return std::make_unique<Links>(config, alone);
}

}  // namespace proffer::jobs
