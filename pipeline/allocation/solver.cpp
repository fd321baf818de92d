#include "allocation/solver.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "allocation/branch_and_bound.hpp"
#include "allocation/bundle.hpp"
#include "allocation/core.hpp"
#include "allocation/dual.hpp"
#include "allocation/infeasibility.hpp"
#include "allocation/pair_store.hpp"
#include "allocation/report.hpp"
#include "allocation/window.hpp"
#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/random.hpp"

namespace proffer::allocation {
namespace {

/// Problems with no more options than this are searched as a whole.
constexpr std::uint64_t whole_options = 6'000;
/// The core grows by this factor where the first one held no feasible choice or left a gap.
constexpr std::uint64_t core_growth = 4;
constexpr int core_attempts = 3;
/// Half-width of the first box around the sample's multipliers, relative to them.
constexpr double first_window = 0.1;

class Solver {
 public:
  Solver(const parallel::Communicator& comm, PairStore store, const Options& options)
      : comm_(comm),
        store_(std::move(store)),
        options_(options),
        dual_(comm, store_, options.threads),
        dual_tolerance_(options.dual_tolerance) {
    lambda_ = options.start;
    lambda_.resize(store_.rules->limits.size(), 0.0);
    solution_.choice.assign(store_.rows(), -1);
  }

  Solution run() {
    if (store_.facts.someone_without) {
      solution_.certificate.status = Status::infeasible;
      solution_.certificate.explanation = "the row with id " + std::to_string(store_.facts.without_id) +
                                          " has no eligible offer, and every row must get exactly one";
    } else {
      minimise_dual();
      if (solution_.certificate.status != Status::infeasible) find_choice();
    }
    solution_.multipliers = lambda_;
    solution_.certificate.passes = dual_.evaluations() + window_passes_;
    finish(comm_, store_, options_, found_, solution_);
    return std::move(solution_);
  }

 private:
  /// Multipliers for a large problem: from a sample of its rows, then from the rows that are still open near them.
  void presolve() {
    if (store_.facts.rows < 4 * options_.sample_rows) return;
    const PairStore sample = sample_rows(comm_, store_, options_.sample_rows);
    if (sample.facts.rows == 0 || sample.facts.someone_without) return;
    const double share = static_cast<double>(sample.facts.rows) / static_cast<double>(store_.facts.rows);
    StoreDual dual(comm_, sample, options_.threads, share);
    BundleOptions bundle;
    bundle.tolerance = 1e-7;
    bundle.stop_at_or_below = sample.facts.lowest_value;
    const BundleResult result = minimise(dual, lambda_, bundle);
    if (!result.converged) return;
    lambda_ = result.best.lambda;
    converged_ = close_in(first_window);
  }

  /// Minimises within boxes around the best multipliers until the minimum lies inside one. As g is convex, it is then
  /// the minimum everywhere.
  bool close_in(double width) {
    constexpr int rounds = 8;
    const std::vector<double> scale = dual_.multiplier_scale();
    for (int round = 0; round < rounds; ++round, width *= 1.5) {
      MultiplierBox box{lambda_, {}};
      BundleOptions bundle;
      bundle.tolerance = dual_tolerance_;
      bundle.radius = 0.1 * width;
      for (std::size_t k = 0; k < lambda_.size(); ++k) {
        box.half_width.push_back(width * (std::abs(lambda_[k]) + 0.3 * scale[k]));
        bundle.lowest.push_back(lambda_[k] - box.half_width[k]);
        bundle.highest.push_back(lambda_[k] + box.half_width[k]);
      }
      WindowDual window(comm_, store_, box, options_.threads);
      const BundleResult result = minimise(window, lambda_, bundle);
      ++window_passes_;
      lambda_ = result.best.lambda;
      bool inside = result.converged;
      for (std::size_t k = 0; k < lambda_.size(); ++k)
        inside = inside && lambda_[k] != bundle.lowest[k] && lambda_[k] != bundle.highest[k];
      if (inside) return true;
    }
    return false;
  }

  void minimise_dual() {
    presolve();
    BundleOptions bundle;
    bundle.tolerance = options_.dual_tolerance;
    bundle.stop_at_or_below = store_.facts.lowest_value;
    if (converged_) bundle.evaluation_limit = 1;  // the bound itself, over all rows
    const BundleResult result = minimise(dual_, lambda_, bundle);
    lambda_ = result.best.lambda;
    bound_ = result.best.bound();
    solution_.certificate.relaxed_bound = bound_;
    solution_.certificate.bound = bound_;
    if (converged_ || result.converged) return;
    const std::vector<bool> all_in(lambda_.size(), false);
    if (result.below || relaxation_is_infeasible(comm_, store_, options_.threads, all_in))
      declare_infeasible(conflict_of_relaxation(comm_, store_, options_.threads));
  }

  void declare_infeasible(std::vector<std::size_t> conflict) {
    Certificate& certificate = solution_.certificate;
    certificate.status = Status::infeasible;
    certificate.conflict = std::move(conflict);
    certificate.explanation = "these limits cannot hold together:";
    for (std::size_t k : certificate.conflict)
      certificate.explanation +=
          (k == certificate.conflict.front() ? " '" : ", '") + store_.rules->limits[k].name + "'";
    if (certificate.conflict.empty()) certificate.explanation = "the limits cannot hold together";
  }

  void find_choice() {
    search_lambda_ = lambda_;
    if (store_.facts.pairs + store_.facts.rows <= whole_options) {
      search_in(whole_core(comm_, store_));
      return;
    }
    std::uint64_t types = options_.core_types;
    for (int attempt = 0; attempt < core_attempts && !closed(); ++attempt, types *= core_growth) {
      auto part = core_at(comm_, store_, search_lambda_, types, nudged());
      if (!part) {
        nudge();
        part = core_at(comm_, store_, search_lambda_, types, true);
      }
      search_in(*part);
    }
    if (nudged()) store_.value = std::move(true_value_);
  }

  [[nodiscard]] bool nudged() const { return !true_value_.empty(); }

  /// Where more rows are tied than can be searched, though their uses differ, the choice is made with values that are
  /// a hair higher, each by an amount that hangs on id and offer: hardly any ties are left. Bound and certificate
  /// stay those of the true values.
  void nudge() {
    true_value_ = store_.value;
    const double most = 1e-7 * store_.facts.value_mean;
    for (std::size_t i = 0; i < store_.rows(); ++i)
      for (std::size_t p = store_.first[i]; p < store_.first[i + 1]; ++p)
        store_.value[p] += most * parallel::to_unit_interval(mix64(store_.id[i] ^ mix64(store_.offer[p] + 1ULL)));
    store_.facts.value_max += most;
    dual_tolerance_ = 1e-14;
    const std::vector<double> true_lambda = lambda_;
    close_in(1e-3);
    search_lambda_ = std::exchange(lambda_, true_lambda);
  }

  [[nodiscard]] bool closed() const {
    return found_ && bound_ - value_ <= options_.gap_tolerance * std::max(1.0, std::abs(bound_));
  }

  void search_in(const CoreAndRows& part) {
    const Core& core = part.core;
    const double fixed = core.fixed_value.rounded();
    SearchOptions search_options;
    search_options.gap_tolerance = options_.gap_tolerance;
    search_options.node_limit = options_.node_limit - std::min(options_.node_limit, solution_.certificate.search_nodes);
    search_options.start = search_lambda_;
    search_options.start.resize(lambda_.size(), 0.0);
    const double rounding = 0x1p-50 * (std::abs(bound_) + std::abs(fixed));
    if (!nudged()) search_options.bound_known = bound_ - fixed + rounding;
    const SearchResult result = search(comm_, core, search_options);
    solution_.certificate.search_nodes += result.nodes;
    if (result.found) {
      const double value = fixed + core_value(core, result.amounts);
      if (!found_ || value > value_) {
        solution_.choice = spread(comm_, store_, core, part.rows, result.amounts);
        value_ = value;
        found_ = true;
      }
    } else if (core.complete && result.exhausted) {
      declare_infeasible(conflict_of_search(comm_, core, search_options));
      return;
    }
    if (nudged()) return;
    // Choices that leave a windowed core lose at least the window.
    const double inside = result.bound + fixed + rounding;
    const double outside = core.complete ? -infinity : bound_ - core.window;
    bound_ = std::min(bound_, std::max(inside, outside));
    solution_.certificate.bound = bound_;
  }

  const parallel::Communicator& comm_;
  PairStore store_;
  const Options& options_;
  StoreDual dual_;
  std::vector<double> lambda_;
  bool converged_ = false;
  double dual_tolerance_;
  std::vector<double> search_lambda_;  ///< multipliers at which the core is taken
  std::vector<double> true_value_;     ///< [pairs] while the store's values are nudged
  std::uint64_t window_passes_ = 0;
  double bound_ = infinity;
  double value_ = 0.0;
  bool found_ = false;
  Solution solution_;
};

}  // namespace

Solution solve(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
               const Options& options) {
  if (!options.start.empty() && options.start.size() != rules.limits.size())
    throw UsageError({"there are " + std::to_string(options.start.size()) + " starting multipliers for " +
                          std::to_string(rules.limits.size()) + " limits",
                      "each limit has one", "leave them out or give one per limit"});
  PairStore store = read_pairs(comm, source, rules);
  return Solver(comm, std::move(store), options).run();
}

}  // namespace proffer::allocation
