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

NamedColumns::NamedColumns(const std::vector<std::string>& names,
                           const std::vector<std::vector<std::string>>& dictionaries, const borrowers::Schema& schema,
                           const std::string& where) {
  for (std::size_t f = 0; f < names.size(); ++f) {
    columns_.push_back(schema.index_of(names[f], where));
    relabel_.push_back(codes_of(schema.columns[columns_.back()].dictionary, dictionaries[f]));
  }
}

void NamedColumns::fill(const borrowers::Batch& batch, std::size_t i, std::span<float> into) const {
  const std::span<const float> row = batch.row(i);
  for (std::size_t f = 0; f < columns_.size(); ++f) {
    const float value = row[columns_[f]];
    const std::vector<float>& codes = relabel_[f];
    const bool known = value >= 0 && value < static_cast<float>(codes.size());
    into[f] = codes.empty() ? value : known ? codes[static_cast<std::size_t>(value)] : missing;
  }
}

BookScorer::BookScorer(const Model& model, const borrowers::Schema& schema)
    : model_(model), encoder_(model.bins), columns_(model.features, model.dictionaries, schema, "model " + model.name) {
  if (!model.offer_terms.empty())
    throw UsageError(
        {"model " + model.name + " asks about an offer", "it has offer_terms", "name a model of borrowers alone"});
  if (model.joint)
    throw UsageError({"model " + model.name + " asks about an offer",
                      "it is joint: who defaults depends on who takes it", "name a model of borrowers alone"});
}

std::vector<double> BookScorer::probabilities(const borrowers::Batch& batch, int threads) const {
  const std::size_t inputs = columns_.size(), rows = batch.rows();
  std::vector<float> values(rows * inputs);
  for (std::size_t i = 0; i < rows; ++i) columns_.fill(batch, i, std::span(values).subspan(i * inputs, inputs));
  std::vector<std::uint8_t> codes(values.size());
  encoder_.encode(values, codes, {"/borrower/features", batch.first_row});
  const std::vector<float> margins = boosting::margins(model_.forest, codes, rows, threads);
  std::vector<double> found(rows);
  for (std::size_t i = 0; i < rows; ++i) found[i] = probability(model_.link, model_.calibration, margins[i]);
  return found;
}

}  // namespace proffer::models
