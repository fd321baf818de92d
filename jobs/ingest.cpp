// ingest: CSV files to books. Alone, the config is the mapping; in a run, `ingest` names mapping files.
#include "borrowers/ingest.hpp"

#include <fmt/format.h>

#include <optional>

#include "foundation/text.hpp"
#include "jobs/stage.hpp"
#include "parallel/agreement.hpp"
#include "storage/publish.hpp"

namespace proffer::jobs {
namespace {

struct Book {
  std::string name;  // training, population, or the name of the mapping file
  borrowers::Mapping mapping;
  std::optional<std::filesystem::path> mapping_file;
};

nlohmann::json facts_of(const borrowers::IngestResult& result) {
  nlohmann::json facts = {{"read", result.read}, {"kept", result.kept}, {"rejected", result.rejected}};
  for (const borrowers::OutcomeCounts& counts : result.outcomes)
    facts["outcomes"][counts.name] = {{"no", counts.no},
                                      {"yes", counts.yes},
                                      {"excluded", counts.excluded},
                                      {"indeterminate", counts.indeterminate},
                                      {"unknown", counts.unknown}};
  return facts;
}

class Ingest : public Stage {
 public:
  Ingest(const settings::Config& config, bool alone) {
    if (alone) {
      books_.push_back({"book", borrowers::read_mapping(config.root()), {}});
      return;
    }
    const settings::Section section = config.root().section("ingest", "books made from CSV files");
    for (const char* name : {"training", "population"}) {
      const auto file = section.maybe_path(name, {.doc = "mapping file of this book"});
      if (!file || section.for_reference()) continue;
      const settings::Config mapping = settings::Config::from_text(storage::read_text_file(*file), file->string());
      books_.push_back({name, borrowers::read_mapping(mapping.root()), file});
      mapping.refuse_unread();
    }
    if (books_.empty() && !section.for_reference())
      throw section.error("", "ingest names no mapping", "there is nothing to make books from",
                          "add ingest.training: data/MAPPING.yaml");
  }
  [[nodiscard]] std::string_view name() const override { return "ingest"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    std::vector<Input> inputs;
    for (const Book& book : books_) {
      if (book.mapping_file) inputs.push_back({"ingest." + book.name, *book.mapping_file});
      int number = 0;
      for (const auto& path : borrowers::inputs_of(book.mapping))
        inputs.push_back({fmt::format("ingest.{}.csv{}", book.name, number++), path});
    }
    return inputs;
  }
  StageResult run(Workplace& place) override {
    StageResult result;
    for (const Book& book : books_) {
      const std::filesystem::path path = place.directory / ("books/" + book.name + ".h5");
      const borrowers::IngestResult made = borrowers::ingest(place.comm, book.mapping, path, place.log);
      place.log.info(fmt::format("ingest: {}: {} rows read, {} kept, {} rejected{}", book.name,
                                 with_thousands(static_cast<long long>(made.read)),
                                 with_thousands(static_cast<long long>(made.kept)),
                                 with_thousands(static_cast<long long>(made.rejected)),
                                 made.rejected > 0 ? " (see " + made.rejects.string() + ")" : ""));
      result.files.push_back(made.book);
      result.rows += made.kept;
      result.facts[book.name] = facts_of(made);
    }
    return result;
  }

 private:
  std::vector<Book> books_;
};

}  // namespace

std::unique_ptr<Stage> make_ingest(const settings::Config& config, bool alone) {
  return std::make_unique<Ingest>(config, alone);
}

}  // namespace proffer::jobs
