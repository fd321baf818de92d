#include "models/price_identification.hpp"

#include <algorithm>

#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

const JointSettings* joint_of(const ModelSettings& settings) {
  if (settings.joint) return &*settings.joint;
  const auto joint = std::ranges::find_if(settings.challengers, [](const auto& one) { return one.joint.has_value(); });
  return joint == settings.challengers.end() ? nullptr : &*joint->joint;
}

}  // namespace

bool any_propensity(const parallel::Communicator& comm, const borrowers::BookReader& book) {
  if (!book.has_offers()) return false;
  bool any = false;
  parallel::together(comm, [&] {
    const parallel::RowRange mine = storage::rows_of_rank(comm, book.rows());
    const auto values = book.table().read_rows<float>("/offer/propensity", mine.begin, mine.size());
    any = std::ranges::any_of(values, is_drawn);
  });
  return parallel::any_over_ranks(comm, any);
}

std::string identified_by(const JointSettings& joint, bool propensities) {
  if (propensities) return "propensity";
  if (joint.drawn_within.empty()) return "nothing";
  std::string text = "drawn_within:";
  for (const std::string& column : joint.drawn_within) text += " " + column;
  return text;
}

std::optional<std::string> prices_identified_by(const TrainSettings& train, const ModelSettings& settings,
                                                bool propensities) {
  const bool told = std::ranges::any_of(settings.offer_terms,
                                        [](Term term) { return term == Term::apr || term == Term::contract_apr; });
  if (!told) return std::nullopt;
  if (propensities) return "propensity";
  for (const ModelSettings& model : train.models)
    if (const JointSettings* joint = joint_of(model); joint && !joint->drawn_within.empty())
      return identified_by(*joint, false);
  return "nothing";
}

}  // namespace proffer::models
