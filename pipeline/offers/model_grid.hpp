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
#include "offers/probability_table.hpp"

namespace proffer::offers {

/// Whose probabilities: the model's, or its second opinion's.
enum class Opinion { first = 0, second = 1 };

/// Independent; const after construction.
class ModelGrid {
 public:
  /// Finds the model's features in the book by name and its labels by text (a label that the model does not know is
  /// missing to it). `portable`: without vector instructions, which change no bit. UsageError ("did you mean") where
  /// the book lacks a feature of the model.
  ModelGrid(models::Model model, const borrowers::Schema& schema, const Catalog& catalog, bool portable = false);

  [[nodiscard]] const models::Model& model() const { return model_; }
  [[nodiscard]] bool has_second() const { return model_.second.has_value(); }
  /// Codes of the model's features for rows of a book: `values` is rows × columns of the book, row-major.
  void encode(std::span<const float> values, std::vector<std::uint8_t>& codes) const;
  /// Margins of rows × offers pairs, row-major.
  void margins(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out) const;
  /// Probabilities of margins, in place.
  void to_probabilities(Opinion which, std::span<float> margins) const {
    tables_[static_cast<std::size_t>(which)].apply(margins);
  }
  /// Probabilities of rows × offers pairs, row-major.
  void probabilities(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out) const;
  /// Probabilities of the offers that the model can tell apart: rows × distinct(), row-major. Offer j is number
  /// distinct_of_offer()[j] among them.
  void distinct_probabilities(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out) const;
  [[nodiscard]] std::size_t distinct() const { return grids_[0].distinct_offers(); }
  [[nodiscard]] std::span<const std::uint32_t> distinct_of_offer() const { return grids_[0].distinct_of_offer(); }
  /// Number of features, i.e. codes per row.
  [[nodiscard]] std::size_t features() const { return columns_.size(); }

 private:
  models::Model model_;
  std::vector<std::size_t> columns_;
  /// A categorical feature whose labels stand elsewhere in the book than in the model.
  struct Relabelled {
    std::size_t feature;
    std::vector<std::uint8_t> code;  // of the model, by label of the book
  };
  std::size_t book_columns_;
  std::vector<Relabelled> relabelled_;
  std::optional<features::Encoder> encoder_;
  std::vector<OfferGridScorer> grids_;    // first and second opinion
  std::vector<ProbabilityTable> tables_;  // of their margins
};

}  // namespace proffer::offers
