#include "models/uplift_settings.hpp"

#include <fmt/format.h>

#include <array>

#include "foundation/error.hpp"

namespace proffer::models {
namespace {

constexpr std::array<std::string_view, 3> learner_names = {"s", "t", "x"};

void read_target(const settings::Section& section, UpliftSettings& uplift) {
  const std::string target = section.text(
      "target", {.doc = "outcome that is known with and without contact: responded, booked, or a column of 0 and 1",
                 .fallback = "responded"});
  if (target == name_of(Target::defaulted) || target == name_of(Target::fraud))
    throw section.error("target", fmt::format("uplift of {} cannot be learnt", target),
                        "it is known of those who take a loan only", "use responded, booked or a column");
  if (target == name_of(Target::responded) || target == name_of(Target::booked))
    uplift.trees.target = target_of(target);
  else
    uplift.outcome_column = target;
}

void read_treatment(const settings::Section& section, UpliftSettings& uplift) {
  uplift.treatment = section.text("treatment", {.doc = "contacted: any contact against none; product or channel: each "
                                                       "of them against no contact; or a column whose values are arms",
                                                .fallback = "contacted"});
  uplift.control =
      section.text("control", {.doc = "the value of the treatment column that is no treatment", .fallback = ""});
  if (section.for_reference()) return;
  const bool is_offer =
      uplift.treatment == "contacted" || uplift.treatment == "product" || uplift.treatment == "channel";
  if (is_offer && !uplift.control.empty())
    throw section.error("control", fmt::format("control is set and treatment is {}", uplift.treatment),
                        "the controls are those who were not contacted", "remove control, or name a column");
  if (!is_offer && uplift.control.empty())
    throw section.error("treatment", fmt::format("treatment is the column {}", uplift.treatment),
                        "which of its values is no treatment is not said", "add control: LABEL");
}

}  // namespace

std::string_view name_of(Learner learner) {
  return learner_names[static_cast<std::size_t>(learner)];
}

UpliftSettings read_uplift(const std::string& name, const settings::Section& section) {
  UpliftSettings uplift;
  uplift.trees.name = name;
  uplift.trees.where = section.where();
  uplift.trees.second_opinion = true;
  read_target(section, uplift);
  read_treatment(section, uplift);
  const std::string learner = section.text(
      "learner", {.doc = "s: one forest that knows the arm; t: a forest per arm; x: forests of the effect behind them",
                  .fallback = "t",
                  .choices = {learner_names.begin(), learner_names.end()}});
  uplift.learner = learner == "s" ? Learner::s : learner == "t" ? Learner::t : Learner::x;
  uplift.propensity = section.text("propensity", {.doc = "column: the probability with which the row's own arm was "
                                                         "drawn; empty: each arm had the same for everyone",
                                                  .fallback = ""});
  uplift.trees.features = section.texts("features", {.doc = "columns to learn from; absent: all with role feature"});
  uplift.trees.exclude = section.texts("exclude", {.doc = "columns to leave out"});
  read_trees(section, uplift.trees);
  uplift.effect_rounds = section.integer(
      "effect_rounds", {.doc = "of an X-learner: most trees of an effect", .fallback = 50, .min = 1, .max = 10000});
  uplift.effect_min_rows = section.number(
      "effect_min_rows",
      {.doc = "of an X-learner: least rows in a leaf of an effect", .fallback = 200.0, .min = 1, .max = 1e9});
  uplift.top_share =
      section.number("top_share", {.doc = "the uplift of this share of the rows, highest scores, is reported",
                                   .fallback = 0.3,
                                   .min = 0.001,
                                   .max = 1});
  uplift.replicates = section.integer(
      "replicates", {.doc = "bootstrap replicates behind the intervals", .fallback = 200, .min = 20, .max = 10000});
  return uplift;
}

}  // namespace proffer::models
