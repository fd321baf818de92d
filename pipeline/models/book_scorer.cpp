#include "models/book_scorer.hpp"

#include <algorithm>
#include <limits>

#include "boosting/forest.hpp"
#include "foundation/error.hpp"

namespace proffer::models {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// The model's value of each of the book's codes.
std::vector<float> codes_of(const std::vector<std::string>& in_book, const std::vector<std::string>& in_model) {
  if (in_book == in_model) return {};
  std::vector<float> codes;
  for (const std::string& label : in_book) {
    const auto found = std::ranges::find(in_model, label);
    codes.push_back(found == in_model.end() ? missing : static_cast<float>(found - in_model.begin()));
  }
  return codes;
}

}  // namespace

BookScorer::BookScorer(const Model& model, const borrowers::Schema& schema) : model_(model), encoder_(model.bins) {
  if (!model.offer_terms.empty())
    throw UsageError(
        {"model " + model.name + " asks about an offer", "it has offer_terms", "name a model of borrowers alone"});
  for (std::size_t f = 0; f < model.features.size(); ++f) {
    columns_.push_back(schema.index_of(model.features[f], "model " + model.name));
    relabel_.push_back(codes_of(schema.columns[columns_.back()].dictionary, model.dictionaries[f]));
  }
}

std::vector<double> BookScorer::probabilities(const borrowers::Batch& batch) const {
  const std::size_t inputs = columns_.size(), rows = batch.rows();
  std::vector<float> values(rows * inputs);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t f = 0; f < inputs; ++f) {
      float value = batch.row(i)[columns_[f]];
      if (const std::vector<float>& codes = relabel_[f]; !codes.empty())
        value =
            value >= 0 && value < static_cast<float>(codes.size()) ? codes[static_cast<std::size_t>(value)] : missing;
      values[i * inputs + f] = value;
    }
  std::vector<std::uint8_t> codes(values.size());
  encoder_.encode(values, codes, {"/borrower/features", batch.first_row});
  std::vector<float> margins(rows);
  boosting::margins(model_.forest, codes, margins);
  std::vector<double> found(rows);
  for (std::size_t i = 0; i < rows; ++i) found[i] = probability(model_.link, model_.calibration, margins[i]);
  return found;
}

}  // namespace proffer::models
