#include "models/uplift_card.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "foundation/text.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

constexpr double unlikely = 0.01;

std::string figure(const json& value, int digits = 4) {
  return value.is_number() ? fmt::format("{:.{}f}", value.get<double>(), digits) : "–";
}
std::string with_interval(const json& interval, int digits = 4) {
  if (!interval.is_object()) return "–";
  return fmt::format("{} ({} to {})", figure(interval["value"], digits), figure(interval["lower"], digits),
                     figure(interval["upper"], digits));
}
std::string count(const json& value) {
  return with_thousands(value.get<long long>());
}
std::string text(const json& value) {
  return value.get<std::string>();
}

json assumptions(const UpliftSettings& settings, const UpliftRows& rows) {
  json lines = json::array();
  lines.push_back(settings.propensity.empty()
                      ? "arms were drawn at random, with the same probabilities for everyone"
                      : fmt::format("arms were drawn at random, with the probability in {}", settings.propensity));
  lines.push_back("one borrower's arm does not change another's outcome");
  lines.push_back(
      fmt::format("an effect is that of a treatment against '{}', at terms like those of the book", rows.arms[0]));
  if (settings.trees.early_stopping > 0) lines.push_back("the valid rows chose the number of trees");
  return lines;
}

json limits_of_use(const json& metrics, const json& balance) {
  json lines = json::array();
  if (!metrics.contains("test") && !metrics.contains("out_of_time"))
    lines.push_back("was not tested on rows kept from training");
  if (balance["probability"].get<double>() < unlikely)
    lines.push_back(fmt::format("arms do not look random: {} of {} inputs differ between them more than by chance",
                                balance["above_threshold"].get<int>(), balance["checked"].get<int>()));
  for (const char* part : {"test", "out_of_time"}) {
    if (!metrics.contains(part)) continue;
    for (const json& treatment : metrics[part]["treatments"]) {
      const json& area = treatment.value("qini", json::object()).value("area", json());
      if (area.is_object() && area["lower"].get<double>() <= 0)
        lines.push_back(fmt::format("whether it tells apart whom {} moves is not certain ({})",
                                    text(treatment["treatment"]), part));
    }
  }
  return lines;
}

/// What is told of a part that did not train, without the curve.
json performance(const json& metrics) {
  json parts = json::object();
  for (const char* part : {"test", "out_of_time"}) {
    if (!metrics.contains(part)) continue;
    parts[part] = metrics[part];
    for (json& treatment : parts[part]["treatments"])
      if (treatment.contains("qini")) treatment["qini"].erase("curve");
  }
  return parts;
}

std::string treatment_section(const json& treatment) {
  std::string page =
      fmt::format("### {}\n\n{} treated, {} controls. Effect on everyone {}; predicted {}.\n",
                  text(treatment["treatment"]), count(treatment["treated"]), count(treatment["controls"]),
                  with_interval(treatment.value("effect", json())), figure(treatment["mean_predicted"]));
  if (!treatment.contains("deciles")) return page + "\n";
  page += fmt::format("Qini area per row {}, coefficient {}, AUUC {}. Effect on the highest {:.0f} %: {}.\n\n",
                      with_interval(treatment["qini"]["area"], 5), with_interval(treatment["qini"]["coefficient"], 5),
                      with_interval(treatment["qini"]["auuc"], 5), 100 * treatment["top"]["share"].get<double>(),
                      with_interval(treatment["top"]["uplift"]));
  page += "| tenth | treated | controls | rate of treated | rate of controls | uplift | predicted |\n";
  page += "|---:|---:|---:|---:|---:|---:|---:|\n";
  int tenth = 0;
  for (const json& decile : treatment["deciles"])
    page +=
        fmt::format("| {} | {:.0f} | {:.0f} | {} | {} | {} | {} |\n", ++tenth, decile["treated"].get<double>(),
                    decile["controls"].get<double>(), figure(decile["treated_rate"]), figure(decile["control_rate"]),
                    with_interval(decile["uplift"]), figure(decile["mean_predicted"]));
  return page + "\n";
}

std::string policy_section(const json& policy) {
  std::string page = "Recommended: ";
  bool first = true;
  for (const json& arm : policy["recommended"]) {
    page += fmt::format("{}{} {:.1f} %", first ? "" : ", ", text(arm["arm"]), 100 * arm["share"].get<double>());
    first = false;
  }
  return page + fmt::format(". Rate {}; the best for all is {}, rate {}; gain {}.\n\n", with_interval(policy["rate"]),
                            text(policy["best_for_all"]["arm"]), with_interval(policy["best_for_all"]["rate"]),
                            with_interval(policy["gain"]));
}

std::string list_of(const char* title, const json& lines) {
  std::string page = fmt::format("## {}\n\n", title);
  for (const json& line : lines) page += fmt::format("- {}\n", text(line));
  return page + "\n";
}

}  // namespace

json uplift_card(const UpliftSettings& settings, const UpliftRows& rows, const UpliftModel& model, const json& metrics,
                 const json& balance) {
  json arms = json::array();
  for (const UpliftArm& arm : model.arms) arms.push_back({{"label", arm.label}, {"share", arm.share}});
  return {{"format", "proffer-uplift-card"},
          {"format_version", "1.0"},
          {"model",
           {{"name", model.name},
            {"outcome", model.outcome},
            {"treatment", model.treatment},
            {"learner", std::string(name_of(model.learner))},
            {"arms", arms},
            {"inputs", model.features}}},
          {"balance", balance},
          {"performance", performance(metrics)},
          {"assumptions", assumptions(settings, rows)},
          {"limits_of_use", limits_of_use(metrics, balance)}};
}

std::string uplift_card_page(const json& card) {
  const json& model = card["model"];
  std::string page =
      fmt::format("# Uplift model {}\n\nOutcome `{}`, treatment `{}`, {}-learner, {} inputs.", text(model["name"]),
                  text(model["outcome"]), text(model["treatment"]), text(model["learner"]), model["inputs"].size());
  if (card.contains("origin"))
    page += fmt::format(" Made by {}; config {}; book SHA-256 {}.", text(card["origin"]["software"]),
                        text(card["origin"]["config_hash"]).substr(0, 12),
                        text(card["origin"]["book_sha256"]).substr(0, 12));
  page += "\n\n| arm | share of the training rows |\n|---|---:|\n";
  for (const json& arm : model["arms"]) page += fmt::format("| {} | {} |\n", text(arm["label"]), figure(arm["share"]));
  const json& balance = card["balance"];
  page += fmt::format(
      "\n{} of {} inputs differ between arms by more than their threshold (probability of so many by "
      "chance {}).\n\n",
      balance["above_threshold"].get<int>(), balance["checked"].get<int>(), figure(balance["probability"], 3));
  for (const auto& [part, facts] : card["performance"].items()) {
    page += fmt::format("## Performance: {}, {} rows\n\n", part == "test" ? "held out" : "out of time",
                        count(facts["rows"]));
    for (const json& treatment : facts["treatments"]) page += treatment_section(treatment);
    page += policy_section(facts["policy"]);
  }
  return page + list_of("Assumptions", card["assumptions"]) + list_of("Limits of use", card["limits_of_use"]);
}

}  // namespace proffer::models
