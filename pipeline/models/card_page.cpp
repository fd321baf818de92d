#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "foundation/text.hpp"
#include "models/card.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

std::string figure(const json& value, int digits = 4) {
  return value.is_number() ? fmt::format("{:.{}f}", value.get<double>(), digits) : "–";
}
std::string count(const json& value) {
  return with_thousands(value.get<long long>());
}
std::string text(const json& value) {
  return value.get<std::string>();
}

std::string head(const json& card) {
  const json& model = card["model"];
  std::string page = fmt::format("# Model {}\n\nTarget `{}`", text(model["name"]), text(model["target"]));
  if (model["horizon_months"].get<int>() > 0)
    page += fmt::format(" within {} months", model["horizon_months"].get<int>());
  page += fmt::format(", link {}, {} trees.", text(model["link"]), model["trees"].get<std::size_t>());
  if (card.contains("origin"))
    page += fmt::format(" Made by {}; config {}; book SHA-256 {}.", text(card["origin"]["software"]),
                        text(card["origin"]["config_hash"]).substr(0, 12),
                        text(card["origin"]["book_sha256"]).substr(0, 12));
  return page + "\n\n";
}

std::string list_of(const char* title, const json& lines) {
  std::string page = fmt::format("## {}\n\n", title);
  for (const json& line : lines) page += fmt::format("- {}\n", text(line));
  return page + "\n";
}

std::string data_section(const json& data) {
  std::string page = "## Data\n\n| part | rows | positives | first | last |\n|---|---:|---:|---|---|\n";
  for (const auto& [name, part] : data["parts"].items())
    page += fmt::format("| {} | {} | {} | {} | {} |\n", name, count(part["rows"]), count(part["positives"]),
                        part["first"].get<std::int64_t>(), part["last"].get<std::int64_t>());
  const json& outcomes = data["outcomes"];
  page += fmt::format(
      "\nOutcomes of the rows asked about: {} yes, {} no; left out: {} excluded, {} indeterminate, {} "
      "immature or unknown.\n\n| month | rows | positives | rate |\n|---|---:|---:|---:|\n",
      count(outcomes["yes"]), count(outcomes["no"]), count(outcomes["excluded"]), count(outcomes["indeterminate"]),
      count(outcomes["immature_or_unknown"]));
  for (const json& month : data["vintages"])
    page += fmt::format("| {} | {} | {} | {} |\n", month["month"].get<std::int64_t>(), count(month["rows"]),
                        count(month["positives"]), figure(month["rate"]));
  return page + "\n";
}

std::string between(const json& facts, const char* key) {
  if (!facts.contains(key) || !facts[key].is_array()) return "";
  return fmt::format(" [{}, {}]", figure(facts[key][0]), figure(facts[key][1]));
}

std::string performance_section(const json& card) {
  std::string page =
      "## Performance\n\n| part | rows | base rate | predicted | AUC | KS | average precision | log loss | Brier | "
      "calibration error | Hosmer–Lemeshow effect |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const auto& [name, part] : card["performance"].items())
    page += fmt::format("| {} | {} | {} | {} | {}{} | {} | {} | {}{} | {} | {} | {} |\n", name, count(part["rows"]),
                        figure(part["base_rate"]), figure(part["mean_predicted"]), figure(part["auc"]),
                        between(part, "auc_interval"), figure(part["ks"]), figure(part["average_precision"]),
                        figure(part["log_loss"]), between(part, "log_loss_interval"), figure(part["brier"]),
                        figure(part["expected_calibration_error"]),
                        part["hosmer_lemeshow"].is_object() ? figure(part["hosmer_lemeshow"]["effect"]) : "–");
  page += "\nIntervals are of 95 %. ";
  const json& calibration = card["calibration"];
  page += calibration["fitted"].get<bool>()
              ? fmt::format("Calibrated: {}{}.", text(calibration["method"]),
                            calibration["anchor"].is_number()
                                ? fmt::format(", anchored to {}", figure(calibration["anchor"]))
                                : std::string())
              : "Not calibrated.";
  if (card["stability"].is_object())
    page += fmt::format(" Score PSI ({}): {}, {}.", text(card["stability"]["compared"]),
                        figure(card["stability"]["psi"]), text(card["stability"]["shift"]));
  return page + "\n\n";
}

std::string inputs_section(const json& inputs) {
  std::string page =
      "## Inputs\n\n| input | information value | missing | observed | trend | constraint | splits | gain | cover | "
      "CSI | "
      "shift |\n|---|---:|---:|---|---:|---|---:|---:|---:|---:|---|\n";
  for (const json& input : inputs) {
    const json& moved = input["stability"];
    page += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", text(input["name"]),
                        figure(input["information_value"]), figure(input["missing_share"]), text(input["observed"]),
                        figure(input["trend"]), text(input["constraint"]), input["splits"].get<std::uint64_t>(),
                        figure(input["gain"], 1), figure(input["cover"], 1),
                        moved.is_object() ? figure(moved["csi"]) : "–", moved.is_object() ? text(moved["shift"]) : "–");
  }
  return page + "\n";
}

std::string fairness_section(const json& fairness) {
  if (!fairness.is_object() || fairness["columns"].empty()) return "";
  std::string page = fmt::format(
      "## Groups\n\nRows of part {}, accepted by {} {}.\n\n| column | group | rows | accepted | adverse-impact ratio | "
      "p | "
      "true positive rate | difference | precision | difference |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
      text(fairness["part"]), text(fairness["rule"]), figure(fairness["threshold"]));
  for (const auto& [column, groups] : fairness["columns"].items())
    for (const json& group : groups)
      page +=
          fmt::format("| {} | {}{} | {} | {} | {} | {} | {} | {} | {} | {} |\n", column, text(group["group"]),
                      group["reference"].get<bool>() ? " (reference)" : "", count(group["rows"]),
                      figure(group["acceptance_rate"]), figure(group["adverse_impact_ratio"]), figure(group["p_value"]),
                      figure(group["true_positive_rate"]), figure(group["equal_opportunity_difference"]),
                      figure(group["precision"]), figure(group["predictive_parity_difference"]));
  return page + "\n";
}

}  // namespace

std::string card_page(const json& card) {
  return head(card) + list_of("Limits of use", card["limits_of_use"]) + list_of("Assumptions", card["assumptions"]) +
         data_section(card["data"]) + performance_section(card) + fairness_section(card["fairness"]) +
         inputs_section(card["inputs"]);
}

}  // namespace proffer::models
