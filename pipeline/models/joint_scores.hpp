// What each contacted row says of the correlation of the hidden causes, at one ρ after another. docs/methods.md,
// "Default and response together".
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "boosting/threads.hpp"
#include "models/joint_inversion.hpp"
#include "models/joint_likelihood.hpp"
#include "parallel/communicator.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::models {

/// This rank's contacted rows whose offer was drawn at random (a sample of those who did not take), with what
/// cross-fitted forests say of them.
struct ProfileRows {
  std::vector<float> f;                ///< probit margin of take-up
  std::vector<float> reduced;          ///< h: probit margin of the PD of takers, without the excluded inputs
  std::vector<float> mean, spread;     ///< law of f among takers with the same inputs of g
  std::vector<std::uint8_t> response;  ///< 1 accepted
  std::vector<std::uint8_t> label;     ///< default, known of some takers: 0, 1; else 255
  /// Share of takers of the same date whose default is known, times the contacts that the row stands for.
  std::vector<float> known;
  std::vector<std::uint64_t> unit;
  [[nodiscard]] std::size_t rows() const { return f.size(); }
};

/// The likelihood of the takers' defaults at one ρ, g following by inversion.
struct ProfilePoint {
  double rho = 0;
  double log_likelihood = 0;
  double information = 0;  ///< on ρ with g unknown and f known
};

/// The rows at one ρ after another, in the same order of ρ on every rank: the g of a row is looked for from where it
/// was at a ρ nearby. The same bits at any number of ranks and threads. `rows` must outlive it.
class RowsAtRho {
 public:
  /// Independent.
  RowsAtRho(const parallel::Communicator& comm, const ProfileRows& rows, int threads)
      : comm_(comm), rows_(rows), threads_(threads), found_(rows.rows()) {}

  /// Collective.
  [[nodiscard]] ProfilePoint profile_point(double rho);

  /// Independent. Derivative of the log-likelihood by ρ of each row along the least favourable direction of g, plus the
  /// correction for the error of f: ψ = w(D − p) − known · w(Φ((g − ρf)/√(1−ρ²)) − p)(R − Φ(f)) with w = (p_ρ +
  /// p_g a)/(p(1 − p)) and the first term only where D is known. Its mean at the true ρ is 0 up to products of errors
  /// of f, h and the law of f (Chernozhukov et al. 2018, "Double/debiased machine learning").
  [[nodiscard]] std::vector<float> orthogonal_scores(double rho);

  /// Collective. Sums of what `add(i, sums)` adds for every row, over all ranks; they are exact.
  template <class Add>
  [[nodiscard]] std::vector<parallel::ExactSum> sums(std::size_t count, const Add& add) const {
    std::vector<parallel::ExactSum> all(count);
    std::mutex mutex;
    boosting::in_threads(rows_.rows(), 1024, threads_, [&](std::size_t begin, std::size_t end) {
      std::vector<parallel::ExactSum> mine(count);
      for (std::size_t i = begin; i < end; ++i) add(i, mine);
      const std::lock_guard lock(mutex);
      for (std::size_t k = 0; k < count; ++k) all[k].add(mine[k]);
    });
    parallel::all_reduce(comm_, std::span<parallel::ExactSum>(all));
    return all;
  }
  [[nodiscard]] const ProfileRows& rows() const { return rows_; }

 private:
  struct Here;
  /// Where the g of a row was found last.
  struct Found {
    double rho = -100;  ///< far from any
    float g = 0, direction = 0;
  };
  [[nodiscard]] Here here(std::size_t i, const TakerDefaults& defaults);
  [[nodiscard]] double score_of(std::size_t i, const TakerDefaults& defaults);

  parallel::Communicator comm_;
  const ProfileRows& rows_;
  int threads_;
  std::vector<Found> found_;
};

}  // namespace proffer::models
