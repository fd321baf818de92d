// Which bins the features of a model get: rules per input, pre-bins that allow them, counts.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "boosting/threads.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/scorecard.hpp"
#include "models/second_opinion.hpp"

namespace proffer::models {
namespace {

bool is_binned(const ModelSettings& settings) {
  return settings.kind == ModelKind::scorecard || settings.kind == ModelKind::logistic;
}

std::size_t input_of(const std::string& name, const std::string& where, const ModelSettings& settings,
                     const Inputs& inputs) {
  auto at = std::ranges::find(inputs.names, name);
  if (at == inputs.names.end()) at = std::ranges::find(inputs.names, "offer." + name);
  if (at != inputs.names.end()) return static_cast<std::size_t>(at - inputs.names.begin());
  const auto near = did_you_mean(name, inputs.names);
  throw UsageError({fmt::format("{}: binning names '{}'", where, name),
                    fmt::format("model {} does not learn from it", settings.name),
                    near ? fmt::format("did you mean {}?", *near) : "remove it"});
}

std::vector<float> as_floats(const std::vector<double>& values) {
  std::vector<float> floats;
  for (const double value : values) floats.push_back(static_cast<float>(value));
  return floats;
}

}  // namespace

std::vector<features::WoeRules> woe_rules(const ModelSettings& settings, const Inputs& inputs) {
  std::vector<features::WoeRules> rules(inputs.size(), settings.binning.rules);
  for (const auto& [name, direction] : settings.monotone)
    rules[input_of(name, settings.where, settings, inputs)].partition.trend =
        direction == Direction::increasing ? features::Trend::up : features::Trend::down;
  for (const auto& [name, own] : settings.binning.features) {
    features::WoeRules& rule = rules[input_of(name, own.where, settings, inputs)];
    if (own.trend) rule.partition.trend = *own.trend;
    rule.breaks = as_floats(own.breaks);
    rule.special = as_floats(own.special);
  }
  return rules;
}

void require_model_cuts(const ModelSettings& settings, const Inputs& inputs, const borrowers::Schema& schema,
                        features::BinTable& bins) {
  std::vector<const ModelSettings*> models = {&settings};
  for (const ModelSettings& challenger : settings.challengers) models.push_back(&challenger);
  std::erase_if(models, [](const ModelSettings* model) { return !is_binned(*model); });
  std::vector<std::vector<float>> needed(inputs.size());
  for (const ModelSettings* model : models) {
    const auto rules = woe_rules(*model, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto dictionary = dictionary_of(inputs, schema, i);
      const auto cuts =
          dictionary.empty() ? features::required_cuts(rules[i]) : features::category_cuts(dictionary.size());
      needed[i].insert(needed[i].end(), cuts.begin(), cuts.end());
    }
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!needed[i].empty()) features::require_cuts(bins, i, needed[i]);
}

FittedRows fitted_rows(const parallel::Communicator& comm, const ModelSettings& settings, const ModelRows& rows,
                       int threads) {
  constexpr std::size_t block = 4096;
  FittedRows fitted;
  fitted.rows = subset(rows.rows, [&](Part part) { return fits(part, settings.early_stopping > 0); });
  const std::size_t inputs = rows.inputs.size();
  features::CodeCounter counter(inputs);
  std::mutex mutex;
  const std::span<const std::uint8_t> codes(fitted.rows.codes), labels(fitted.rows.label);
  boosting::in_threads(labels.size(), block, threads, [&](std::size_t begin, std::size_t end) {
    features::CodeCounter mine(inputs);
    mine.add(codes.subspan(begin * inputs, (end - begin) * inputs), labels.subspan(begin, end - begin));
    const std::lock_guard lock(mutex);
    counter.add(mine);
  });
  fitted.counts = counter.over_ranks(comm);
  return fitted;
}

std::vector<features::WoeFeature> bin_inputs(const parallel::Communicator& comm, const ModelSettings& settings,
                                             const ModelRows& rows, const borrowers::Schema& schema,
                                             std::span<const features::CodeCounts> counts) {
  std::vector<features::WoeSource> sources;
  for (std::size_t i = 0; i < rows.inputs.size(); ++i)
    sources.push_back({rows.inputs.names[i], rows.rows.bins.cuts[i], dictionary_of(rows.inputs, schema, i)});
  return features::bin_features(comm, sources, counts, woe_rules(settings, rows.inputs));
}

}  // namespace proffer::models
