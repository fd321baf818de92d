#include "collections/treatments.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "borrowers/book.hpp"
#include "foundation/text.hpp"
#include "models/book_scorer.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::collections {
namespace {

constexpr std::uint64_t batch_rows = 4 * storage::block_rows;

/// What this rank's rows come to.
struct Gone {
  std::string lines;
  std::vector<std::uint64_t> cells;  ///< bands × steps
};

Gone go_over(const parallel::Communicator& comm, const borrowers::BookReader& book, const models::BookScorer& scorer,
             const CollectionSettings& settings) {
  const std::size_t column = book.schema().index_of(settings.days_column, "collections.days_past_due");
  Gone gone{{}, std::vector<std::uint64_t>(settings.bands.size() * settings.days.size(), 0)};
  const parallel::RowRange mine = storage::rows_of_rank(comm, book.rows());
  for (std::uint64_t first = mine.begin; first < mine.end; first += batch_rows) {
    const borrowers::Batch batch = book.read(first, std::min(batch_rows, mine.end - first));
    const std::vector<double> probability = scorer.probabilities(batch);
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      const auto days = static_cast<double>(batch.row(i)[column]);
      const std::size_t step = step_of(settings, days);
      if (step == nothing_due) continue;
      const std::size_t at = band_of(settings, probability[i]);
      const Band& band = settings.bands[at];
      ++gone.cells[at * settings.days.size() + step];
      gone.lines += std::to_string(batch.id[i]) + "," + shortest(days) + "," + shortest(probability[i]) + "," +
                    shortest(std::round(settings.scale.score(probability[i]))) + "," + csv_cell(band.name) + "," +
                    csv_cell(band.treatments[step]) + "\n";
    }
  }
  return gone;
}

std::string table_json(const CollectionSettings& settings, const models::Model& model,
                       const std::vector<std::uint64_t>& cells) {
  nlohmann::json table = nlohmann::json::array();
  for (std::size_t band = 0; band < settings.bands.size(); ++band)
    for (std::size_t step = 0; step < settings.days.size(); ++step)
      table.push_back({{"band", settings.bands[band].name},
                       {"probability_from", settings.bands[band].from},
                       {"days_from", settings.days[step]},
                       {"treatment", settings.bands[band].treatments[step]},
                       {"accounts", cells[band * settings.days.size() + step]}});
  return nlohmann::json({{"model", model.name}, {"horizon_months", model.horizon_months}, {"table", table}}).dump(2) +
         "\n";
}

Band read_band(const std::string& name, const settings::Section& section, std::size_t steps) {
  Band band;
  band.name = name;
  band.from = section.number(
      "from", {.doc = "probability from which the band begins; of the first 0", .fallback = 0, .min = 0, .max = 1});
  band.treatments = section.texts("treatments", {.doc = "what is done, one entry for each step of days"});
  if (band.treatments.size() != steps && !section.for_reference())
    throw section.error("treatments", "band " + name + " has " + std::to_string(band.treatments.size()) + " treatments",
                        "there are " + std::to_string(steps) + " steps of days", "give one for each");
  return band;
}

void check(const CollectionSettings& read, const settings::Section& section) {
  if (read.days.empty() || !std::ranges::is_sorted(read.days, std::less_equal<>()))
    throw section.error(read.days.empty() ? "" : "days", "days are not a rising list",
                        "each step begins where the last ends", "for example days: [1, 30, 60]");
  if (read.bands.empty())
    throw section.error("", "there are no bands", "a treatment depends on the behavioural PD",
                        "add bands: {all: {treatments: [...]}}");
  for (std::size_t b = 0; b < read.bands.size(); ++b)
    if (b == 0 ? read.bands[b].from != 0 : read.bands[b].from <= read.bands[b - 1].from)
      throw section.error("bands", "the bands do not follow each other",
                          "the first begins at 0, each later one above the one before",
                          "correct from of " + read.bands[b].name);
}

}  // namespace

double ScoreScale::score(double probability) const {
  const double odds = (1 - probability) / probability;
  return base_score + pdo / std::log(2.0) * (std::log(odds) - std::log(base_odds));
}

CollectionSettings read_collections(const settings::Section& section) {
  CollectionSettings read;
  read.days_column = section.text("days_past_due", {.doc = "column of the book", .fallback = "days_past_due"});
  read.days = section.integers(
      "days", {.doc = "days past due from which each step of treatment begins", .min = 1, .max = 100000});
  for (const auto& [name, band] : section.named("bands", "bands of the model's probability, by rising probability"))
    read.bands.push_back(read_band(name, band, read.days.size()));
  const settings::Section scale = section.section("score", "scale of the behavioural score");
  read.scale.base_score = scale.number("base_score", {.doc = "points at base_odds", .fallback = 600});
  read.scale.base_odds = scale.number("base_odds", {.doc = "good : bad", .fallback = 50, .min = 1e-6, .max = 1e9});
  read.scale.pdo = scale.number("pdo", {.doc = "points that double the odds", .fallback = 20, .min = 1e-6, .max = 1e6});
  if (!section.for_reference()) check(read, section);
  return read;
}

std::size_t step_of(const CollectionSettings& settings, double days) {
  std::size_t step = nothing_due;
  for (std::size_t s = 0; s < settings.days.size() && days >= static_cast<double>(settings.days[s]); ++s) step = s;
  return step;
}

std::size_t band_of(const CollectionSettings& settings, double probability) {
  std::size_t band = 0;
  while (band + 1 < settings.bands.size() && probability >= settings.bands[band + 1].from) ++band;
  return band;
}

Treated treat_accounts(const parallel::Communicator& comm, const std::filesystem::path& book_path,
                       const models::Model& model, const CollectionSettings& settings,
                       const std::filesystem::path& folder, Log& log) {
  std::optional<borrowers::BookReader> book;
  Gone gone;
  parallel::together(comm, [&] {
    book.emplace(book_path);
    gone = go_over(comm, *book, models::BookScorer(model, book->schema()), settings);
  });
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(gone.cells));
  const std::vector<char> all = parallel::gather(comm, std::span<const char>(gone.lines));
  Treated treated;
  treated.rows = book->rows();
  for (const std::uint64_t accounts : gone.cells) treated.past_due += accounts;
  treated.files.push_back(storage::publish_text(
      comm, folder / "collections.csv",
      "id,days_past_due,probability,score,band,treatment\n" + std::string(all.begin(), all.end())));
  treated.files.push_back(
      storage::publish_text(comm, folder / "collections.json", table_json(settings, model, gone.cells)));
  log.info("collections: " + with_thousands(static_cast<long long>(treated.past_due)) + " of " +
           with_thousands(static_cast<long long>(treated.rows)) + " accounts are past due");
  return treated;
}

}  // namespace proffer::collections
