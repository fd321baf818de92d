#include "models/joint_law.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::models {
namespace {

constexpr std::size_t donors = 4;
constexpr std::uint64_t donors_of = parallel::purpose("models.joint.donors");

using Values = std::vector<std::uint8_t>;  ///< of the excluded inputs
using Wanted = std::function<bool(std::size_t)>;

/// With rows to stop on, for the pilot that tells how many trees are best.
boosting::TrainOptions regression(const boosting::TrainOptions& like, int rounds, double eta) {
  boosting::TrainOptions options = regression_options(like, rounds, eta, std::max(4, like.max_depth));
  options.early_stop_rounds = 20;
  return options;
}

class Law {
 public:
  Law(const boosting::CommunicatorSession& session, const JointRows& rows, const JointViews& views,
      const JointOptions& options, const CrossFitted& take, const Wanted& taker, const Wanted& told,
      std::span<const LearntRows> outside)
      : session_(session),
        rows_(rows),
        views_(views),
        options_(options),
        take_(take),
        taker_(taker),
        told_(told),
        outside_(outside),
        training_(learnt_rows(
            session, views.g, [&](std::size_t i) { return taker(i) && rows.part[i] == Part::train; },
            options.defaults.threads)) {
    choose_donors();
  }

  [[nodiscard]] LawOfTake law() const {
    const std::size_t n = rows_.rows();
    std::vector<float> off(n), reference(n);
    for (std::size_t k = 0; k < views_.f.folds; ++k) {
      const auto own = rows_where(n, [&](std::size_t i) { return rows_.fold[i] == k && told_(i); });
      const std::vector<float> mean = reference_of(k, own);
      for (std::size_t j = 0; j < own.size(); ++j) {
        reference[own[j]] = mean[j];
        off[own[j]] = take_.margins[own[j]] - mean[j];
      }
    }
    LawOfTake out{.mean = mean_off(off), .spread = std::vector<float>(n)};
    std::vector<float> square(n);
    for (std::size_t i = 0; i < n; ++i) square[i] = (off[i] - out.mean[i]) * (off[i] - out.mean[i]);
    const boosting::TrainOptions options = with_best_rounds(square, regression(options_.defaults, 100, 0.1));
    const std::vector<float> variance = cross_fit(outside_, views_.g, told_, squared_error_of(square), options).margins;
    for (std::size_t i = 0; i < n; ++i) {
      out.mean[i] += reference[i];
      out.spread[i] = std::sqrt(std::max(variance[i], 1e-4F));
    }
    return out;
  }

 private:
  /// The takers whose units' hashes are the least: the same on every rank, whoever holds them.
  void choose_donors() {
    const std::size_t width = options_.excluded_places.size(), inputs = views_.f.bins.size();
    std::vector<std::pair<std::uint64_t, Values>> best;
    const auto shorten = [&] {
      std::ranges::sort(best);
      best.resize(std::min(best.size(), donors));
    };
    for (std::size_t i = 0; i < rows_.rows(); ++i) {
      if (!taker_(i)) continue;
      const std::uint64_t hash = parallel::random_bits(options_.defaults.seed, rows_.unit[i], donors_of);
      if (best.size() == donors && hash > best.back().first) continue;
      Values values;
      for (const std::size_t place : options_.excluded_places) values.push_back(views_.f.codes[i * inputs + place]);
      best.emplace_back(hash, std::move(values));
      shorten();
    }
    std::vector<std::uint64_t> hashes;
    Values values;
    for (const auto& [hash, own] : best) {
      hashes.push_back(hash);
      values.insert(values.end(), own.begin(), own.end());
    }
    const auto all = parallel::all_gather(session_.communicator(), std::span<const std::uint64_t>(hashes));
    const auto all_values = parallel::all_gather(session_.communicator(), std::span<const std::uint8_t>(values));
    best.clear();
    for (std::size_t d = 0; d < all.size(); ++d) {
      const auto first = all_values.begin() + static_cast<std::ptrdiff_t>(d * width);
      best.emplace_back(all[d], Values(first, first + static_cast<std::ptrdiff_t>(width)));
    }
    shorten();
    for (auto& donor : best) donors_.push_back(std::move(donor.second));
  }

  [[nodiscard]] std::vector<float> reference_of(std::size_t fold, std::span<const std::size_t> which) const {
    const boosting::Forest& forest = take_.forests[fold];
    std::vector<float> mean(which.size());
    for (const Values& values : donors_) {
      const std::vector<float> margins =
          boosting::margins(forest, codes_with(views_.f, which, options_.excluded_places, values), which.size(),
                            options_.defaults.threads);
      for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += margins[j] / static_cast<float>(donors_.size());
    }
    return mean;
  }

  /// As many trees as are best on the valid rows when those of the training rows are grown.
  [[nodiscard]] boosting::TrainOptions with_best_rounds(const std::vector<float>& target,
                                                        boosting::TrainOptions options) const {
    const boosting::Forest pilot = fit_stopping(
        training_, views_.g, [&](std::size_t i) { return taker_(i) && rows_.part[i] == Part::valid; },
        squared_error_of(target), options);
    options.rounds = static_cast<int>(pilot.trees.size());
    options.early_stop_rounds = 0;
    return options;
  }

  /// Mean of f − reference among takers. For a row of fold k it is learnt from f_k outside k.
  [[nodiscard]] std::vector<float> mean_off(const std::vector<float>& off) const {
    const boosting::TrainOptions options = with_best_rounds(off, regression(options_.defaults, 300, 0.15));
    const std::size_t n = rows_.rows();
    std::vector<float> mean(n);
    for (std::size_t k = 0; k < views_.f.folds; ++k) {
      const std::vector<std::size_t>& others = outside_[k].which;
      const std::vector<float> margins =
          boosting::margins(take_.forests[k], codes_of(views_.f, others), others.size(), options.threads);
      std::vector<float> target(n);
      const std::vector<float> reference = reference_of(k, others);
      for (std::size_t j = 0; j < others.size(); ++j) target[others[j]] = margins[j] - reference[j];
      const boosting::Forest forest = fit_stopping(
          outside_[k], views_.g, [](std::size_t) { return false; }, squared_error_of(target), options);
      const auto own = [&](std::size_t i) { return rows_.fold[i] == k && told_(i); };
      const std::vector<float> of_fold = margins_of(forest, views_.g, own, options.threads);
      for (std::size_t i = 0; i < n; ++i)
        if (own(i)) mean[i] = of_fold[i];
    }
    return mean;
  }

  const boosting::CommunicatorSession& session_;
  const JointRows& rows_;
  const JointViews& views_;
  const JointOptions& options_;
  const CrossFitted& take_;
  const Wanted& taker_;
  const Wanted& told_;
  std::span<const LearntRows> outside_;  ///< takers
  LearntRows training_;                  ///< takers too
  std::vector<Values> donors_;
};

}  // namespace

LawOfTake law_of_take(const boosting::CommunicatorSession& session, const JointRows& rows, const JointViews& views,
                      const JointOptions& options, const CrossFitted& take,
                      const std::function<bool(std::size_t)>& taker, const std::function<bool(std::size_t)>& told,
                      std::span<const LearntRows> outside) {
  return Law(session, rows, views, options, take, taker, told, outside).law();
}

}  // namespace proffer::models
