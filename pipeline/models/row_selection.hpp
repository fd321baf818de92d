// The rows of a book that one model may use, read as few times as memory allows.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "borrowers/book.hpp"
#include "models/inputs.hpp"
#include "models/membership.hpp"
#include "models/model.hpp"
#include "models/split.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// The rows of a batch that a model may use.
struct SelectedRows {
  std::uint64_t first_row = 0;       ///< of the batch in the book
  std::uint64_t batch_rows = 0;      ///< of the batch
  std::vector<std::size_t> numbers;  ///< in the batch
  std::vector<std::uint8_t> label;
  std::vector<Part> part;
  std::vector<std::uint64_t> unit;
  std::vector<std::int32_t> as_of;
  std::vector<float> monitored;  ///< rows × columns
  std::vector<double> weight;    ///< where they have membership weights
  std::vector<float> inputs;     ///< rows × inputs
  [[nodiscard]] std::size_t bytes() const;
};

/// Selects this rank's rows of a model from its book, twice: what fits into memory is kept from the first time to the
/// second. What is given to it must outlive it.
class RowSelection {
 public:
  /// Independent. `membership`: null where rows have no weights.
  RowSelection(const parallel::Communicator& comm, const borrowers::BookReader& book, Target target,
               const Inputs& inputs, const Splitter& splitter, std::span<const std::size_t> monitored,
               const Membership* membership, std::size_t most_kept_bytes);

  using Wanted = std::function<bool(Part part, std::uint64_t unit)>;
  /// Independent. In the order of the book: at least the rows that are wanted, perhaps without their weights.
  void first(const Wanted& wanted, const std::function<void(const SelectedRows&)>& take);
  /// Independent. All rows in the order of the book. Gives back what was kept.
  void all(const std::function<void(const SelectedRows&)>& take);

 private:
  [[nodiscard]] SelectedRows select(const borrowers::Batch& batch, const Wanted& wanted) const;
  void weigh(const borrowers::Batch& batch, SelectedRows& rows) const;

  const parallel::Communicator& comm_;
  const borrowers::BookReader& book_;
  Target target_;
  const Inputs& inputs_;
  const Splitter& splitter_;
  std::span<const std::size_t> monitored_;
  const Membership* membership_;
  std::size_t most_kept_bytes_;
  std::vector<SelectedRows> kept_;  ///< the first ones
};

}  // namespace proffer::models
