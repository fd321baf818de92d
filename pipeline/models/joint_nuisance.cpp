#include "models/joint_nuisance.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "models/joint_law.hpp"
#include "models/joint_likelihood.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::models {
namespace {

constexpr std::uint64_t sample_of = parallel::purpose("models.joint.sample");

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
  mine.reserve(counts.size());
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

/// How many contacts a row stands for: 0 unless its offer was drawn and it learns, 1 for those who took. Of those who
/// did not, three per taker suffice, chosen by hash: they only carry the correction for the error of f, of whose
/// variance they make a share as small as the take-up.
std::vector<float> sampled(const parallel::Communicator& comm, const JointRows& rows, std::uint64_t seed) {
  constexpr double others_per_taker = 3;
  const auto counts = [&](std::size_t i) { return rows.learns(i) && rows.drawn[i] == 1; };
  std::array<std::uint64_t, 2> count{};
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (counts(i)) ++count[rows.response[i] == 1 ? 1 : 0];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(count));
  const double share = std::min(1.0, others_per_taker * static_cast<double>(count[1]) /
                                         static_cast<double>(std::max<std::uint64_t>(1, count[0])));
  std::vector<float> stands_for(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (!counts(i)) continue;
    const auto bits = parallel::random_bits(seed, rows.unit[i], sample_of, static_cast<std::uint64_t>(rows.as_of[i]));
    if (rows.response[i] == 1)
      stands_for[i] = 1;
    else if (parallel::to_unit_interval(bits) < share)
      stands_for[i] = static_cast<float>(1 / share);
  }
  return stands_for;
}

}  // namespace

boosting::TrainOptions regression_options(const boosting::TrainOptions& like, int rounds, double eta, int depth) {
  boosting::TrainOptions options;
  options.rounds = rounds;
  options.eta = eta;
  options.max_depth = depth;
  options.min_child_weight = 20;
  options.seed = like.seed;
  options.threads = like.threads;
  return options;
}

MakeObjective squared_error_of(const std::vector<float>& target) {
  return [&target](std::span<const std::size_t> which) { return squared_error(picked(target, which)); };
}

CrossFitted cross_fitted_f(const boosting::CommunicatorSession& session, const JointRows& rows, const JointViews& views,
                           const JointOptions& options, const boosting::Forest& response) {
  boosting::TrainOptions boosting = options.response;
  boosting.rounds = static_cast<int>(options.response_trees);
  const MakeObjective make = [&](std::span<const std::size_t> which) {
    return boosting::probit(picked(rows.response, which));
  };
  CrossFitted take = cross_fit(
      session, views.f, [&](std::size_t i) { return rows.learns(i); }, [&](std::size_t i) { return rows.learns(i); },
      make, boosting);
  const auto held_out = [&](std::size_t i) { return !rows.learns(i); };
  const std::vector<float> told = margins_of(response, views.f, held_out, boosting.threads);
  for (std::size_t i = 0; i < told.size(); ++i)
    if (held_out(i)) take.margins[i] = told[i];
  return take;
}

ProfileRows profile_rows(const boosting::CommunicatorSession& session, const JointRows& rows, const JointViews& views,
                         const JointOptions& options, const CrossFitted& take) {
  const std::vector<float> stands_for = sampled(session.communicator(), rows, options.defaults.seed);
  const auto taker = [&](std::size_t i) { return rows.label[i] <= 1 && stands_for[i] > 0; };
  const auto told = [&](std::size_t i) { return stands_for[i] > 0; };
  boosting::TrainOptions boosting = options.defaults;
  boosting.rounds = static_cast<int>(options.reduced_trees);
  const MakeObjective probit = [&](std::span<const std::size_t> which) {
    return boosting::probit(picked(rows.label, which));
  };
  const std::vector<LearntRows> takers = outside_folds(session, views.g, taker, boosting.threads);
  const std::vector<float> reduced = cross_fit(takers, views.g, told, probit, boosting).margins;
  const LawOfTake law = law_of_take(session, rows, views, options, take, taker, told, takers);
  const auto known = known_by_date(session.communicator(), rows);
  ProfileRows out;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (!told(i)) continue;
    out.f.push_back(take.margins[i]);
    out.reduced.push_back(reduced[i]);
    out.mean.push_back(law.mean[i]);
    out.spread.push_back(law.spread[i]);
    out.response.push_back(rows.response[i]);
    out.label.push_back(rows.label[i]);
    const auto share = known.find(rows.as_of[i]);
    out.known.push_back(share == known.end() ? 0.0F : stands_for[i] * static_cast<float>(share->second));
    out.unit.push_back(rows.unit[i]);
  }
  return out;
}

}  // namespace proffer::models
