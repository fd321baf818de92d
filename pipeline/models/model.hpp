// A trained model as scoring needs it, and its file models/NAME.json (docs/formats.md, "Model").
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "boosting/forest.hpp"
#include "features/binning.hpp"
#include "foundation/types.hpp"
#include "models/calibration.hpp"
#include "models/joint_model.hpp"
#include "models/settings.hpp"

namespace proffer::models {

/// How often terms were really offered: what a model may speak about without extrapolating.
struct Trials {
  std::uint8_t product = 0;
  double limit = 0;
  float apr = 0;
  std::uint16_t term = 0;
  std::uint64_t count = 0;
};

/// A model of the same outcome that learnt only from the rows kept from the first one, its level anchored on the rows
/// the first one learnt from. What both say about a pair that was chosen by the first: docs/methods.md, "Honest value".
struct SecondOpinion {
  boosting::Forest forest;
  double intercept = 0;  ///< added to the log-odds of the margin's probability
};

struct Model {
  std::string name;
  Target target = Target::responded;
  Link link = Link::logistic;
  int horizon_months = 0;  ///< of a default model; 0 = none
  std::vector<std::string> features;
  std::vector<std::vector<std::string>> dictionaries;  ///< of each feature: labels of its codes, empty where numeric
  std::vector<Term> offer_terms;
  std::vector<std::string> products, channels;  ///< labels of the codes it was trained on
  features::BinTable bins;                      ///< of features, then offer terms
  boosting::Forest forest;
  std::optional<Calibration> calibration;  ///< of the forest's probabilities; absent: they stand as they are
  std::optional<SecondOpinion> second;
  std::optional<JointModel> joint;  ///< the margin is then g, and PD that of those who take the offer
  std::vector<Trials> trials;       ///< sorted; only where the book has offers
  nlohmann::json training;          ///< facts: rows, positives, rounds …

  [[nodiscard]] std::size_t inputs() const { return features.size() + offer_terms.size(); }
};

/// Probability of a margin: 1/(1 + exp(−margin)) or Φ(margin), in double.
[[nodiscard]] Probability probability(Link link, float margin);
/// log(p / (1 − p)) of the margin's probability, exact far in the tails.
[[nodiscard]] double log_odds(Link link, float margin);
/// The model's probability: of the margin, calibrated where the model has a calibration.
[[nodiscard]] Probability probability(Link link, const std::optional<Calibration>& calibration, float margin);
/// Probability by a second opinion: of the margin, its log-odds moved by the intercept.
[[nodiscard]] Probability probability(Link link, const SecondOpinion& second, float margin);

/// JSON text of the model, the same bytes for the same model.
[[nodiscard]] std::string as_text(const Model& model);
/// DataError where the text is no model, or of a newer major version.
[[nodiscard]] Model model_from_text(std::string_view text, std::string_view file);
/// Independent. Reads models/NAME.json. UsageError where absent.
[[nodiscard]] Model read_model_file(const std::filesystem::path& path);

}  // namespace proffer::models
