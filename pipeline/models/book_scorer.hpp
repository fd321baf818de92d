// Probabilities of the rows of any book by a model of borrowers, whose columns are found by their names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "features/binning.hpp"
#include "models/model.hpp"

namespace proffer::models {

/// Some columns of a book, found by name, with the codes of other dictionaries: labels that these do not know are
/// missing. Independent.
class NamedColumns {
 public:
  NamedColumns() = default;
  /// UsageError where the book lacks a column ("did you mean"); `where` starts the message.
  NamedColumns(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& dictionaries,
               const borrowers::Schema& schema, const std::string& where);
  [[nodiscard]] std::size_t size() const { return columns_.size(); }
  /// Values of row i, into size() floats.
  void fill(const borrowers::Batch& batch, std::size_t i, std::span<float> into) const;

 private:
  std::vector<std::size_t> columns_;
  std::vector<std::vector<float>> relabel_;  // by column: the value of each code of the book; empty: the same codes
};

/// Independent. Labels of categories may have other codes in the book than in the model; labels that the model does not
/// know are missing values to it.
class BookScorer {
 public:
  /// `model` must outlive it. UsageError where the book lacks a column ("did you mean"), or the model wants terms of an
  /// offer, or is joint (the calibrated PD is that of those who take an offer).
  BookScorer(const Model& model, const borrowers::Schema& schema);
  /// One probability per row.
  [[nodiscard]] std::vector<double> probabilities(const borrowers::Batch& batch, int threads = 1) const;

 private:
  const Model& model_;
  features::Encoder encoder_;
  NamedColumns columns_;
};

}  // namespace proffer::models
