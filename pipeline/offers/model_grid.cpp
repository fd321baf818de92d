#include "offers/model_grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "foundation/error.hpp"
#include "models/inputs.hpp"

namespace proffer::offers {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

features::BinTable part_of(const features::BinTable& bins, std::size_t first, std::size_t end) {
  features::BinTable part;
  const auto from = static_cast<std::ptrdiff_t>(first), to = static_cast<std::ptrdiff_t>(end);
  part.names.assign(bins.names.begin() + from, bins.names.begin() + to);
  part.cuts.assign(bins.cuts.begin() + from, bins.cuts.begin() + to);
  return part;
}

std::uint8_t code_in(const std::vector<std::string>& labels, const std::string& label) {
  const auto found = std::ranges::find(labels, label);
  return found == labels.end() ? borrowers::no_code : static_cast<std::uint8_t>(found - labels.begin());
}

models::OfferTerms terms_of(const Catalog& catalog, const Offer& offer, const models::Model& model) {
  models::OfferTerms terms;
  terms.product = code_in(model.products, catalog.product_of(offer).name);
  terms.channel = code_in(model.channels, catalog.channel_of(offer).name);
  terms.limit = offer.limit;
  terms.apr = static_cast<float>(offer.apr);
  terms.contract_apr = terms.apr;
  terms.term = offer.term;
  return terms;
}

std::vector<std::uint8_t> offer_codes(const Catalog& catalog, const models::Model& model) {
  if (model.offer_terms.empty()) return {};
  std::vector<float> values;
  for (const Offer& offer : catalog.offers)
    for (models::Term term : model.offer_terms)
      values.push_back(models::input_value(terms_of(catalog, offer, model), term));
  std::vector<std::uint8_t> codes(values.size());
  features::encode(part_of(model.bins, model.features.size(), model.inputs()), values, codes, {"catalog", 0});
  return codes;
}

/// The model's code for each label of the book, where they are not the same labels. `one`: the bins of the feature.
std::optional<std::vector<std::uint8_t>> relabelled(const borrowers::Column& column,
                                                    const std::vector<std::string>& labels,
                                                    const features::BinTable& one) {
  if (column.dictionary == labels) return std::nullopt;
  std::vector<float> values;
  for (const std::string& label : column.dictionary) {
    const auto found = std::ranges::find(labels, label);
    values.push_back(found == labels.end() ? missing : static_cast<float>(found - labels.begin()));
  }
  std::vector<std::uint8_t> codes(values.size());
  features::encode(one, values, codes, {"labels", 0});
  return codes;
}

}  // namespace

ModelGrid::ModelGrid(models::Model model, const borrowers::Schema& schema, const Catalog& catalog, bool portable)
    : model_(std::move(model)), book_columns_(schema.columns.size()) {
  for (std::size_t f = 0; f < model_.features.size(); ++f) {
    columns_.push_back(schema.index_of(model_.features[f], "model " + model_.name));
    const borrowers::Column& column = schema.columns[columns_.back()];
    if (auto code = relabelled(column, model_.dictionaries[f], part_of(model_.bins, f, f + 1)))
      relabelled_.push_back({f, std::move(*code)});
  }
  encoder_.emplace(part_of(model_.bins, 0, model_.features.size()), portable);
  const GridPath path = portable ? GridPath::mask_walk : GridPath::automatic;
  const std::vector<std::uint8_t> codes = offer_codes(catalog, model_);
  grids_.emplace_back(model_.forest, model_.features.size(), catalog.offers.size(), codes, path);
  tables_.emplace_back([link = model_.link, calibration = model_.calibration](float margin) {
    return models::probability(link, calibration, margin);
  });
  if (!model_.second) return;
  grids_.emplace_back(model_.second->forest, model_.features.size(), catalog.offers.size(), codes, path);
  tables_.emplace_back([link = model_.link, intercept = model_.second->intercept](float margin) {
    return models::probability(link, models::SecondOpinion{{}, intercept}, margin);
  });
}

void ModelGrid::encode(std::span<const float> values, std::vector<std::uint8_t>& codes) const {
  const std::size_t rows = values.size() / book_columns_;
  codes.resize(rows * columns_.size());
  encoder_->encode_columns(values, book_columns_, columns_, codes);
  for (const Relabelled& one : relabelled_)
    for (std::size_t i = 0; i < rows; ++i) {
      const float label = values[i * book_columns_ + columns_[one.feature]];
      const bool known = label >= 0 && label < static_cast<float>(one.code.size());
      codes[i * columns_.size() + one.feature] =
          known ? one.code[static_cast<std::size_t>(label)] : features::missing_code;
    }
}

void ModelGrid::margins(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out) const {
  grids_[static_cast<std::size_t>(which)].margins(codes, out);
}

void ModelGrid::distinct_probabilities(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out) const {
  const auto number = static_cast<std::size_t>(which);
  grids_[number].distinct_margins(codes, out);
  tables_[number].apply(out);
}

void ModelGrid::probabilities(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out) const {
  const std::span<const std::uint32_t> column = distinct_of_offer();
  if (distinct() == column.size()) return distinct_probabilities(which, codes, out);
  const std::size_t rows = out.size() / column.size();
  std::vector<float> some(rows * distinct());
  distinct_probabilities(which, codes, some);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < column.size(); ++j) out[i * column.size() + j] = some[i * distinct() + column[j]];
}

}  // namespace proffer::offers
