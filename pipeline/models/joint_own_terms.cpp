#include "models/joint_own_terms.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/joint_nuisance.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::models {
namespace {

constexpr std::uint64_t least_rows = 30;

class Terms {
 public:
  Terms(const boosting::CommunicatorSession& session, const FoldedRows& borrowers, const boosting::TrainOptions& like)
      : session_(session), borrowers_(borrowers), options_(regression_options(like, 50, 0.1, 4)) {}

  /// Collective. The value less its mean given the borrower; 0 where missing.
  [[nodiscard]] std::vector<float> own(const std::vector<float>& values) const {
    const Moments all = moments(values, values);
    const double spread = std::sqrt(std::max(0.0, all.xx));
    if (!(spread > 0)) return std::vector<float>(values.size());
    std::vector<float> scaled(values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      scaled[i] = static_cast<float>((static_cast<double>(values[i]) - all.x) / spread);
    const std::vector<float> told = told_by_borrower(scaled);
    // How much of it the values bear out, from none to all: few rows make trees of noise.
    const Moments both = moments(told, scaled);
    const double share = both.xx > 0 ? std::clamp(both.xy / both.xx, 0.0, 1.0) : 0;
    std::vector<float> own(values.size());
    for (std::size_t i = 0; i < own.size(); ++i)
      if (std::isfinite(values[i]))
        own[i] = static_cast<float>(
            spread * (static_cast<double>(scaled[i]) - both.y - share * (static_cast<double>(told[i]) - both.x)));
    return own;
  }

  /// Collective. Whether enough rows outside every fold have the value.
  [[nodiscard]] bool enough(const std::vector<float>& values) const {
    std::vector<std::uint64_t> outside(borrowers_.folds);
    for (std::size_t i = 0; i < values.size(); ++i)
      for (std::size_t k = 0; k < outside.size(); ++k)
        if (std::isfinite(values[i]) && borrowers_.fold[i] != k) ++outside[k];
    parallel::all_reduce_sum(session_.communicator(), std::span<std::uint64_t>(outside));
    return std::ranges::all_of(outside, [](std::uint64_t rows) { return rows >= least_rows; });
  }

 private:
  /// Collective. By trees of the other folds; 0 where missing.
  [[nodiscard]] std::vector<float> told_by_borrower(const std::vector<float>& values) const {
    if (borrowers_.bins.empty()) return std::vector<float>(values.size());
    const auto told = [&](std::size_t i) { return std::isfinite(values[i]); };
    return cross_fit(session_, borrowers_, told, told, squared_error_of(values), options_).margins;
  }

  struct Moments {
    double x = 0, y = 0;    // means
    double xx = 0, xy = 0;  // about them
  };
  /// Collective. Of the rows whose y is there.
  [[nodiscard]] Moments moments(const std::vector<float>& x, const std::vector<float>& y) const {
    std::array<parallel::ExactSum, 5> sum;
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (!std::isfinite(y[i])) continue;
      const auto a = static_cast<double>(x[i]), b = static_cast<double>(y[i]);
      sum[0].add(1);
      sum[1].add(a);
      sum[2].add(b);
      sum[3].add(a * a);
      sum[4].add(a * b);
    }
    parallel::all_reduce(session_.communicator(), std::span<parallel::ExactSum>(sum));
    const double n = sum[0].rounded();
    Moments of{.x = sum[1].rounded() / n, .y = sum[2].rounded() / n};
    of.xx = sum[3].rounded() / n - of.x * of.x;
    of.xy = sum[4].rounded() / n - of.x * of.y;
    return of;
  }

  const boosting::CommunicatorSession& session_;
  const FoldedRows& borrowers_;
  boosting::TrainOptions options_;
};

}  // namespace

std::vector<float> own_terms(const boosting::CommunicatorSession& session, const FoldedRows& borrowers,
                             std::span<const float> values, std::size_t terms, const boosting::TrainOptions& like) {
  const Terms borrower(session, borrowers, like);
  std::vector<float> own(values.size()), one(borrowers.unit.size());
  for (std::size_t t = 0; t < terms; ++t) {
    for (std::size_t i = 0; i < one.size(); ++i) one[i] = values[i * terms + t];
    if (!borrower.enough(one)) continue;
    const std::vector<float> own_of = borrower.own(one);
    for (std::size_t i = 0; i < one.size(); ++i) own[i * terms + t] = own_of[i];
  }
  return own;
}

}  // namespace proffer::models
