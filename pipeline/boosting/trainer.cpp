#include "boosting/trainer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "boosting/derivatives.hpp"
#include "boosting/grow_tree.hpp"
#include "boosting/threads.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::boosting {
namespace {

void require(bool holds, const std::string& problem, const std::string& allowed) {
  if (!holds) throw UsageError({problem, "allowed: " + allowed, ""});
}

void check_weights(std::span<const double> weights, std::size_t rows) {
  expects(weights.empty() || weights.size() == rows, "one weight per row");
  for (const double weight : weights) expects(std::isfinite(weight) && weight >= 0, "weights are finite, at least 0");
}

std::size_t best_round(const std::vector<double>& losses) {
  return static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
}

/// A training under way: the margins of all rows follow the forest.
class Training {
 public:
  Training(const TrainingData& data, const Fitted& fitted, const TrainOptions& options,
           const std::optional<HeldOut>& held_out)
      : data_(data), fitted_(fitted), options_(options), held_out_(held_out), comm_(data.session().communicator()) {
    parallel::together(comm_, [&] { check_input(); });
  }

  void start(const Progress* resume) {
    if (resume != nullptr) {
      expects(resume->forest.features == data_.features(), "a progress of the same features");
      progress_ = *resume;
    } else {
      progress_.forest.features = static_cast<std::uint32_t>(data_.features());
      progress_.forest.base_margin = static_cast<float>(
          options_.base_margin ? *options_.base_margin
                               : best_constant(comm_, fitted_.objective, fitted_.weights, options_.threads));
    }
    margins_.assign(data_.rows(), progress_.forest.base_margin);
    if (held_out_) {
      held_out_margins_.assign(held_out_->objective.rows(), progress_.forest.base_margin);
      held_out_codes_ = CodeTiles(held_out_->codes, data_.features());
    }
    follow(0);
  }

  void add_tree() {
    const bool forest = options_.ensemble == Ensemble::random_forest;
    const std::size_t round = progress_.rounds();
    if (!forest || derivatives_.gradient.empty() || options_.row_fraction < 1) {
      const std::vector<float> base(forest ? margins_.size() : 0, progress_.forest.base_margin);
      compute_derivatives(comm_, fitted_.objective, fitted_.weights, forest ? base : margins_,
                          {options_.seed, round, options_.row_fraction, data_.units()}, data_.total_rows(),
                          data_.matrix_rows(), options_.threads, derivatives_);
    }
    const double eta = forest ? 1.0 / options_.rounds : options_.eta;
    Tree tree;
    parallel::together(comm_, [&] { tree = grow_tree(data_, options_, eta, derivatives_); });
    progress_.forest.trees.push_back(std::move(tree));
    follow(round);
    if (held_out_)
      progress_.held_out_loss.push_back(
          mean_loss(comm_, held_out_->objective, held_out_margins_, held_out_->weights, options_.threads));
  }

  [[nodiscard]] bool stops_early() const {
    const auto& losses = progress_.held_out_loss;
    if (options_.early_stop_rounds == 0 || losses.empty()) return false;
    return losses.size() - 1 - best_round(losses) >= static_cast<std::size_t>(options_.early_stop_rounds);
  }
  [[nodiscard]] bool is_done() const {
    return progress_.rounds() >= static_cast<std::size_t>(options_.rounds) || stops_early();
  }
  [[nodiscard]] const Progress& progress() const { return progress_; }

  [[nodiscard]] Trained result(bool complete) && {
    Trained trained{std::move(progress_.forest), std::move(progress_.held_out_loss), complete};
    if (options_.early_stop_rounds > 0 && !trained.held_out_loss.empty())
      trained.forest.trees.resize(best_round(trained.held_out_loss) + 1);
    return trained;
  }

 private:
  void check_input() const {
    check(options_, data_.features());
    expects(fitted_.objective.rows() == data_.rows(), "an objective over the training rows");
    check_weights(fitted_.weights, data_.rows());
    expects(options_.row_fraction >= 1 || data_.units().size() == data_.rows(), "units, where rows are sampled");
    if (!held_out_) return;
    expects(held_out_->codes.size() == held_out_->objective.rows() * data_.features(), "codes of the held-out rows");
    check_weights(held_out_->weights, held_out_->objective.rows());
  }

  /// Adds the trees from `first` on to the margins.
  void follow(std::size_t first) {
    add_margins(progress_.forest, first, data_.tiles(), margins_, options_.threads);
    if (held_out_) add_margins(progress_.forest, first, held_out_codes_, held_out_margins_, options_.threads);
  }

  const TrainingData& data_;
  const Fitted& fitted_;
  const TrainOptions& options_;
  const std::optional<HeldOut>& held_out_;
  parallel::Communicator comm_;
  Progress progress_;
  Derivatives derivatives_;
  std::vector<float> margins_;
  std::vector<float> held_out_margins_;
  CodeTiles held_out_codes_;
};

}  // namespace

void check(const TrainOptions& options, std::size_t features) {
  require(options.rounds >= 1, "rounds is " + std::to_string(options.rounds), "1 or more");
  require(options.max_depth >= 1 && options.max_depth <= 16, "max_depth is " + std::to_string(options.max_depth),
          "1 to 16");
  require(options.eta > 0 && options.eta <= 1, "eta is " + shortest(options.eta), "above 0, up to 1");
  require(options.lambda >= 0 && std::isfinite(options.lambda), "lambda is " + shortest(options.lambda), "0 or more");
  require(options.gamma >= 0 && std::isfinite(options.gamma), "gamma is " + shortest(options.gamma), "0 or more");
  require(options.min_child_weight >= 0 && std::isfinite(options.min_child_weight),
          "min_child_weight is " + shortest(options.min_child_weight), "0 or more");
  require(options.row_fraction > 0 && options.row_fraction <= 1, "row_fraction is " + shortest(options.row_fraction),
          "above 0, up to 1");
  require(options.early_stop_rounds >= 0, "early_stop_rounds is " + std::to_string(options.early_stop_rounds),
          "0 (never) or more");
  require(options.monotone.empty() || options.monotone.size() == features,
          "monotone names " + std::to_string(options.monotone.size()) + " of " + std::to_string(features) + " features",
          "one entry per feature, or none");
  for (const int sign : options.monotone)
    require(sign >= -1 && sign <= 1, "monotone is " + std::to_string(sign), "-1, 0 or 1");
}

Trained train(const TrainingData& data, const Fitted& fitted, const TrainOptions& options,
              const std::optional<HeldOut>& held_out, const AfterRound& after_round, const Progress* resume) {
  Training training(data, fitted, options, held_out);
  training.start(resume);
  while (!training.is_done()) {
    training.add_tree();
    if (after_round && !after_round(training.progress())) return std::move(training).result(false);
  }
  return std::move(training).result(true);
}

double mean_loss(const parallel::Communicator& comm, const Objective& objective, std::span<const float> margins,
                 std::span<const double> weights, int threads) {
  constexpr std::size_t block = 1024;
  std::array<parallel::ExactSum, 2> sums;
  parallel::together(comm, [&] {
    expects(margins.size() == objective.rows(), "one margin per row");
    std::mutex mutex;
    in_threads(margins.size(), block, threads, [&](std::size_t begin, std::size_t end) {
      std::array<parallel::ExactSum, 2> mine;
      std::array<double, block> loss;
      for (std::size_t first = begin; first < end; first += block) {
        const std::size_t count = std::min(block, end - first);
        objective.losses(first, margins.subspan(first, count), std::span(loss).first(count));
        for (std::size_t i = 0; i < count; ++i) {
          if (!objective.takes_part(first + i)) continue;
          const double weight = weights.empty() ? 1 : weights[first + i];
          mine[0].add(weight * loss[i]);
          mine[1].add(weight);
        }
      }
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < mine.size(); ++i) sums[i].add(mine[i]);
    });
  });
  parallel::all_reduce(comm, sums);
  const double weight = sums[1].rounded();
  return weight > 0 ? sums[0].rounded() / weight : std::numeric_limits<double>::quiet_NaN();
}

void to_json(nlohmann::json& json, const Progress& progress) {
  json = {{"forest", progress.forest}, {"held_out_loss", progress.held_out_loss}};
}

void from_json(const nlohmann::json& json, Progress& progress) {
  try {
    progress.forest = json.at("forest").get<Forest>();
    progress.held_out_loss = json.at("held_out_loss").get<std::vector<double>>();
  } catch (const nlohmann::json::exception& error) {
    throw DataError({"the checkpoint of a training cannot be read", error.what(), "start again without it"});
  }
}

}  // namespace proffer::boosting
