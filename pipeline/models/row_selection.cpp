#include "models/row_selection.hpp"

#include <utility>

#include "models/book_batches.hpp"

namespace proffer::models {

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

void RowSelection::first(const Wanted& wanted, const std::function<void(const SelectedRows&)>& take) {
  bool keeps = most_kept_bytes_ > 0;
  std::size_t bytes = 0;
  each_batch(comm_, book_, learnt_parts(book_), [&](const borrowers::Batch& batch) {
    SelectedRows rows = select(batch, keeps ? Wanted([](Part, std::uint64_t) { return true; }) : wanted);
    take(rows);
    bytes += rows.bytes();
    keeps = keeps && bytes <= most_kept_bytes_;
    if (!keeps) return;
    weigh(batch, rows);
    kept_.push_back(std::move(rows));
  });
}

void RowSelection::all(const std::function<void(const SelectedRows&)>& take) {
  std::uint64_t passed = 0;
  for (SelectedRows& batch : kept_) {
    take(batch);
    passed += batch.batch_rows;
    batch = {};
  }
  kept_.clear();
  each_batch(
      comm_, book_, learnt_parts(book_),
      [&](const borrowers::Batch& batch) {
        SelectedRows rows = select(batch, [](Part, std::uint64_t) { return true; });
        weigh(batch, rows);
        take(rows);
      },
      passed);
}

SelectedRows RowSelection::select(const borrowers::Batch& batch, const Wanted& wanted) const {
  SelectedRows rows;
  rows.first_row = batch.first_row;
  rows.batch_rows = batch.rows();
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const auto label = label_of(target_, batch, i);
    if (!label) continue;
    const Part part = splitter_.part(batch, i);
    if (part == Part::unused || !wanted(part, batch.unit[i])) continue;
    rows.numbers.push_back(i);
    rows.label.push_back(*label);
    rows.part.push_back(part);
    rows.unit.push_back(batch.unit[i]);
    rows.as_of.push_back(batch.as_of[i]);
    for (const std::size_t column : monitored_) rows.monitored.push_back(batch.row(i)[column]);
  }
  rows.inputs.resize(rows.numbers.size() * inputs_.size());
  for (std::size_t k = 0; k < rows.numbers.size(); ++k)
    inputs_.fill(batch, rows.numbers[k], std::span(rows.inputs).subspan(k * inputs_.size(), inputs_.size()));
  return rows;
}

void RowSelection::weigh(const borrowers::Batch& batch, SelectedRows& rows) const {
  if (membership_ == nullptr) return;
  const std::vector<double> weights = membership_->weights(batch);
  for (const std::size_t number : rows.numbers) rows.weight.push_back(weights[number]);
}

}  // namespace proffer::models
