#include "combine/list_review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "borrowers/decided_rows.hpp"
#include "combine/decision.hpp"
#include "features/binning.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/book_scorer.hpp"
#include "models/fairness.hpp"
#include "models/inputs.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

constexpr std::uint64_t batch_rows = 4 * storage::block_rows;

std::uint8_t code_of(const std::vector<std::string>& labels, const std::string& label) {
  const auto found = std::ranges::find(labels, label);
  return found == labels.end() ? borrowers::no_code : static_cast<std::uint8_t>(found - labels.begin());
}

/// Inputs of a model from rows of a book and the offers of a list.
class Explainer {
 public:
  Explainer(const models::Model& model, const models::ReasonSettings& settings, const borrowers::Schema& schema,
            const storage::TableReader& list)
      : model_(model),
        reasons_(model, settings),
        encoder_(model.bins),
        columns_(model.features, model.dictionaries, schema, "model " + model.name) {
    read_offers(list);
  }

  [[nodiscard]] const std::vector<models::Concept>& concepts() const { return reasons_.concepts(); }

  [[nodiscard]] std::array<std::uint16_t, models::most_reasons> against(const borrowers::Batch& batch,
                                                                        std::size_t i) const {
    std::vector<float> inputs(model_.inputs());
    columns_.fill(batch, i, inputs);
    std::vector<std::uint8_t> codes(inputs.size()), best;
    float lowest = std::numeric_limits<float>::infinity();
    for (const models::OfferTerms& offer : offers_) {
      for (std::size_t t = 0; t < model_.offer_terms.size(); ++t)
        inputs[columns_.size() + t] = models::input_value(offer, model_.offer_terms[t]);
      encoder_.encode(inputs, codes);
      const float margin = boosting::margin(model_.forest, codes);
      if (!best.empty() && !(margin < lowest)) continue;
      lowest = margin;
      best = codes;
    }
    return reasons_.against(best);
  }

 private:
  void read_offers(const storage::TableReader& list) {
    if (model_.offer_terms.empty()) {
      offers_.emplace_back();
      return;
    }
    const auto products = list.texts("/catalog/products"), channels = list.texts("/catalog/channels");
    const auto count = list.info("/catalog/limit").shape.rows();
    const auto product = list.read_rows<std::uint8_t>("/catalog/product", 0, count);
    const auto channel = list.read_rows<std::uint8_t>("/catalog/channel", 0, count);
    const auto limit = list.read_rows<double>("/catalog/limit", 0, count);
    const auto apr =
        list.read_rows<double>(list.has("/catalog/asked_apr") ? "/catalog/asked_apr" : "/catalog/apr", 0, count);
    const auto term = list.read_rows<std::uint16_t>("/catalog/term", 0, count);
    for (std::size_t j = 0; j < count; ++j) {
      models::OfferTerms terms;
      terms.product = code_of(model_.products, products[product[j]]);
      terms.channel = code_of(model_.channels, channels[channel[j]]);
      terms.limit = limit[j];
      terms.apr = terms.contract_apr = static_cast<float>(apr[j]);
      terms.term = term[j];
      offers_.push_back(terms);
    }
  }

  const models::Model& model_;
  models::ModelReasons reasons_;
  features::Encoder encoder_;
  models::NamedColumns columns_;
  std::vector<models::OfferTerms> offers_;
};

/// What this rank's part of book and list comes to.
struct Gone {
  std::vector<float> monitored;
  std::vector<std::uint8_t> offered, not_declined;
  std::string lines;
  std::uint64_t explained = 0;
};

void add_line(std::uint64_t id, const std::array<std::uint16_t, models::most_reasons>& against,
              const std::vector<models::Concept>& concepts, Gone& gone) {
  gone.lines += std::to_string(id);
  for (const std::uint16_t one : against)
    gone.lines += one == models::no_concept
                      ? std::string(",,")
                      : fmt::format(",{},{}", csv_cell(concepts[one].name), csv_cell(concepts[one].phrase));
  gone.lines += '\n';
  ++gone.explained;
}

bool is_decline(std::uint8_t code) {
  const auto decision = static_cast<Decision>(code);
  return decision == Decision::policy_decline || decision == Decision::model_decline ||
         decision == Decision::fraud_refer;
}

/// Goes over this rank's decided rows of the book beside their rows of the list, which begin at `first`.
Gone go_over(const borrowers::BookReader& book, const storage::TableReader& list,
             const std::vector<std::uint64_t>& rows, std::uint64_t first, std::span<const std::size_t> columns,
             const Explainer& explainer) {
  Gone gone;
  for (std::size_t done = 0; done < rows.size();) {
    std::size_t end = done;
    while (end < rows.size() && rows[end] < rows[done] + batch_rows) ++end;
    const borrowers::Batch batch = book.read(rows[done], rows[end - 1] - rows[done] + 1);
    const auto ids = list.read_rows<std::uint64_t>("/borrower/id", first + done, end - done);
    const auto codes = list.read_rows<std::uint8_t>("/decision/code", first + done, end - done);
    for (std::size_t at = done; at < end; ++at) {
      const std::size_t i = rows[at] - rows[done];
      if (batch.id[i] != ids[at - done])
        throw DataError({fmt::format("row {} of the list is not the borrower {} of the book", first + at, batch.id[i]),
                         "list and book do not belong together", "name the book that was scored"});
      const std::uint8_t code = codes[at - done];
      gone.offered.push_back(static_cast<Decision>(code) == Decision::offered ? 1 : 0);
      gone.not_declined.push_back(is_decline(code) ? 0 : 1);
      for (const std::size_t column : columns) gone.monitored.push_back(batch.row(i)[column]);
      if (static_cast<Decision>(code) == Decision::model_decline)
        add_line(batch.id[i], explainer.against(batch, i), explainer.concepts(), gone);
    }
    done = end;
  }
  return gone;
}

nlohmann::json fairness_json(const parallel::Communicator& comm, const borrowers::Schema& schema,
                             const models::MonitorSettings& settings, std::span<const std::size_t> columns,
                             const Gone& gone) {
  nlohmann::json json = nlohmann::json::object();
  for (const models::Grouping& grouping : models::group_rows(comm, schema, settings, columns, gone.monitored)) {
    const auto named = settings.reference.find(grouping.column);
    const auto reference = named == settings.reference.end() ? std::nullopt : std::optional<std::string>(named->second);
    const auto judged = [&](const std::vector<std::uint8_t>& accepted) {
      return models::fairness_of_groups(grouping.labels, models::count_groups(comm, grouping, accepted, {}), reference,
                                        false);
    };
    json[grouping.column] = {{"offered", judged(gone.offered)}, {"not_declined", judged(gone.not_declined)}};
  }
  return json;
}

std::string header() {
  std::string line = "id";
  for (std::size_t r = 1; r <= models::most_reasons; ++r) line += fmt::format(",reason_{},phrase_{}", r, r);
  return line + "\n";
}

}  // namespace

Review review_list(const parallel::Communicator& comm, const std::filesystem::path& list_path,
                   const std::filesystem::path& book_path, const models::Model& model, const ReviewSettings& settings,
                   const std::filesystem::path& folder) {
  std::optional<borrowers::BookReader> book;
  std::optional<storage::TableReader> list;
  std::optional<Explainer> explainer;
  std::vector<std::size_t> columns;
  parallel::together(comm, [&] {
    book.emplace(book_path);
    list.emplace(list_path, "proffer-offers", 1);
    columns = models::monitored_columns(settings.groups, book->schema());
    explainer.emplace(model, settings.reasons, book->schema(), *list);
  });
  const std::vector<std::uint64_t> rows = borrowers::decided_rows(comm, *book);
  const std::uint64_t first = parallel::sum_before(comm, std::uint64_t{rows.size()});
  Review review;
  review.rows = parallel::sum_over_ranks(comm, std::uint64_t{rows.size()});
  Gone gone;
  parallel::together(comm, [&] {
    const std::uint64_t listed = list->info("/borrower/id").shape.rows();
    if (listed != review.rows)
      throw DataError({fmt::format("{} has {} borrowers, {} decides {}", list_path.string(), listed, book_path.string(),
                                   review.rows),
                       "list and book do not belong together", "name the book that was scored"});
    gone = go_over(*book, *list, rows, first, columns, *explainer);
  });
  review.explained = parallel::sum_over_ranks(comm, gone.explained);
  const nlohmann::json fairness = {{"columns", fairness_json(comm, book->schema(), settings.groups, columns, gone)}};
  review.files.push_back(storage::publish_text(comm, folder / "fairness.json", fairness.dump(2) + "\n"));
  const std::vector<char> lines = parallel::gather<char>(comm, std::span<const char>(gone.lines));
  review.files.push_back(
      storage::publish_text(comm, folder / "declines.csv", header() + std::string(lines.begin(), lines.end())));
  return review;
}

}  // namespace proffer::combine
