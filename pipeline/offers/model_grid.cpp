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

std::optional<std::vector<float>> relabelled(const borrowers::Column& column, const std::vector<std::string>& labels) {
  if (column.dictionary == labels) return std::nullopt;
  std::vector<float> code;
  for (const std::string& label : column.dictionary) {
    const auto found = std::ranges::find(labels, label);
    code.push_back(found == labels.end() ? missing : static_cast<float>(found - labels.begin()));
  }
  return code;
}

}  // namespace

ModelGrid::ModelGrid(models::Model model, const borrowers::Schema& schema, const Catalog& catalog)
    : model_(std::move(model)) {
  for (std::size_t f = 0; f < model_.features.size(); ++f) {
    columns_.push_back(schema.index_of(model_.features[f], "model " + model_.name));
    relabel_.push_back(relabelled(schema.columns[columns_.back()], model_.dictionaries[f]));
  }
  encoder_.emplace(part_of(model_.bins, 0, model_.features.size()));
  const std::vector<std::uint8_t> codes = offer_codes(catalog, model_);
  grids_.emplace_back(model_.forest, model_.features.size(), catalog.offers.size(), codes);
  if (model_.second) grids_.emplace_back(model_.second->forest, model_.features.size(), catalog.offers.size(), codes);
}

void ModelGrid::encode(const borrowers::Batch& batch, std::vector<std::uint8_t>& codes) const {
  std::vector<float> values(batch.rows() * columns_.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const std::span<const float> row = batch.row(i);
    for (std::size_t f = 0; f < columns_.size(); ++f) {
      float value = row[columns_[f]];
      if (relabel_[f]) {
        const auto& code = *relabel_[f];
        value = value >= 0 && value < static_cast<float>(code.size()) ? code[static_cast<std::size_t>(value)] : missing;
      }
      values[at++] = value;
    }
  }
  codes.resize(values.size());
  encoder_->encode(values, codes, {"/borrower/features", batch.first_row});
}

void ModelGrid::probabilities(Opinion which, std::span<const std::uint8_t> codes, std::span<float> out,
                              int threads) const {
  grids_[static_cast<std::size_t>(which)].margins(codes, out, threads);
  const models::Link link = model_.link;
  if (which == Opinion::first)
    for (float& value : out) value = static_cast<float>(models::probability(link, model_.calibration, value));
  else
    for (float& value : out) value = static_cast<float>(models::probability(link, *model_.second, value));
}

}  // namespace proffer::offers
