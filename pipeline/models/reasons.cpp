#include "models/reasons.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::models {
namespace {

std::vector<std::string> input_names(const Model& model) {
  std::vector<std::string> names = model.features;
  for (Term term : model.offer_terms) names.push_back(fmt::format("offer.{}", name_of(term)));
  return names;
}

}  // namespace

ReasonSettings read_reasons(const settings::Section& section) {
  ReasonSettings settings;
  settings.where = section.where();
  for (const auto& [name, concept_section] :
       section.named("concepts", "inputs that are one thing to a borrower, by name")) {
    Concept one;
    one.name = name;
    one.features = concept_section.texts("features", {.doc = "inputs of the default model"});
    one.phrase = concept_section.text("phrase", {.doc = "what a letter says"});
    if (one.features.empty() && !concept_section.for_reference())
      throw concept_section.error("features", fmt::format("the concept {} has no features", name),
                                  "there is nothing to add up", "name inputs of the default model");
    settings.concepts.push_back(std::move(one));
  }
  return settings;
}

ModelReasons::ModelReasons(const Model& model, const ReasonSettings& settings)
    : model_(model), shap_(model.forest), concepts_(settings.concepts), concept_of_(model.inputs(), no_concept) {
  const std::vector<std::string> names = input_names(model);
  for (std::size_t c = 0; c < concepts_.size(); ++c)
    for (const std::string& feature : concepts_[c].features) {
      const auto found = std::ranges::find(names, feature);
      if (found == names.end()) {
        const auto near = did_you_mean(feature, names);
        throw UsageError({fmt::format("{}: concept {} names '{}'", settings.where, concepts_[c].name, feature),
                          fmt::format("model {} does not learn from it", model.name),
                          near ? fmt::format("did you mean {}?", *near) : "remove it"});
      }
      std::uint16_t& owner = concept_of_[static_cast<std::size_t>(found - names.begin())];
      if (owner != no_concept)
        throw UsageError({fmt::format("{}: {} is in two concepts", settings.where, feature),
                          fmt::format("{} and {}", concepts_[owner].name, concepts_[c].name), "remove it from one"});
      owner = static_cast<std::uint16_t>(c);
    }
  for (std::size_t f = 0; f < model.features.size(); ++f) {
    if (concept_of_[f] != no_concept) continue;
    concept_of_[f] = static_cast<std::uint16_t>(concepts_.size());
    concepts_.push_back({names[f], {names[f]}, names[f]});
  }
}

std::vector<double> ModelReasons::sums(std::span<const std::uint8_t> codes) const {
  std::vector<double> parts(model_.inputs());
  shap_.contributions(codes, parts);
  const double total = std::accumulate(parts.begin(), parts.end(), shap_.expected());
  const auto margin = static_cast<double>(boosting::margin(model_.forest, codes));
  constexpr double tolerance = 1e-4;  // the margin itself is a sum of floats
  if (!(std::fabs(total - margin) <= tolerance * std::max(1.0, std::fabs(margin))))
    throw std::logic_error(fmt::format("contributions add up to {}, not to the margin {}", total, margin));
  if (shap_.additive()) shap_.lost(codes, parts);
  std::vector<double> sums(concepts_.size());
  for (std::size_t f = 0; f < parts.size(); ++f)
    if (concept_of_[f] != no_concept) sums[concept_of_[f]] += parts[f];
  return sums;
}

std::array<std::uint16_t, most_reasons> ModelReasons::against(std::span<const std::uint8_t> codes) const {
  const std::vector<double> added = sums(codes);
  std::vector<std::uint16_t> order;
  for (std::size_t c = 0; c < added.size(); ++c)
    if (added[c] > 0) order.push_back(static_cast<std::uint16_t>(c));
  std::ranges::stable_sort(order, [&](std::uint16_t a, std::uint16_t b) { return added[a] > added[b]; });
  std::array<std::uint16_t, most_reasons> reasons;
  reasons.fill(no_concept);
  std::copy_n(order.begin(), std::min(order.size(), most_reasons), reasons.begin());
  return reasons;
}

}  // namespace proffer::models
