#include "allocation/presolve.hpp"

#include <algorithm>
#include <cmath>

#include "allocation/bundle.hpp"
#include "allocation/dual.hpp"
#include "allocation/pair_store.hpp"
#include "allocation/source_dual.hpp"
#include "allocation/window.hpp"
#include "parallel/collectives.hpp"

namespace proffer::allocation {
namespace {

constexpr double sample_share = 0.02;                  ///< of the rows, but not fewer than Options::sample_rows …
constexpr std::uint64_t most_sample_rows = 1'000'000;  ///< … nor more than these
constexpr std::size_t parts = 8;
constexpr double first_tolerance = 1e-4;   ///< of the dual of few rows, from which steps of second order go on …
constexpr double sample_tolerance = 1e-7;  ///< … on the sample …
constexpr double part_tolerance = 1e-5;    ///< … and on parts of it, which only show how far multipliers vary
constexpr double safety = 1.2;             ///< on the largest deviation of eight parts
constexpr double least_width = 1e-3;       ///< relative to a multiplier and a little of its typical size
constexpr double search_width = 0.1;       ///< of the first window around multipliers of a smaller sample
constexpr double unknown_width = 0.05;     ///< where no sample tells
constexpr std::uint64_t pass_limit = 120;  ///< over the whole source, where the sample does not help

class Presolve {
 public:
  Presolve(const parallel::Communicator& comm, const PairSource& source, const Rules& rules, std::uint64_t total_rows,
           const Options& options)
      : comm_(comm), source_(source), rules_(rules), total_rows_(total_rows), options_(options) {
    const auto total = static_cast<double>(total_rows);
    double wanted = std::min(std::max(static_cast<double>(options.sample_rows), sample_share * total),
                             std::max(static_cast<double>(options.sample_rows), double(most_sample_rows)));
    share_ = std::min(wanted / total, 0.999);
    sample_ = read_pairs(comm, source, rules, [this](std::uint64_t id) { return in_sample(id, share_); });
    share_ = share_of(sample_);
  }

  Presolved run(const std::vector<std::vector<double>>& other_bounds) {
    Presolved result;
    result.lambda = options_.start;
    result.lambda.resize(rules_.limits.size(), 0.0);
    result.value_mean = sample_.facts.value_mean;
    if (sample_.facts.someone_without) {  // nothing is feasible; any store of the population will say so
      result.found = true;
      result.half_width.assign(result.lambda.size(), 0.0);
      result.box = {result.lambda, result.lambda};
      return result;
    }
    if (sample_.facts.rows == 0 || !minimise_sample(result.lambda)) {
      whole_source(result);
      return result;
    }
    result.found = true;
    result.half_width = deviations(result.lambda);
    result.box = around(result.lambda, result.half_width);
    for (const auto& bounds : other_bounds) serve(bounds, result);
    result.curvature = curvature_;
    return result;
  }

 private:
  [[nodiscard]] double share_of(const PairStore& store) const {
    return static_cast<double>(store.facts.rows) / static_cast<double>(total_rows_);
  }

  [[nodiscard]] NearResult near(const PairStore& store, const std::vector<double>& lambda, double tolerance) {
    const StoreDual dual(comm_, store, options_.threads);
    return minimise_near(comm_, {&store, share_of(store), tolerance, {}, true, options_.threads}, lambda,
                         widths_around(dual, lambda, search_width), curvature_);
  }

  /// From nothing on few rows, then on the whole sample near that.
  bool minimise_sample(std::vector<double>& lambda) {
    const double part = static_cast<double>(options_.sample_rows) / parts / static_cast<double>(total_rows_);
    const PairStore first = rows_where(comm_, sample_, [&](std::uint64_t id) { return in_sample(id, part); });
    if (first.facts.rows == 0) return false;
    StoreDual dual(comm_, first, options_.threads, share_of(first));
    BundleOptions bundle;
    bundle.tolerance = first_tolerance;
    bundle.stop_at_or_below = first.facts.lowest_value;
    const BundleResult result = minimise(dual, lambda, bundle);
    if (!result.converged) return false;
    lambda = result.best.lambda;
    NearResult found = near(sample_, lambda, sample_tolerance);
    lambda = std::move(found.lambda);
    return found.end == NearEnd::inside;
  }

  [[nodiscard]] std::vector<double> deviations(const std::vector<double>& lambda) {
    const StoreDual dual(comm_, sample_, options_.threads);
    const std::vector<double> least = widths_around(dual, lambda, least_width);
    std::vector<double> widths(lambda.size(), 0.0);
    for (std::size_t p = 0; p < parts; ++p) {
      const PairStore part =
          rows_where(comm_, sample_, [p](std::uint64_t id) { return part_of_sample(id, parts) == p; });
      if (part.facts.rows == 0) continue;
      const NearResult found = near(part, lambda, part_tolerance);
      for (std::size_t k = 0; k < lambda.size(); ++k)
        widths[k] = std::max(widths[k], std::abs(found.lambda[k] - lambda[k]));
    }
    for (std::size_t k = 0; k < lambda.size(); ++k) widths[k] = std::max(safety * widths[k], least[k]);
    return widths;
  }

  [[nodiscard]] MultiplierBox around(const std::vector<double>& lambda, const std::vector<double>& widths) const {
    MultiplierBox box;
    for (std::size_t k = 0; k < lambda.size(); ++k) {
      const UseRange range = range_of(rules_.limits[k]);
      box.lowest.push_back(std::max(lambda[k] - widths[k], natural_lowest(range)));
      box.highest.push_back(std::min(lambda[k] + widths[k], natural_highest(range)));
    }
    return box;
  }

  void serve(const std::vector<double>& bounds, Presolved& result) {
    Rules other = rules_;
    for (std::size_t k = 0; k < bounds.size(); ++k) other.limits[k].bound = bounds[k];
    sample_.rules = &other;
    const NearResult found = near(sample_, result.lambda, sample_tolerance);
    sample_.rules = &rules_;
    if (found.end != NearEnd::inside) return;
    const MultiplierBox box = around(found.lambda, result.half_width);
    for (std::size_t k = 0; k < box.lowest.size(); ++k) {
      result.box.lowest[k] = std::min(result.box.lowest[k], box.lowest[k]);
      result.box.highest[k] = std::max(result.box.highest[k], box.highest[k]);
    }
  }

  /// Limits so tight that a sample of the rows cannot meet them, though the population may.
  void whole_source(Presolved& result) {
    const std::size_t limits = rules_.limits.size();
    const StoreDual scales(comm_, sample_, options_.threads, share_);
    if (const auto of_sample = conflict_of_relaxation(comm_, sample_, options_.threads, share_)) {
      SourceDual proof(comm_, source_, rules_, scales, share_, false);
      std::vector<bool> needed(limits, false);
      for (std::size_t k : of_sample->limits) needed[k] = true;
      for (std::size_t k = 0; k < limits; ++k)
        if (!needed[k]) proof.leave_out(k);
      auto lambda = proof_of_conflict(proof, of_sample->lambda, pass_limit / 4);
      result.passes += proof.evaluations();
      if (lambda) {
        result.conflict = Conflict{of_sample->limits, std::move(*lambda)};
        return;
      }
    }
    SourceDual dual(comm_, source_, rules_, scales, share_, true);
    BundleOptions bundle;
    bundle.tolerance = sample_tolerance;
    bundle.evaluation_limit = pass_limit;
    const BundleResult found = minimise(dual, std::vector<double>(limits, 0.0), bundle);
    result.passes += dual.evaluations();
    result.lambda = found.best.lambda;
    result.half_width = widths_around(scales, result.lambda, unknown_width);
    result.box = around(result.lambda, result.half_width);
    result.found = found.converged;
    if (result.found) return;
    result.conflict = conflict_of_source(scales, result.passes);
  }

  /// A proof that limits conflict, by passes over the whole source; then, as far as fewer passes can show, without the
  /// limits that it does not need.
  std::optional<Conflict> conflict_of_source(const StoreDual& scales, std::uint64_t& passes) {
    const std::size_t limits = rules_.limits.size();
    const auto proved = [&](const std::vector<bool>& needed, std::vector<double> start, std::uint64_t most) {
      SourceDual dual(comm_, source_, rules_, scales, share_, false);
      for (std::size_t k = 0; k < limits; ++k) {
        if (needed[k]) continue;
        dual.leave_out(k);
        start[k] = 0.0;
      }
      auto lambda = proof_of_conflict(dual, start, most);
      passes += dual.evaluations();
      return lambda;
    };
    std::vector<bool> needed(limits, true);
    auto lambda = proved(needed, std::vector<double>(limits, 0.0), pass_limit);
    if (!lambda) return std::nullopt;
    for (std::size_t k = 0; k < limits; ++k) {
      if (!needed[k]) continue;
      needed[k] = false;
      if ((*lambda)[k] == 0) continue;
      if (auto without = proved(needed, *lambda, pass_limit / 4))
        lambda = std::move(without);
      else
        needed[k] = true;
    }
    Conflict conflict{{}, std::move(*lambda)};
    for (std::size_t k = 0; k < limits; ++k)
      if (needed[k]) conflict.limits.push_back(k);
    return conflict;
  }

  const parallel::Communicator& comm_;
  const PairSource& source_;
  const Rules& rules_;
  std::uint64_t total_rows_;
  const Options& options_;
  double share_;
  PairStore sample_;
  Curvature curvature_;
};

}  // namespace

Presolved presolve(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
                   std::uint64_t total_rows, const std::vector<std::vector<double>>& other_bounds,
                   const Options& options) {
  return Presolve(comm, source, rules, total_rows, options).run(other_bounds);
}

MultiplierBox widened(const Rules& rules, const MultiplierBox& box, const std::vector<double>& lambda) {
  constexpr double everywhere = 1.5, at_face = 4.0;
  MultiplierBox wide;
  for (std::size_t k = 0; k < lambda.size(); ++k) {
    const UseRange range = range_of(rules.limits[k]);
    const double least = natural_lowest(range), most = natural_highest(range);
    const bool touched =
        (lambda[k] <= box.lowest[k] && box.lowest[k] > least) || (lambda[k] >= box.highest[k] && box.highest[k] < most);
    const double half = box.half_width(k) * (touched ? at_face : everywhere);
    wide.lowest.push_back(std::max(std::min(box.lowest[k], lambda[k] - half), least));
    wide.highest.push_back(std::min(std::max(box.highest[k], lambda[k] + half), most));
  }
  return wide;
}

}  // namespace proffer::allocation
