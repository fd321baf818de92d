// One trained model against a whole catalog.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "features/binning.hpp"
#include "models/model.hpp"
#include "offers/catalog.hpp"
#include "offers/offer_grid.hpp"

namespace proffer::offers {

/// Whose probabilities: the model's, or its second opinion's.
enum class Opinion { first = 0, second = 1 };

/// Independent; const after construction.
class ModelGrid {
 public:
  /// Finds the model's features in the book by name and its labels by text (a label that the model does not know is
  /// missing to it). UsageError ("did you mean") where the book lacks a feature of the model.
  ModelGrid(models::Model model, const borrowers::Schema& schema, const Catalog& catalog);

  [[nodiscard]] const models::Model& model() const { return model_; }
  [[nodiscard]] bool has_second() const { return model_.second.has_value(); }
  /// Codes of the model's features for the batch's rows, kept for the next calls of `probabilities`.
  void encode(const borrowers::Batch& batch, std::vector<std::uint8_t>& codes) const;
  /// Probabilities of rows × offers pairs, row-major.
  void probabilities(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out, int threads) const;
  /// Number of features, i.e. codes per row.
  [[nodiscard]] std::size_t features() const { return columns_.size(); }

 private:
  models::Model model_;
  std::vector<std::size_t> columns_;
  std::vector<std::optional<std::vector<float>>> relabel_;  // code of the book → code of the model, where they differ
  std::optional<features::Encoder> encoder_;
  std::vector<OfferGridScorer> grids_;  // first and second opinion
};

}  // namespace proffer::offers
