// Gradient boosting whose result does not depend on ranks, threads, checkpoints or resumes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "boosting/forest.hpp"
#include "boosting/objective.hpp"
#include "boosting/training_data.hpp"

namespace proffer::boosting {

enum class Ensemble { boosting, random_forest };

/// All of them affect results but `threads`.
struct TrainOptions {
  /// random_forest: every tree is fitted to the derivatives at the base margin, on its own rows, and counts 1/rounds.
  Ensemble ensemble = Ensemble::boosting;
  int rounds = 100;
  int max_depth = 6;            ///< 1 … 16
  double eta = 0.1;             ///< learning rate; random_forest uses 1/rounds
  double lambda = 1;            ///< L2 penalty on leaf values
  double gamma = 0;             ///< least gain of a split
  double min_child_weight = 1;  ///< least sum of second derivatives in a leaf
  double row_fraction = 1;      ///< share of units that each tree sees, chosen by a hash of unit and round
  std::vector<int> monotone =
      {};  ///< per feature: 1 the margin must not fall with it, −1 must not rise, 0 free; empty: all free
  int early_stop_rounds = 0;               ///< stop once the held-out loss has not fallen for so many rounds; 0: never
  std::optional<double> base_margin = {};  ///< absent: the constant that fits the training rows best
  std::uint64_t seed = 0;                  ///< of the row sampling
  int threads = 1;                         ///< affects speed
};

/// UsageError where an option is out of bounds or `monotone` does not fit the features. Independent.
void check(const TrainOptions& options, std::size_t features);

/// Rows to train or judge on. Spans must outlive the training; an empty `weights` means 1 each; weights are finite, ≥
/// 0.
struct Fitted {
  const Objective& objective;
  std::span<const double> weights = {};
};
struct HeldOut {
  const Objective& objective;
  std::span<const std::uint8_t> codes;  ///< rows × features
  std::span<const double> weights = {};
};

/// Where a training stands after some rounds; enough to go on from. Everything in it is the same on every rank.
struct Progress {
  Forest forest;
  std::vector<double> held_out_loss;  ///< mean loss per round, empty where nothing is held out
  [[nodiscard]] std::size_t rounds() const { return forest.trees.size(); }
  friend bool operator==(const Progress&, const Progress&) = default;
};
void to_json(nlohmann::json& json, const Progress& progress);
void from_json(const nlohmann::json& json, Progress& progress);

/// Called on every rank after every round; false stops the training. It must answer the same on every rank.
using AfterRound = std::function<bool(const Progress&)>;

struct Trained {
  Forest forest;                      ///< up to the best round where rows were held out and early stopping was on
  std::vector<double> held_out_loss;  ///< of all rounds
  bool complete = true;               ///< false where `after_round` stopped it
};

/// Collective. Fits `fitted.objective` on the rows of `data`.
///
/// Derivatives are computed in double, times weight, and rounded once to a grid of powers of two on which all sums in
/// XGBoost are exact (docs: "Trees that do not depend on the number of ranks"); each tree is grown by a booster that
/// knows nothing but these, so a tree depends on the rows, the margins and the options alone. `resume` is a Progress
/// of the same data and options: the result is that of an uninterrupted run, bit for bit.
[[nodiscard]] Trained train(const TrainingData& data, const Fitted& fitted, const TrainOptions& options,
                            const std::optional<HeldOut>& held_out = {}, const AfterRound& after_round = {},
                            const Progress* resume = nullptr);

/// Collective. Weighted mean loss of the rows of all ranks at these margins, summed exactly; NaN where weights are 0.
[[nodiscard]] double mean_loss(const parallel::Communicator& comm, const Objective& objective,
                               std::span<const float> margins, std::span<const double> weights, int threads = 1);

}  // namespace proffer::boosting
