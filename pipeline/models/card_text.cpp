#include "models/card_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

namespace proffer::models {
namespace {

using nlohmann::json;

/// A figure per unit, from the lowest value of a term to the highest.
double across(const json& slope, const char* figure) {
  return slope[figure].get<double>() * (slope["highest"].get<double>() - slope["lowest"].get<double>());
}

/// What a joint model rests on.
void add_joint(const Model& model, json& lines) {
  const json& facts = model.training["joint"];
  std::string rho = fmt::format("{:.2f}, set and not estimated", model.joint->rho);
  if (facts["estimated"].get<bool>())
    rho = fmt::format("{:.2f} (95 %: {:.2f} to {:.2f}{})", model.joint->rho, facts["interval_95"][0].get<double>(),
                      facts["interval_95"][1].get<double>(),
                      facts["undetermined"].get<bool>() ? "; the data hardly tell it" : "");
  lines.push_back(fmt::format("the hidden causes of take-up and default are normal, with correlation {}", rho));
  lines.push_back(fmt::format("what moves take-up and not default: {}", fmt::join(model.joint->excluded, ", ")));
  for (const json& slope : facts["offer_slopes"])
    lines.push_back(
        fmt::format("the trees stop before they know rare terms: from {} {:.6g} to {:.6g} the margin was given {:+.3f} "
                    "(s.e. {:.3f}) more",
                    slope["input"].get<std::string>(), slope["lowest"].get<double>(), slope["highest"].get<double>(),
                    across(slope, "per_unit"), across(slope, "standard_error")));
}

void add_taker_defaults(const Model& model, json& lines) {
  const std::string what =
      fmt::format("says how likely those who take the offer default within {} months", model.horizon_months);
  if (!model.joint) {
    lines.push_back(what + ", as long as selection by offer stays as it was");
    return;
  }
  lines.push_back(fmt::format("{}{}: learnt together with the model {}", what,
                              model.joint->identified ? ", whichever offer" : "", model.joint->response));
  add_joint(model, lines);
}

}  // namespace

std::uint64_t rows_in(const json& metrics, Part part) {
  const std::string name(name_of(part));
  return metrics.contains(name) ? metrics[name]["rows"].get<std::uint64_t>() : 0;
}

json card_assumptions(const CardSubject& subject) {
  json lines = json::array();
  switch (subject.settings.target) {
    case Target::responded:
      lines.push_back("says how likely a borrower accepts, if contacted with the offer");
      break;
    case Target::booked:
      lines.push_back("says how likely an application is booked; an applicant the lender declined was not booked");
      break;
    case Target::defaulted:
      add_taker_defaults(subject.model, lines);
      lines.push_back("a default or a good account counts only once its window is over");
      break;
    case Target::fraud:
      lines.push_back("says how likely a booked account is fraud");
      break;
    case Target::attrited:
      lines.push_back(
          fmt::format("says how likely an existing customer leaves within {} months", subject.model.horizon_months));
      break;
    case Target::repeated:
      lines.push_back(fmt::format("says how likely an existing customer borrows again within {} months",
                                  subject.model.horizon_months));
      break;
    case Target::delinquent:
      lines.push_back(
          fmt::format("says how likely an existing account goes bad within {} months, as long as it is "
                      "treated as such accounts were",
                      subject.model.horizon_months));
      break;
  }
  if (subject.settings.early_stopping > 0) lines.push_back("the valid rows chose the number of trees");
  if (subject.model.calibration)
    lines.push_back(fmt::format("calibrated on the valid rows: {}", name_of(subject.model.calibration->method)));
  if (subject.settings.calibration.anchor)
    lines.push_back(fmt::format("the level is not that of the data: it is moved to a base rate of {}",
                                *subject.settings.calibration.anchor));
  for (const borrowers::Column& column : subject.schema.columns)
    if (column.role == borrowers::Role::monitor_only)
      lines.push_back(fmt::format("{} is watched and was not learnt from", column.name));
  return lines;
}

json card_limits(const CardSubject& subject, const json& card) {
  constexpr std::uint64_t few = 500;
  json lines = json::array();
  const json& train = subject.metrics["train"];
  if (train["positives"].get<std::uint64_t>() < few)
    lines.push_back(fmt::format("rests on {} positives: intervals are wide", train["positives"].get<std::uint64_t>()));
  if (rows_in(subject.metrics, Part::out_of_time) == 0) lines.push_back("was not tested out of time");
  if (rows_in(subject.metrics, Part::test) == 0) lines.push_back("was not tested on rows kept from training");
  if (!subject.model.offer_terms.empty())
    lines.push_back("terms that were hardly offered are extrapolated: score flags them unsupported");
  if (card["stability"].is_object() && card["stability"]["shift"] != "stable")
    lines.push_back(fmt::format("its scores have moved ({})", card["stability"]["compared"].get<std::string>()));
  if (card["fairness"].is_object())
    for (const auto& [column, groups] : card["fairness"]["columns"].items())
      for (const json& group : groups)
        if (group["below_four_fifths"].get<bool>())
          lines.push_back(fmt::format("{} {} is accepted less than four fifths as often as the reference group", column,
                                      group["group"].get<std::string>()));
  if (subject.model.joint)
    for (const json& warning : subject.model.training["joint"]["warnings"]) lines.push_back(warning);
  for (const json& input : card["inputs"])
    if (input["stability"].is_object() && input["stability"]["shift"] == "shifted")
      lines.push_back(fmt::format("{} has shifted since training", input["name"].get<std::string>()));
  lines.push_back(
      fmt::format("knows nothing of changes after {}", card["data"]["parts"]["train"]["last"].get<std::int64_t>()));
  return lines;
}

}  // namespace proffer::models
