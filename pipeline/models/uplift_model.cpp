#include "models/uplift_model.hpp"

#include <array>

#include "foundation/error.hpp"
#include "statistics/logistic.hpp"

namespace proffer::models {
namespace {

std::vector<float> margins_of_rows(const boosting::Forest& forest, std::span<const std::uint8_t> codes, int threads) {
  return boosting::margins(forest, codes, forest.features == 0 ? 0 : codes.size() / forest.features, threads);
}

/// Where a row goes on from `at` while the code of what it is asked for is known.
std::int32_t past_known(const boosting::Tree& tree, std::int32_t at, std::size_t features,
                        std::span<const std::uint8_t> codes) {
  for (;;) {
    const boosting::Node& node = tree.nodes[static_cast<std::size_t>(at)];
    if (node.is_leaf() || node.feature < features) return at;
    const std::uint8_t code = codes[node.feature - features];
    const bool left = code == features::missing_code ? node.default_left : code < node.split_code;
    at = left ? node.left : node.right;
  }
}

/// The tree without splits on what is known, siblings side by side, where XGBoost looks for them.
boosting::Tree pruned(const boosting::Tree& tree, std::size_t features, std::span<const std::uint8_t> codes) {
  boosting::Tree kept;
  kept.nodes.push_back(tree.nodes[static_cast<std::size_t>(past_known(tree, 0, features, codes))]);
  for (std::size_t at = 0; at < kept.nodes.size(); ++at) {
    if (kept.nodes[at].is_leaf()) continue;
    const std::array children = {kept.nodes[at].left, kept.nodes[at].right};
    kept.nodes[at].left = static_cast<std::int32_t>(kept.nodes.size());
    kept.nodes[at].right = kept.nodes[at].left + 1;
    for (const std::int32_t child : children)
      kept.nodes.push_back(tree.nodes[static_cast<std::size_t>(past_known(tree, child, features, codes))]);
  }
  return kept;
}

nlohmann::json arm_json(const UpliftArm& arm) {
  nlohmann::json json = {{"label", arm.label}, {"share", arm.share}, {"outcome", arm.outcome}};
  if (arm.effect)
    json["effect"] = {{"of_treated", arm.effect->of_treated},
                      {"of_controls", arm.effect->of_controls},
                      {"weight", arm.effect->weight}};
  return json;
}

}  // namespace

std::vector<double> outcome_probabilities(const boosting::Forest& forest, std::span<const std::uint8_t> codes,
                                          int threads) {
  const std::vector<float> margins = margins_of_rows(forest, codes, threads);
  std::vector<double> probabilities;
  probabilities.reserve(margins.size());
  for (const float margin : margins) probabilities.push_back(statistics::sigmoid(static_cast<double>(margin)));
  return probabilities;
}

std::vector<double> effects(const UpliftModel& model, std::size_t arm, std::span<const std::uint8_t> codes,
                            int threads) {
  expects(arm > 0 && arm < model.arms.size(), "an arm with treatment");
  const std::optional<UpliftEffect>& effect = model.arms[arm].effect;
  std::vector<double> out;
  if (effect) {
    const std::vector<float> treated = margins_of_rows(effect->of_treated, codes, threads);
    const std::vector<float> controls = margins_of_rows(effect->of_controls, codes, threads);
    for (std::size_t i = 0; i < treated.size(); ++i)
      out.push_back(effect->weight * static_cast<double>(controls[i]) +
                    (1 - effect->weight) * static_cast<double>(treated[i]));
    return out;
  }
  out = outcome_probabilities(model.arms[arm].outcome, codes, threads);
  const std::vector<double> without = outcome_probabilities(model.arms[0].outcome, codes, threads);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] -= without[i];
  return out;
}

boosting::Forest with_known(const boosting::Forest& forest, std::size_t features, std::span<const std::uint8_t> codes) {
  expects(features + codes.size() == forest.features, "a code for every input behind the first ones");
  boosting::Forest kept;
  kept.base_margin = forest.base_margin;
  kept.features = static_cast<std::uint32_t>(features);
  for (const boosting::Tree& tree : forest.trees) kept.trees.push_back(pruned(tree, features, codes));
  return kept;
}

std::string as_text(const UpliftModel& model) {
  nlohmann::json arms = nlohmann::json::array();
  for (const UpliftArm& arm : model.arms) arms.push_back(arm_json(arm));
  const nlohmann::json json = {{"format", "proffer-uplift"},   {"format_version", "1.0"},
                               {"name", model.name},           {"outcome", model.outcome},
                               {"treatment", model.treatment}, {"learner", std::string(name_of(model.learner))},
                               {"features", model.features},   {"dictionaries", model.dictionaries},
                               {"bins", model.bins},           {"arms", arms},
                               {"training", model.training}};
  return json.dump() + "\n";
}

}  // namespace proffer::models
