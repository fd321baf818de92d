#include "models/joint_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/fit_model.hpp"

namespace proffer::models {
namespace {

/// The input's place among names, as it stands or as an offer term.
std::optional<std::size_t> place_of(const std::vector<std::string>& names, const std::string& name) {
  auto at = std::ranges::find(names, name);
  if (at == names.end()) at = std::ranges::find(names, "offer." + name);
  if (at == names.end()) return std::nullopt;
  return static_cast<std::size_t>(at - names.begin());
}

void refuse(const JointSettings& joint, const std::string& problem, const std::string& why, const std::string& advice) {
  throw UsageError({fmt::format("{}: {}", joint.where, problem), why, advice});
}

/// Places of the excluded inputs: of the response model, and not of the default model.
std::vector<std::size_t> excluded_places(const JointSettings& joint, const Inputs& f, const Inputs& g) {
  std::vector<std::size_t> places;
  for (const std::string& name : joint.excluded) {
    const auto in_f = place_of(f.names, name);
    if (!in_f) {
      const auto near = did_you_mean(name, f.names);
      refuse(joint, fmt::format("joint.excluded names '{}'", name),
             fmt::format("the model {} does not learn from it", joint.response),
             near ? fmt::format("did you mean {}?", *near) : "name one of its inputs");
    }
    if (place_of(g.names, name))
      refuse(joint, fmt::format("joint.excluded names '{}'", name),
             "the default model learns from it, so it is not excluded",
             "take it out of the model's offer_terms or features, or out of joint.excluded");
    places.push_back(*in_f);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

void check_models(const JointSettings& joint, const ModelSettings& settings, const JointResponse& response,
                  const Inputs& f, const Inputs& g) {
  if (settings.target != Target::defaulted)
    refuse(joint, fmt::format("model {} is joint", settings.name), "only a model of default can be",
           "remove joint, or set target: default");
  if (settings.link != Link::probit || response.model->link != Link::probit)
    refuse(joint, fmt::format("model {} is joint", settings.name),
           fmt::format("its and the link of {} must be probit: the hidden causes are normal", joint.response),
           "set link: probit in both models");
  for (const std::string& column : joint.drawn_within)
    if (!place_of(f.names, column) || !place_of(g.names, column))
      refuse(joint, fmt::format("joint.drawn_within names '{}'", column),
             "offers are drawn at random only given it, so both models must learn from it",
             "add it to the features of both models");
}

}  // namespace

JointInputs joint_inputs(const JointSettings& joint, const ModelSettings& settings, const ModelRows& collected,
                         const JointResponse& response, const borrowers::BookReader& book) {
  JointInputs inputs;
  inputs.f = choose_inputs(*response.settings, book.schema(), book.has_offers());
  inputs.g = collected.inputs;
  inputs.f_bins = response.model->bins;
  inputs.g_bins = collected.rows.bins;
  check_models(joint, settings, response, inputs.f, inputs.g);
  inputs.excluded_places = excluded_places(joint, inputs.f, inputs.g);
  return inputs;
}

boosting::TrainOptions response_options(const JointResponse& response, const Inputs& inputs, std::uint64_t seed,
                                        int threads) {
  ModelRows rows;
  rows.monotone.assign(inputs.size(), 0);
  for (const auto& [name, direction] : response.settings->monotone)
    if (const auto place = place_of(inputs.names, name)) rows.monotone[*place] = static_cast<int>(direction);
  return boosting_options(*response.settings, rows, seed, threads);
}

}  // namespace proffer::models
