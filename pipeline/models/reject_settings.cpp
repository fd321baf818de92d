#include "models/reject_settings.hpp"

#include <algorithm>
#include <array>

namespace proffer::models {
namespace {

constexpr std::array<std::string_view, 5> names = {"ignore", "reweighting", "parcelling", "fuzzy", "joint"};

RejectMethod method_of(std::string_view name) {
  return static_cast<RejectMethod>(std::ranges::find(names, name) - names.begin());
}

}  // namespace

std::string_view name_of(RejectMethod method) {
  return names[static_cast<std::size_t>(method)];
}

RejectSettings read_rejects(const settings::Section& model, bool is_joint) {
  RejectSettings rejects;
  const settings::Section section =
      model.section("rejects", "how applicants that the lender declined take part in a default model");
  if (!section.present()) return rejects;
  rejects.method = method_of(section.text(
      "method",
      {.doc = "ignore: they do not; reweighting: the booked stand for those declined with the same chance of "
              "being booked; parcelling: outcomes drawn by score band; fuzzy: each enters as bad and as good, "
              "weighted by its PD; joint: as the joint model has them (accepted, default unknown)",
       .fallback = "ignore",
       .choices = {names.begin(), names.end()}}));
  for (const std::string& name :
       section.texts("compare", {.doc = "methods that are fitted too and reported side by side",
                                .choices = {"ignore", "reweighting", "parcelling", "fuzzy"}}))
    rejects.compare.push_back(method_of(name));
  rejects.bands = section.integer(
      "bands", {.doc = "bands of the score, of about equally many applicants", .fallback = 10, .min = 2, .max = 100});
  rejects.increase = section.number("increase", {.doc = "parcelling, fuzzy: PD of the declined against that of the "
                                                        "booked of the same score; a judgement, not estimated",
                                                 .fallback = 1.0,
                                                 .min = 0.1,
                                                 .max = 20});
  rejects.outcome = section.text("outcome", {.doc = "column of 0 and 1: default of the declined where it is known (a "
                                                    "bureau, full acceptance); methods are judged by it",
                                             .fallback = ""});
  if (section.for_reference()) return rejects;
  if ((rejects.method == RejectMethod::joint) != is_joint && (is_joint ? rejects.infers() : true))
    throw section.error("method", std::string("rejects.method is ") + std::string(name_of(rejects.method)),
                        is_joint ? "the joint model has declined applicants as accepted, with default unknown"
                                 : "the model is not joint",
                        is_joint ? "set method: joint, or leave rejects out" : "add joint, or choose another method");
  return rejects;
}

}  // namespace proffer::models
