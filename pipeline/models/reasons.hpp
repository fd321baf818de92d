// Why a model speaks against a borrower, in a few concepts that a letter can name.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/model.hpp"
#include "models/reasons_shap.hpp"
#include "settings/section.hpp"

namespace proffer::models {

/// Inputs that a borrower would see as one thing.
struct Concept {
  std::string name;
  std::vector<std::string> features;
  std::string phrase;  ///< for letters
};
struct ReasonSettings {
  std::vector<Concept> concepts;
  std::string where;  ///< file:line:column, for messages
};
/// Reads {concepts: {NAME: {features: [...], phrase: "..."}}}.
[[nodiscard]] ReasonSettings read_reasons(const settings::Section& section);

inline constexpr std::size_t most_reasons = 4;
inline constexpr std::uint16_t no_concept = 65535;

/// Ranks concepts by what they add to the margin. Const after construction; threads may share it.
class ModelReasons {
 public:
  /// Features of the model that no concept names are concepts of their own; offer terms say nothing of the borrower and
  /// are left out unless a concept names them (as offer.apr). UsageError where a concept names an input that the model
  /// does not have, or one that another concept has. `model` must outlive it.
  ModelReasons(const Model& model, const ReasonSettings& settings);

  [[nodiscard]] const std::vector<Concept>& concepts() const { return concepts_; }
  /// Independent. The concepts that raise the margin of a row of codes most, at most four, no_concept behind them: by
  /// the sum of their inputs' points lost where the model is additive (a scorecard), else of their Shapley values; ties
  /// by the order of the concepts. std::logic_error where the contributions do not add up to the margin.
  [[nodiscard]] std::array<std::uint16_t, most_reasons> against(std::span<const std::uint8_t> codes) const;
  /// Independent. What every concept adds, in the order of concepts().
  [[nodiscard]] std::vector<double> sums(std::span<const std::uint8_t> codes) const;

 private:
  const Model& model_;
  TreeShap shap_;
  std::vector<Concept> concepts_;
  std::vector<std::uint16_t> concept_of_;  // per input
};

}  // namespace proffer::models
