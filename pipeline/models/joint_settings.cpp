#include "models/joint_settings.hpp"

#include <charconv>

namespace proffer::models {
namespace {

std::optional<double> read_rho(const settings::Section& section) {
  const std::string text =
      section.text("rho", {.doc = "correlation of the hidden causes of take-up and default: estimate, or a number "
                                  "between -0.95 and 0.95",
                           .fallback = "estimate"});
  if (text == "estimate") return std::nullopt;
  double rho = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rho);
  if (error != std::errc{} || end != text.data() + text.size() || !(rho >= -largest_correlation) ||
      !(rho <= largest_correlation))
    throw section.error("rho", "rho is " + text, "it is neither estimate nor a number between -0.95 and 0.95",
                        "write estimate");
  return rho;
}

}  // namespace

std::optional<JointSettings> read_joint(const settings::Section& model) {
  const settings::Section section =
      model.section("joint", "learn default together with the response to the offer, under one likelihood");
  if (!section.present()) return std::nullopt;
  JointSettings joint;
  joint.where = section.where();
  joint.response = section.text(
      "response",
      {.doc = "name of the model of the response (link: probit), earlier in train.models", .fallback = "response"});
  joint.excluded = section.texts(
      "excluded", {.doc = "inputs of the response model that move take-up but not default: offer terms such as channel "
                          "or apr (where contract_apr is learnt from), or columns. They identify the correlation"});
  joint.drawn_within = section.texts(
      "drawn_within", {.doc = "where the book has no propensities: columns within whose values the excluded inputs "
                              "were drawn at random. Absent: not identified"});
  joint.rho = read_rho(section);
  joint.folds =
      section.integer("folds", {.doc = "parts that f and h are cross-fitted over", .fallback = 3, .min = 2, .max = 20});
  joint.bootstrap = section.integer(
      "bootstrap",
      {.doc = "replications with hashed weights, for the interval of rho", .fallback = 100, .min = 0, .max = 10000});
  if (joint.excluded.empty() && !section.for_reference())
    throw section.error("", "joint excludes nothing",
                        "only what moves take-up but not default tells the correlation from the model's shape",
                        "name offer terms under joint.excluded, for example [channel]");
  return joint;
}

}  // namespace proffer::models
