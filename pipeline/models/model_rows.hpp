// The rows of one target, collected once for every model that is trained on them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "borrowers/book.hpp"
#include "foundation/log.hpp"
#include "models/inputs.hpp"
#include "models/settings.hpp"
#include "models/training_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

struct ModelRows {
  Inputs inputs;
  std::vector<int> monotone;           ///< per input: 1 rising, −1 falling, 0 free
  std::vector<std::size_t> monitored;  ///< columns of the book to judge by
  TrainingRows rows;
  std::optional<Model> continued;  ///< whose trees come first
  /// Number of bins per input.
  [[nodiscard]] std::vector<std::size_t> bins() const;
};

/// Collective. Reads the book for a model and its challengers. UsageError (agreed) for settings that name what is not
/// there; DataError (agreed) where the rows do not allow training.
[[nodiscard]] ModelRows collect_model_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                                           const TrainSettings& train, const ModelSettings& settings,
                                           std::uint64_t seed, Log& log, const Membership* membership = nullptr);

/// Labels of the codes of an input: the dictionary of its column, or product or channel names; empty where numeric.
/// Pure.
[[nodiscard]] std::span<const std::string> dictionary_of(const Inputs& inputs, const borrowers::Schema& schema,
                                                         std::size_t input);

}  // namespace proffer::models
