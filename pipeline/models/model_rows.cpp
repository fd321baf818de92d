#include "models/model_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"

namespace proffer::models {
namespace {

std::vector<int> monotone_signs(const ModelSettings& settings, const Inputs& inputs) {
  std::vector<int> signs(inputs.size(), 0);
  for (const auto& [name, direction] : settings.monotone) {
    auto at = std::ranges::find(inputs.names, name);
    if (at == inputs.names.end()) at = std::ranges::find(inputs.names, "offer." + name);
    if (at == inputs.names.end()) {
      const auto near = did_you_mean(name, inputs.names);
      throw UsageError({fmt::format("{}: monotone names '{}'", settings.where, name),
                        fmt::format("model {} does not learn from it", settings.name),
                        near ? fmt::format("did you mean {}?", *near) : "remove it"});
    }
    signs[static_cast<std::size_t>(at - inputs.names.begin())] = static_cast<int>(direction);
  }
  return signs;
}

void require_same(bool same, const ModelSettings& settings, const std::string& what) {
  if (!same)
    throw UsageError({fmt::format("{}: model {} cannot continue {}", settings.where, settings.name,
                                  settings.continues->filename().string()),
                      fmt::format("its {} differ", what), "train anew, or give this model and book the same"});
}

/// The model to be continued, which must ask the same of the same inputs.
Model read_continued(const ModelSettings& settings, const Inputs& inputs, const borrowers::Schema& schema) {
  Model model = read_model_file(*settings.continues);
  require_same(model.target == settings.target && model.link == settings.link && !model.joint, settings,
               "target and link");
  require_same(model.bins.names == inputs.names, settings, "inputs");
  for (std::size_t f = 0; f < inputs.columns.size(); ++f)
    require_same(model.dictionaries[f] == schema.columns[inputs.columns[f]].dictionary, settings,
                 "labels of " + inputs.names[f]);
  require_same(inputs.terms.empty() || (model.products == schema.products && model.channels == schema.channels),
               settings, "products or channels");
  return model;
}

}  // namespace

std::vector<std::size_t> ModelRows::bins() const {
  std::vector<std::size_t> counts;
  for (std::size_t f = 0; f < rows.bins.features(); ++f) counts.push_back(rows.bins.bins(f));
  return counts;
}

ModelRows collect_model_rows(const parallel::Communicator& comm, const borrowers::BookReader& book,
                             const TrainSettings& train, const ModelSettings& settings, std::uint64_t seed, Log& log,
                             const Membership* membership) {
  ModelRows collected;
  std::optional<Splitter> splitter;
  parallel::together(comm, [&] {
    collected.inputs = choose_inputs(settings, book.schema(), book.has_offers());
    splitter.emplace(train.split, book.schema(), seed);
    collected.monotone = monotone_signs(settings, collected.inputs);
    collected.monitored = monitored_columns(train.monitor, book.schema());
    if (settings.continues) collected.continued = read_continued(settings, collected.inputs, book.schema());
  });
  collected.rows =
      collect_rows(comm, book, settings, collected.inputs, *splitter, static_cast<std::size_t>(train.max_bins), seed,
                   log, collected.monitored,
                   {.bins = collected.continued ? &collected.continued->bins : nullptr, .membership = membership});
  return collected;
}

std::span<const std::string> dictionary_of(const Inputs& inputs, const borrowers::Schema& schema, std::size_t input) {
  if (input < inputs.columns.size()) return schema.columns[inputs.columns[input]].dictionary;
  switch (inputs.terms[input - inputs.columns.size()]) {
    case Term::product:
      return schema.products;
    case Term::channel:
      return schema.channels;
    default:
      return {};
  }
}

}  // namespace proffer::models
