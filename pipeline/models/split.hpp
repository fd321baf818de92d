// Which rows train: by a hash of the unit or by a column of the book, and by date.
#pragma once

#include <cstdint>
#include <optional>

#include "borrowers/book.hpp"
#include "models/settings.hpp"

namespace proffer::models {

/// Says of each row which part it belongs to.
class Splitter {
 public:
  /// UsageError where the split column is not in the book.
  Splitter(const SplitSettings& settings, const borrowers::Schema& schema, std::uint64_t seed);
  /// Row i of the batch, which has features where needs_features(). Independent of the position of the row.
  [[nodiscard]] Part part(const borrowers::Batch& batch, std::size_t i) const;
  /// Whether a column of the features decides.
  [[nodiscard]] bool needs_features() const;

 private:
  SplitSettings settings_;
  std::optional<std::size_t> column_;
  std::uint64_t seed_;
};

}  // namespace proffer::models
