#include "models/joint_nuisance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "models/joint_likelihood.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

template <class T>
std::vector<T> picked(const std::vector<T>& values, std::span<const std::size_t> which) {
  std::vector<T> out;
  out.reserve(which.size());
  for (const std::size_t i : which) out.push_back(values[i]);
  return out;
}

/// Trees for the mean of a number: the law of f among takers is no rare event, so leaves may be fine.
boosting::TrainOptions regression(const boosting::TrainOptions& like, int rounds, double eta) {
  boosting::TrainOptions options;
  options.rounds = rounds;
  options.eta = eta;
  options.max_depth = std::max(4, like.max_depth);
  options.min_child_weight = 20;
  options.early_stop_rounds = 20;
  options.seed = like.seed;
  options.threads = like.threads;
  return options;
}

/// Collective. Cross-fits as many trees as are best on the valid rows when those of the training rows are grown.
std::vector<float> regressed(const boosting::CommunicatorSession& session, const JointRows& rows,
                             const JointViews& views, const std::vector<float>& target,
                             const std::function<bool(std::size_t)>& taker, boosting::TrainOptions options) {
  const MakeObjective make = [&](std::span<const std::size_t> which) { return squared_error(picked(target, which)); };
  const boosting::Forest pilot = fit_stopping(
      session, views.g, [&](std::size_t i) { return taker(i) && rows.part[i] == Part::train; },
      [&](std::size_t i) { return taker(i) && rows.part[i] == Part::valid; }, make, options);
  options.rounds = static_cast<int>(pilot.trees.size());
  return cross_fit(session, views.g, taker, make, options);
}

/// Of each date: the share of takers whose default is known. Integers, so that their order does not count.
std::map<std::int32_t, double> known_by_date(const parallel::Communicator& comm, const JointRows& rows) {
  struct Count {
    std::int64_t date, takers, known;
  };
  std::map<std::int32_t, std::array<std::int64_t, 2>> counts;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.response[i] != 1 || !rows.learns(i) || rows.drawn[i] == 0) continue;
    auto& count = counts[rows.as_of[i]];
    ++count[0];
    count[1] += rows.label[i] <= 1 ? 1 : 0;
  }
  std::vector<Count> mine;
  for (const auto& [date, count] : counts) mine.push_back({date, count[0], count[1]});
  counts.clear();
  for (const Count& count : parallel::all_gather(comm, std::span<const Count>(mine))) {
    auto& total = counts[static_cast<std::int32_t>(count.date)];
    total[0] += count.takers;
    total[1] += count.known;
  }
  std::map<std::int32_t, double> share;
  for (const auto& [date, count] : counts)
    share[date] = static_cast<double>(count[1]) / static_cast<double>(std::max<std::int64_t>(1, count[0]));
  return share;
}

}  // namespace

std::vector<float> cross_fitted_f(const boosting::CommunicatorSession& session, const JointRows& rows,
                                  const JointViews& views, const JointOptions& options,
                                  const boosting::Forest& response) {
  boosting::TrainOptions boosting = options.response;
  boosting.rounds = static_cast<int>(options.response_trees);
  const MakeObjective make = [&](std::span<const std::size_t> which) {
    return kept_probit(picked(rows.response, which));
  };
  std::vector<float> f = cross_fit(
      session, views.f, [&](std::size_t i) { return rows.learns(i); }, make, boosting);
  const std::vector<float> told = margins_of(response, views.f, boosting.threads);
  for (std::size_t i = 0; i < f.size(); ++i)
    if (!rows.learns(i)) f[i] = told[i];
  return f;
}

ProfileRows profile_rows(const boosting::CommunicatorSession& session, const JointRows& rows, const JointViews& views,
                         const JointOptions& options, const std::vector<float>& f) {
  const auto taker = [&](std::size_t i) { return rows.label[i] <= 1 && rows.learns(i) && rows.drawn[i] == 1; };
  boosting::TrainOptions boosting = options.defaults;
  boosting.rounds = static_cast<int>(options.reduced_trees);
  const std::vector<float> reduced = cross_fit(
      session, views.g, taker,
      [&](std::span<const std::size_t> which) { return kept_probit(picked(rows.label, which)); }, boosting);
  const std::vector<float> mean = regressed(session, rows, views, f, taker, regression(boosting, 300, 0.15));
  std::vector<float> square(f.size());
  for (std::size_t i = 0; i < f.size(); ++i) square[i] = (f[i] - mean[i]) * (f[i] - mean[i]);
  const std::vector<float> variance = regressed(session, rows, views, square, taker, regression(boosting, 100, 0.1));
  const auto known = known_by_date(session.communicator(), rows);
  ProfileRows out;
  for (std::size_t i = 0; i < f.size(); ++i) {
    if (!rows.learns(i) || rows.drawn[i] == 0) continue;
    out.f.push_back(f[i]);
    out.reduced.push_back(reduced[i]);
    out.mean.push_back(mean[i]);
    out.spread.push_back(std::sqrt(std::max(variance[i], 1e-4F)));
    out.response.push_back(rows.response[i]);
    out.label.push_back(rows.label[i]);
    const auto share = known.find(rows.as_of[i]);
    out.known.push_back(share == known.end() ? 0.0F : static_cast<float>(share->second));
    out.unit.push_back(rows.unit[i]);
  }
  return out;
}

}  // namespace proffer::models
