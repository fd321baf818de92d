#include "forgeries.hpp"

namespace forged {

std::vector<Case> certificate_cases() {
  const auto limit = [](json& c, std::size_t k) -> json& { return c["limits"][k]; };
  return {
      certified("use of a limit", "limit use",
                [=](json& c) { limit(c, 2)["use"] = limit(c, 2)["use"].get<double>() - 1; }),
      certified("slack", "limit slack",
                [=](json& c) { limit(c, 2)["slack"] = limit(c, 2)["slack"].get<double>() + 0.001; }),
      certified("a limit said not to hold", "limit holds", [=](json& c) { limit(c, 3)["holds"] = false; }),
      certified("a shadow price", "relaxed_bound",
                [](json& c) {
                  for (json& one : c["limits"])
                    if (one["shadow_price"] != 0.0) one["shadow_price"] = one["shadow_price"].get<double>() * 1.01;
                }),
      certified("a shadow price on the wrong side", "shadow price",
                [=](json& c) { limit(c, 4)["shadow_price"] = -0.001; }),
      certified("the gap understated", "gap", [](json& c) { c["gap"] = c["gap"].get<double>() / 2; }),
      certified("the bound below the value", "bound",
                [](json& c) {
                  c["bound"] = c["value"].get<double>() - 1;
                  c["gap"] = -1 / c["bound"].get<double>();
                }),
      certified("the bound above the relaxed one", "bound",
                [](json& c) {
                  c["bound"] = c["relaxed_bound"].get<double>() + 1;
                  c["gap"] = (c["bound"].get<double>() - c["value"].get<double>()) / c["bound"].get<double>();
                }),
      certified("the relaxed bound lowered", "relaxed_bound",
                [](json& c) {
                  c["relaxed_bound"] = c["bound"] = c["value"];
                  c["gap"] = 0.0;
                }),
      certified("the value rounded up", "certificate value",
                [](json& c) { c["value"] = c["value"].get<double>() + 0.01; }),
      certified("the planned value", "planned value", [](json& c) { c["planned_value"] = 1e6; }),
      certified("the honest value", "honest value", [](json& c) { c["honest_value"] = c["planned_value"]; }),
      certified("the honest ratio", "honest value",
                [](json& c) {
                  c["honest"]["ratio"] = c["honest"]["ratio"].get<double>() * 1.001;
                  c["honest_value"] = c["value"].get<double>() * c["honest"]["ratio"].get<double>();
                }),
      certified("no honest value", "honest value", [](json& c) { c.erase("honest_value"); }),
      certified("the basis relabelled", "limit basis", [=](json& c) { limit(c, 5)["basis"] = "quantile(0.99)"; }),
      certified("the measure relabelled", "limit measure", [=](json& c) { limit(c, 4)["measure"] = "amount"; }),
      certified("a limit renamed", "limit name", [=](json& c) { limit(c, 4)["name"] = "loss"; }),
      certified("the sense turned", "limit sense", [=](json& c) { limit(c, 8)["sense"] = "at_most"; }),
      certified("the probability of exceeding", "probability of exceeding",
                [=](json& c) { limit(c, 2)["probability_of_exceeding"] = 0.05; }),
      certified(
          "the standard deviation", "standard deviation",
          [=](json& c) { limit(c, 2)["standard_deviation"] = limit(c, 2)["standard_deviation"].get<double>() * 0.9; }),
      certified("the opening balance dropped", "opening balance", [=](json& c) { limit(c, 2)["opening"] = 0.0; }),
      certified("a limit loosened", "limit",
                [=](json& c) {
                  limit(c, 2)["limit"] = limit(c, 2)["limit"].get<double>() + 1000;
                  limit(c, 2)["slack"] = limit(c, 2)["limit"].get<double>() - limit(c, 2)["use"].get<double>();
                }),
      certified("a tolerance", "limit tolerance", [=](json& c) { limit(c, 2)["tolerance"] = 1.0; }),
      certified("a declared limit", "declared limit", [=](json& c) { limit(c, 7)["declared_limit"] = 1e5; }),
      certified("a limit left out", "limits", [](json& c) { c["limits"].erase(1); }),
      certified("a count of decisions", "count",
                [](json& c) { c["decisions"]["suppressed"] = 1 + c["decisions"]["suppressed"].get<int>(); }),
      certified("the number of borrowers", "count", [](json& c) { c["borrowers"] = 1; }),
      certified("another currency", "currency", [](json& c) { c["currency"] = "USD"; }),
      certified("no certificate", "error 3", [](json& c) { c.erase("bound"); }),
      setting("a gap that is not certified", "status", "combine.gap_tolerance", "-1"),
      setting("another opening balance", "limit", "combine.limits.2.opening", "0"),
      setting("another tightness of a quantile", "limit broken", "combine.limits.5.limit", "1"),
      setting("another common shock", "standard deviation", "combine.common_shock", "0.2"),
      setting("another segment of a limit", "limit use", "combine.limits.7.segment", "[north]"),
  };
}

}  // namespace forged
