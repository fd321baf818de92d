// The inputs of a model: some columns of a book, then terms of the offer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "borrowers/book.hpp"
#include "models/settings.hpp"

namespace proffer::models {

/// Terms of one offer as numbers, product and channel as the codes of a book or model (no_code: missing).
struct OfferTerms {
  std::uint8_t product = borrowers::no_code, channel = borrowers::no_code;
  double limit = 0;
  float apr = 0, contract_apr = 0;
  std::uint16_t term = 0;  ///< 0 = missing
};
/// As a model input; NaN = missing.
[[nodiscard]] float input_value(const OfferTerms& offer, Term term);
/// Row i of a batch with offers.
[[nodiscard]] OfferTerms offer_of(const borrowers::Batch& batch, std::size_t i);

/// Which columns and terms, in order.
struct Inputs {
  std::vector<std::size_t> columns;
  std::vector<Term> terms;
  std::vector<std::string> names;  ///< of columns, then of terms
  [[nodiscard]] std::size_t size() const { return names.size(); }
  /// Inputs of row i of the batch, into `size()` floats.
  void fill(const borrowers::Batch& batch, std::size_t i, std::span<float> into) const;
};

/// What the config names, against the book's schema. UsageError ("did you mean") for columns that are not there, may
/// not be trained on, or terms in a book without offers.
[[nodiscard]] Inputs choose_inputs(const ModelSettings& settings, const borrowers::Schema& schema, bool has_offers);

/// The outcome code of row i, or nothing where the target does not ask about the row (not contacted, not accepted).
[[nodiscard]] std::optional<std::uint8_t> outcome_code(Target target, const borrowers::Batch& batch, std::size_t i);
/// The label of row i: 0 or 1, or nothing where the row says nothing about the target (not contacted, not accepted,
/// immature, excluded, indeterminate …).
[[nodiscard]] std::optional<std::uint8_t> label_of(Target target, const borrowers::Batch& batch, std::size_t i);

/// Months within which the target happens; 0 where the book says none.
[[nodiscard]] int horizon_of(Target target, const borrowers::Schema& schema);
/// Whether the book has the dataset of /outcome that holds the target.
[[nodiscard]] bool has_target(Target target, const borrowers::BookReader& book);

}  // namespace proffer::models
