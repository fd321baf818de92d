// Champion and challengers: trained on the same rows, compared on the same rows, the best is promoted.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "models/champion_settings.hpp"
#include "models/model.hpp"
#include "models/training_rows.hpp"
#include "parallel/communicator.hpp"

namespace proffer::models {

/// A model in a contest. The first is the champion.
struct Candidate {
  std::string name;  ///< champion_name, or the challenger's
  std::string kind;
  std::vector<double> probability;  ///< of every row of this rank
};

struct Contest {
  std::size_t promoted = 0;  ///< index of the candidate
  std::string reason;        ///< a sentence for people
  nlohmann::json facts;      ///< docs/formats.md, "Champion and challengers"
};

/// Collective. Judges the candidates on the test rows and on the out-of-time rows with the same bootstrap replicates
/// (rows of a unit together, by hash), each by its own interval and by that of its difference to the champion. Promotes
/// the best by rules.by on the rules' part among those better than the champion by more than the margin; the champion
/// where none is, or where the part has no rows or one class only. Ties: the first. The same at any number of ranks.
[[nodiscard]] Contest compare(const parallel::Communicator& comm, const PromotionSettings& rules,
                              std::span<const Candidate> candidates, const TrainingRows& rows, std::uint64_t seed);

/// Independent. Probabilities of a model for rows with these margins.
[[nodiscard]] std::vector<double> probabilities(const Model& model, std::span<const float> margins);

}  // namespace proffer::models
