// summary.md: what a person wants to know about a run in a minute.
#include "jobs/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "storage/publish.hpp"

namespace proffer::jobs {
namespace {

using nlohmann::json;

std::string amount(double value) {
  return with_thousands(std::llround(value));
}

/// Four significant digits for small numbers, whole numbers with thousands for large ones.
std::string figure(double value) {
  return std::fabs(value) >= 1000 ? amount(value) : fmt::format("{:.4g}", value);
}

std::string or_dash(const json& value) {
  return value.is_null() ? "–" : fmt::format("{:.4f}", value.get<double>());
}

std::string list_section(const json& certificate) {
  const std::string currency = certificate.value("currency", "");
  std::string text = "## The list\n\n";
  text +=
      fmt::format("- **{}** of {} borrowers get an offer\n", with_thousands(certificate["offered"].get<long long>()),
                  with_thousands(certificate["borrowers"].get<long long>()));
  text += fmt::format("- planned value **{}** {}", amount(certificate["planned_value"]), currency);
  if (certificate.contains("honest_value"))
    text += fmt::format(
        ", honest value **{}** {} ({:.1f} % of the plan: what models that did not choose say of the same list)",
        amount(certificate["honest_value"]), currency, 100.0 * certificate["honest"]["ratio"].get<double>());
  text += fmt::format("\n- {}: no list within the limits is worth more than {} (gap {:.2g})\n",
                      certificate["status"].get<std::string>(), amount(certificate["bound"]),
                      certificate["gap"].get<double>());
  text += "\n| decision | borrowers |\n|---|---:|\n";
  for (const auto& [name, count] : certificate["decisions"].items())
    if (count.get<long long>() > 0) text += fmt::format("| {} | {} |\n", name, with_thousands(count.get<long long>()));
  return text + "\n";
}

std::string sign_of(const json& limit) {
  return limit["sense"] == "at_least" ? "≥ " : limit["sense"] == "equal" ? "= " : "≤ ";
}

/// What the limit is on: a sum, or a ratio (whose own slack is in no unit one could add up).
std::string limit_cells(const json& limit) {
  const std::string price = fmt::format("{:.4g}", limit["shadow_price"].get<double>());
  if (limit.contains("ratio"))
    return fmt::format("{:.4f} | {}{} | – | {}", limit["ratio"].get<double>(), sign_of(limit),
                       shortest(limit["declared_limit"].get<double>()), price);
  return fmt::format("{} | {}{} | {} | {}", figure(limit["use"].get<double>()), sign_of(limit),
                     figure(limit["limit"].get<double>()), figure(limit["slack"].get<double>()), price);
}

std::string limits_section(const json& certificate) {
  std::string text =
      "## Limits\n\n| limit | basis | use | limit | slack | shadow price | probability of exceeding "
      "|\n|---|---|---:|---:|---:|---:|---:|\n";
  for (const json& limit : certificate["limits"])
    text += fmt::format("| {} | {} | {} | {} |\n", limit["name"].get<std::string>(), limit.value("basis", ""),
                        limit_cells(limit),
                        limit.contains("probability_of_exceeding")
                            ? fmt::format("{:.1f} %", 100.0 * limit["probability_of_exceeding"].get<double>())
                            : "–");
  return text + "\nWhere the expected use equals the limit, the realised use exceeds it about half of the time.\n\n";
}

std::string models_section(const json& metrics) {
  std::string text =
      "## Models\n\n| model | rows | part | base rate | AUC | KS | log loss | Brier | calibration error "
      "|\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const auto& [model, parts] : metrics.items())
    for (const auto& [part, m] : parts.items())
      if (part == "test" || part == "out_of_time")
        text += fmt::format("| {} | {} | {} | {:.4f} | {} | {} | {} | {} | {} |\n", model,
                            part == "test" ? "held out" : "out of time", with_thousands(m["rows"].get<long long>()),
                            m["base_rate"].get<double>(), or_dash(m["auc"]), or_dash(m["ks"]), or_dash(m["log_loss"]),
                            or_dash(m["brier"]), or_dash(m["expected_calibration_error"]));
  return text + "\n";
}

/// Of each model with challengers: which one is used, and why.
std::string champions_section(const json& metrics) {
  std::string text;
  for (const auto& [model, parts] : metrics.items())
    if (parts.contains("comparison"))
      text += fmt::format("- {}: {}\n", model, parts["comparison"]["reason"].get<std::string>());
  return text.empty() ? text : "Champion and challengers:\n\n" + text + "\n";
}

/// Of each uplift model: what treatment changes, and for whom most.
std::string uplift_section(const json& uplifts) {
  if (uplifts.is_null()) return "";
  std::string text =
      "## What contact changes\n\n| uplift | part | treatment | effect | of the highest scores | Qini area per row "
      "|\n|---|---|---|---:|---:|---:|\n";
  const auto interval = [](const json& value, int digits) {
    if (!value.is_object()) return std::string("–");
    return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", value["value"].get<double>(), digits,
                       value["lower"].get<double>(), digits, value["upper"].get<double>(), digits);
  };
  for (const auto& [name, parts] : uplifts.items())
    for (const char* part : {"test", "out_of_time"}) {
      if (!parts.contains(part)) continue;
      for (const json& treatment : parts[part]["treatments"])
        if (treatment.contains("top"))
          text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", name,
                              part == std::string("test") ? "held out" : "out of time",
                              treatment["treatment"].get<std::string>(), interval(treatment["effect"], 4),
                              interval(treatment["top"]["uplift"], 4), interval(treatment["qini"]["area"], 5));
    }
  return text + "\n";
}

std::string assumptions_section(const json& facts) {
  std::string text = "## What the values assume\n\n";
  for (const json& line : facts["assumptions"]) text += fmt::format("- {}\n", line.get<std::string>());
  return text + "\n";
}

/// The list across what rates might change.
std::string sensitivity_section(const json& found) {
  std::string text =
      "## If rates change something else\n\nThe first line is what economics.prices assumes. "
      "`as assumed`: what it brings where the elasticities are those of the line, and which limits it then breaks.\n\n"
      "| take-up elasticity | PD elasticity | value | offers | same offer | as assumed | breaks |\n"
      "|---:|---:|---:|---:|---:|---:|---|\n";
  for (const json& point : found["points"]) {
    const json& assumed = point["lists"][0];
    std::vector<std::string> breaks;
    if (assumed.is_object()) breaks = assumed["breaks"].get<std::vector<std::string>>();
    const bool solved = point.contains("planned_value");
    const bool compared = point.contains("against_assumed") && !point["against_assumed"]["same_share"].is_null();
    text += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} |\n", shortest(point["take_up_elasticity"].get<double>()),
        shortest(point["default_elasticity"].get<double>()), solved ? amount(point["planned_value"]) : "no list",
        solved ? with_thousands(point["offered"].get<long long>()) : "–",
        compared ? fmt::format("{:.1f} %", 100 * point["against_assumed"]["same_share"].get<double>()) : "–",
        assumed.is_object() ? amount(assumed["value"]) : "–", fmt::join(breaks, ", "));
  }
  return text + "\n";
}

class Summary : public Stage {
 public:
  [[nodiscard]] std::string_view name() const override { return "summary"; }

  StageResult run(Workplace& place) override {
    const json& earlier = place.earlier;
    std::string text = fmt::format("# Run {}\n\n", place.directory.path().filename().string());
    if (earlier.contains("generate")) text += "The borrowers are synthetic.\n\n";
    if (earlier.contains("combine")) {
      const json& certificate = earlier["combine"]["certificate"];
      if (certificate.contains("planned_value")) text += list_section(certificate) + limits_section(certificate);
    }
    if (earlier.contains("train")) {
      json models = earlier["train"]["metrics"];
      const json uplifts = models.value("uplift", json());  // beside the names of models
      models.erase("uplift");
      text += models_section(models) + champions_section(models) + uplift_section(uplifts);
    }
    if (earlier.contains("score")) text += assumptions_section(earlier["score"]);
    if (earlier.contains("sensitivity")) text += sensitivity_section(earlier["sensitivity"]["sensitivity"]);
    text += times_section(place.directory.manifest());
    parallel::on_root(place.comm, [&] { storage::write_text_file(place.directory / "summary.md", text); });
    return {};
  }

 private:
  static std::string times_section(const json& manifest) {
    std::string text =
        "## Time and memory\n\n| stage | seconds | rows/s | peak memory per rank, MiB |\n|---|---:|---:|---:|\n";
    for (const auto& [name, stage] : manifest["stages"].items()) {
      if (name == "summary") continue;
      const double seconds = stage.value("seconds", 0.0);
      const double rows = stage.value("rows", 0.0);
      double peak = 0;
      for (const json& bytes : stage.value("peak_memory_bytes", json::array()))
        peak = std::max(peak, bytes.get<double>());
      text += fmt::format("| {} | {:.1f} | {} | {:.0f} |\n", name, seconds, seconds > 0 ? amount(rows / seconds) : "–",
                          peak / 1048576.0);
    }
    return text;
  }
};

}  // namespace

std::unique_ptr<Stage> make_summary(const settings::Config& /*config*/, bool /*alone*/) {
  return std::make_unique<Summary>();
}

}  // namespace proffer::jobs
