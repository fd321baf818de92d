#include "offers/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "borrowers/decided_rows.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "offers/row_scorer.hpp"
#include "offers/score_file.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::offers {
namespace {

/// The rows of `batch` whose numbers are listed (offsets into the batch, ascending).
borrowers::Batch pick(const borrowers::Batch& batch, const std::vector<std::size_t>& wanted) {
  if (wanted.size() == batch.rows()) return batch;
  borrowers::Batch picked;
  picked.first_row = batch.first_row;
  picked.columns = batch.columns;
  for (std::size_t i : wanted) {
    picked.id.push_back(batch.id[i]);
    picked.unit.push_back(batch.unit[i]);
    picked.as_of.push_back(batch.as_of[i]);
    const auto row = batch.row(i);
    picked.features.insert(picked.features.end(), row.begin(), row.end());
  }
  return picked;
}

/// The ids valued by the second opinions too: a share of all borrowers by hash.
class SecondSample {
 public:
  SecondSample(std::uint64_t seed, std::uint64_t rows, std::uint64_t wanted)
      : seed_(seed),
        threshold_(rows <= wanted ? std::numeric_limits<std::uint64_t>::max()
                                  : static_cast<std::uint64_t>(
                                        0x1p64 * (static_cast<double>(wanted) / static_cast<double>(rows)))) {}
  [[nodiscard]] bool has(std::uint64_t id) const {
    return parallel::random_bits(seed_, id, parallel::purpose("offers.second_sample")) <= threshold_;
  }

 private:
  std::uint64_t seed_, threshold_;
};

std::vector<std::uint64_t> ids_of(const borrowers::BookReader& book, const std::vector<std::uint64_t>& rows,
                                  const parallel::RowRange& range, std::vector<std::int32_t>& as_of) {
  const auto all = book.table().read_rows<std::uint64_t>("/borrower/id", range.begin, range.size());
  const auto dates = book.table().read_rows<std::int32_t>("/borrower/as_of", range.begin, range.size());
  std::vector<std::uint64_t> ids;
  for (std::uint64_t row : rows) {
    ids.push_back(all[row - range.begin]);
    as_of.push_back(dates[row - range.begin]);
  }
  return ids;
}

/// Where this rank stands among all decided rows, and what its rows need besides the book.
struct Share {
  std::vector<std::uint64_t> rows;  // of the book, ascending
  std::vector<std::uint64_t> ids;
  borrowers::Existing existing;
  std::uint64_t first = 0, total = 0;                // in the score file
  std::uint64_t second_first = 0, second_total = 0;  // in its /second
};

Share share_of(const parallel::Communicator& comm, const borrowers::BookReader& book, bool with_second,
               const ScoreSettings& settings, std::uint64_t seed) {
  Share share;
  share.rows = borrowers::decided_rows(comm, book);
  share.first = parallel::sum_before(comm, share.rows.size());
  share.total = parallel::sum_over_ranks(comm, std::uint64_t{share.rows.size()});
  parallel::together(comm, [&] {
    std::vector<std::int32_t> as_of;
    share.ids = ids_of(book, share.rows, storage::rows_of_rank(comm, book.rows()), as_of);
    share.existing = borrowers::existing_of(book, share.ids, as_of);
  });
  if (!with_second) return share;
  const SecondSample sample(seed, share.total, settings.second_sample);
  std::uint64_t mine = 0;
  for (std::uint64_t id : share.ids) mine += sample.has(id) ? 1 : 0;
  share.second_first = parallel::sum_before(comm, mine);
  share.second_total = parallel::sum_over_ranks(comm, mine);
  return share;
}

void write_sampled(const RowScorer& scorer, const borrowers::Batch& batch, const SecondSample& sample,
                   ScoreWriter& writer, std::uint64_t& next) {
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < batch.rows(); ++i)
    if (sample.has(batch.id[i])) wanted.push_back(i);
  if (wanted.empty()) return;
  const borrowers::Batch sampled = pick(batch, wanted);
  SecondValues values;
  values.id = sampled.id;
  scorer.second_values(sampled, values.value);
  writer.write_second(next, values);
  next += values.id.size();
}

/// Scores and writes this rank's share, batch by batch.
void score_share(const borrowers::BookReader& book, const RowScorer& scorer, const Share& share,
                 const SecondSample& sample, std::uint64_t batch_rows, ScoreWriter& writer, Progress& progress) {
  ScoreRows out;
  std::uint64_t next_second = share.second_first;
  for (std::size_t done = 0; done < share.rows.size();) {
    const std::uint64_t first = share.rows[done];
    std::vector<std::size_t> wanted;
    while (done + wanted.size() < share.rows.size() && share.rows[done + wanted.size()] < first + batch_rows)
      wanted.push_back(share.rows[done + wanted.size()] - first);
    const borrowers::Batch batch = pick(book.read(first, wanted.back() + 1), wanted);
    const auto instalments = std::span(share.existing.instalment).subspan(done, wanted.size());
    scorer.score(batch, instalments, out);
    out.first_row = share.first + done;
    writer.write(out);
    if (share.second_total > 0) write_sampled(scorer, batch, sample, writer, next_second);
    done += wanted.size();
    progress.advance(wanted.size());
  }
}

}  // namespace

ScoreModels read_score_models(const std::filesystem::path& folder) {
  const auto maybe = [&](const char* name) -> std::optional<models::Model> {
    const std::filesystem::path path = folder / name;
    if (!std::filesystem::exists(path)) return std::nullopt;
    return models::read_model_file(path);
  };
  ScoreModels models{models::read_model_file(folder / "response.json"), maybe("booking.json"),
                     models::read_model_file(folder / "default.json"), maybe("fraud.json")};
  if (models.fraud && !models.fraud->offer_terms.empty())
    throw UsageError({fmt::format("{}: the fraud model has offer terms", (folder / "fraud.json").string()),
                      "fraud is scored once per borrower", "train it without offer_terms"});
  return models;
}

ScoreOutcome score(const parallel::Communicator& comm, const std::filesystem::path& population,
                   const ScoreModels& models, const ScoreSettings& settings, std::uint64_t seed, int threads,
                   std::uint64_t batch_rows, const std::filesystem::path& path, Log& log) {
  std::optional<borrowers::BookReader> book;
  std::optional<RowScorer> scorer;
  parallel::together(comm, [&] {
    book.emplace(population);
    scorer.emplace(*book, models, settings, threads);
  });
  const Share share = share_of(comm, *book, scorer->has_second() && settings.second_sample > 0, settings, seed);
  log.info(fmt::format("score: {} borrowers × {} offers", with_thousands(static_cast<long long>(share.total)),
                       settings.catalog.offers.size()));
  const ScoreSchema schema = scorer->schema(book->schema());
  ScoreWriter writer(comm, path, schema, share.total, share.second_total);
  const SecondSample sample(seed, share.total, settings.second_sample);
  Progress progress(log, "score", share.rows.size());
  parallel::together(comm, [&] { score_share(*book, *scorer, share, sample, batch_rows, writer, progress); });
  ScoreOutcome outcome;
  outcome.file = writer.publish();
  outcome.rows = share.total;
  outcome.assumptions = schema.assumptions;
  return outcome;
}

}  // namespace proffer::offers
