// Probabilities of the rows of any book by a model of borrowers, whose columns are found by their names.
#pragma once

#include <cstddef>
#include <vector>

#include "borrowers/book.hpp"
#include "features/binning.hpp"
#include "models/model.hpp"

namespace proffer::models {

/// Independent. Labels of categories may have other codes in the book than in the model; labels that the model does not
/// know are missing values to it.
class BookScorer {
 public:
  /// `model` must outlive it. UsageError where the book lacks a column ("did you mean"), or the model wants terms of an
  /// offer.
  BookScorer(const Model& model, const borrowers::Schema& schema);
  /// One probability per row.
  [[nodiscard]] std::vector<double> probabilities(const borrowers::Batch& batch) const;

 private:
  const Model& model_;
  features::Encoder encoder_;
  std::vector<std::size_t> columns_;
  std::vector<std::vector<float>> relabel_;  // by feature: the model's value of each code; empty: the same codes
};

}  // namespace proffer::models
