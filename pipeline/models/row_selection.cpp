#include "models/row_selection.hpp"

#include <algorithm>
#include <utility>

#include "storage/table_file.hpp"

namespace proffer::models {
namespace {

constexpr std::uint64_t batch_rows = 4 * storage::block_rows;

}  // namespace

void each_batch(const parallel::Communicator& comm, const borrowers::BookReader& book, bool features,
                const std::function<void(const borrowers::Batch&)>& take, std::uint64_t skipped) {
  const parallel::RowRange range = storage::rows_of_rank(comm, book.rows());
  for (std::uint64_t first = range.begin + skipped; first < range.end; first += batch_rows)
    take(book.read(first, std::min(batch_rows, range.end - first),
                   {.offers = book.has_offers(), .outcomes = true, .features = features}));
}

std::size_t SelectedRows::bytes() const {
  constexpr std::size_t beside = 40;  // of a row, about
  return (inputs.size() + monitored.size()) * sizeof(float) + numbers.size() * beside;
}

RowSelection::RowSelection(const parallel::Communicator& comm, const borrowers::BookReader& book, Target target,
                           const Inputs& inputs, const Splitter& splitter, std::span<const std::size_t> monitored,
                           const Membership* membership, std::size_t most_kept_bytes)
    : comm_(comm),
      book_(book),
      target_(target),
      inputs_(inputs),
      splitter_(splitter),
      monitored_(monitored),
      membership_(membership),
      most_kept_bytes_(most_kept_bytes) {}

void RowSelection::each(const std::function<void(const SelectedRows&)>& take) {
  std::uint64_t passed = 0;
  for (const SelectedRows& batch : kept_) {
    take(batch);
    passed += batch.batch_rows;
  }
  bool keeps = kept_.empty();
  std::size_t bytes = 0;
  each_batch(
      comm_, book_, true,
      [&](const borrowers::Batch& batch) {
        SelectedRows selected = select(batch);
        take(selected);
        bytes += selected.bytes();
        keeps = keeps && bytes <= most_kept_bytes_;
        if (keeps) kept_.push_back(std::move(selected));
      },
      passed);
}

SelectedRows RowSelection::select(const borrowers::Batch& batch) const {
  SelectedRows into;
  into.first_row = batch.first_row;
  into.batch_rows = batch.rows();
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const auto label = label_of(target_, batch, i);
    if (!label) continue;
    const Part part = splitter_.part(batch, i);
    if (part == Part::unused) continue;
    into.numbers.push_back(i);
    into.label.push_back(*label);
    into.part.push_back(part);
    into.unit.push_back(batch.unit[i]);
    into.as_of.push_back(batch.as_of[i]);
    for (const std::size_t column : monitored_) into.monitored.push_back(batch.row(i)[column]);
  }
  into.inputs.resize(into.numbers.size() * inputs_.size());
  for (std::size_t k = 0; k < into.numbers.size(); ++k)
    inputs_.fill(batch, into.numbers[k], std::span(into.inputs).subspan(k * inputs_.size(), inputs_.size()));
  if (membership_ == nullptr) return into;
  const std::vector<double> weights = membership_->weights(batch);
  for (const std::size_t number : into.numbers) into.weight.push_back(weights[number]);
  return into;
}

}  // namespace proffer::models
