// What an uplift model says of a row, and its file models/NAME.json (docs/formats.md, "Uplift model").
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "boosting/forest.hpp"
#include "features/binning.hpp"
#include "models/settings.hpp"

namespace proffer::models {

/// Forests of the effect of one treatment (Künzel et al. 2019, X-learner): τ = weight · τ₀ + (1 − weight) · τ₁.
struct UpliftEffect {
  boosting::Forest of_treated;   ///< τ₁, from outcome − μ₀ of the treated
  boosting::Forest of_controls;  ///< τ₀, from μ_t − outcome of the controls
  double weight = 0;             ///< share of the treated among them and the controls
};

struct UpliftArm {
  std::string label;
  double share = 0;                    ///< of the training rows
  boosting::Forest outcome;            ///< μ: its margin is the log-odds of the outcome in this arm
  std::optional<UpliftEffect> effect;  ///< of an X-learner's treatments
};

struct UpliftModel {
  std::string name;
  std::string outcome;  ///< responded, booked or a column
  std::string treatment;
  Learner learner = Learner::t;
  std::vector<std::string> features;
  std::vector<std::vector<std::string>> dictionaries;
  features::BinTable bins;
  std::vector<UpliftArm> arms;  ///< the control, then the treatments
  nlohmann::json training;      ///< facts
};

/// Independent. What treatment `arm` changes in the probability of the outcome, per row: rows × features codes.
[[nodiscard]] std::vector<double> effects(const UpliftModel& model, std::size_t arm,
                                          std::span<const std::uint8_t> codes, int threads);

/// Independent. Probability of the outcome in an arm, per row, by its own forest.
[[nodiscard]] std::vector<double> outcome_probabilities(const boosting::Forest& forest,
                                                        std::span<const std::uint8_t> codes, int threads);

/// Pure. The forest on its first `features` inputs where the codes of the others are known: splits on these are gone.
[[nodiscard]] boosting::Forest with_known(const boosting::Forest& forest, std::size_t features,
                                          std::span<const std::uint8_t> codes);

/// JSON text of the model, the same bytes for the same model.
[[nodiscard]] std::string as_text(const UpliftModel& model);

}  // namespace proffer::models
