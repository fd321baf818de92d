#include "models/reject_rows.hpp"

#include <algorithm>
#include <optional>

#include "models/book_batches.hpp"
#include "models/inputs.hpp"

namespace proffer::models {
namespace {

bool was_declined(const borrowers::Outcomes& outcomes, std::size_t i) {
  using namespace borrowers::outcome;
  if (outcomes.booked.empty() || outcomes.booked[i] != no) return false;
  if (!outcomes.responded.empty() && outcomes.responded[i] != yes) return false;
  return outcomes.defaulted.empty() || outcomes.defaulted[i] > yes;
}

}  // namespace

RejectRows collect_reject_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                               const ModelRows& rows, const Splitter& splitter, const std::string& outcome) {
  RejectRows rejects;
  std::optional<std::size_t> column;
  if (!outcome.empty()) column = book.schema().index_of(outcome, "rejects.outcome");
  const features::Encoder encoder(rows.rows.bins);
  std::vector<float> values(rows.inputs.size());
  each_batch(comm, book, learnt_parts(book), [&](const borrowers::Batch& batch) {
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      const Part part = splitter.part(batch, i);
      if (part == Part::unused || !was_declined(*batch.outcomes, i)) continue;
      rows.inputs.fill(batch, i, values);
      const std::size_t before = rejects.codes.size();
      rejects.codes.resize(before + values.size());
      encoder.encode(values, std::span(rejects.codes).subspan(before), {"/borrower/features", batch.first_row + i});
      rejects.part.push_back(part);
      rejects.unit.push_back(batch.unit[i]);
      rejects.id.push_back(batch.id[i]);
      rejects.as_of.push_back(batch.as_of[i]);
      const float known = column ? batch.row(i)[*column] : -1.0F;
      rejects.outcome.push_back(known == 0.0F   ? borrowers::outcome::no
                                : known == 1.0F ? borrowers::outcome::yes
                                                : borrowers::outcome::unknown);
    }
  });
  return rejects;
}

}  // namespace proffer::models
