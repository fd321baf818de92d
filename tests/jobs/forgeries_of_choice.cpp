#include "forgeries.hpp"

namespace forged {

std::vector<Case> choice_cases() {
  const auto choice = [](std::string name, std::string kind, std::function<void(File&)> change) {
    return Case{std::move(name), std::move(kind),
                [change = std::move(change)](Run& run) { run.table("offers/choice.h5", change); }};
  };
  const auto made = [](File& f, bool chosen) -> std::int32_t& {
    for (std::int32_t& c : f["/choice"].as<std::int32_t>())
      if ((c >= 0) == chosen) return c;
    throw std::logic_error("everybody or nobody is chosen");
  };
  return {
      choice("a choice taken back", "certificate value", [=](File& f) { made(f, true) = -1; }),
      choice("a choice more", "limit use", [=](File& f) { made(f, false) = 0; }),
      choice("choices for everybody", "limit broken",
             [](File& f) {
               for (std::int32_t& c : f["/choice"].as<std::int32_t>()) c = 0;
             }),
      choice("an offer that is not there", "choice", [=](File& f) { made(f, true) = 99; }),
      choice("somebody else's id", "id", [](File& f) { at<std::uint64_t>(f, "/id", 3) += 7; }),
      choice("ineligible offers", "not eligible",
             [](File& f) {
               for (std::int32_t& c : f["/choice"].as<std::int32_t>()) c = 1;
             }),
      certified("use of a limit", "limit use", [](json& c) { c["limits"][0]["use"] = 1.0; }),
      certified("a limit", "limit", [](json& c) { c["limits"][1]["limit"] = 1000.0; }),
      certified("a shadow price", "relaxed_bound", [](json& c) { c["limits"][0]["shadow_price"] = 10.0; }),
      certified("the gap", "gap", [](json& c) { c["gap"] = 0.5; }),
      certified("a limit left out", "error 3", [](json& c) { c["limits"].erase(0); }),
      certified("the status", "status", [](json& c) { c["status"] = "feasible"; }),
  };
}

}  // namespace forged
