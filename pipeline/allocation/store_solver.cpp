#include "allocation/store_solver.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "allocation/branch_and_bound.hpp"
#include "allocation/bundle.hpp"
#include "allocation/cold_start.hpp"
#include "allocation/core.hpp"
#include "allocation/dual.hpp"
#include "allocation/exchange.hpp"
#include "allocation/infeasibility.hpp"
#include "allocation/pair_store.hpp"
#include "allocation/window.hpp"
#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "parallel/random.hpp"

namespace proffer::allocation {
namespace {

/// Problems with no more options than this are searched as a whole.
constexpr std::uint64_t whole_options = 6'000;
/// The core grows by this factor where the first one held no feasible choice, or was searched to the end and left a
/// gap.
constexpr std::uint64_t core_growth = 4;
constexpr int core_attempts = 3;
constexpr double core_work = 5e8;           ///< of each: where limits are many, more of it hardly pays
constexpr std::uint64_t polish_growth = 8;  ///< the core in which rows are exchanged, compared with the first
/// The first window of a pruned store is so much of its box: the box allows for rare deviations.
constexpr double first_window = 0.3;
constexpr double rough_tolerance = 1e-7;  ///< in there
constexpr double share_of_gap = 1e-3;  ///< of the gap that is allowed: how exactly the dual of many rows is minimised
/// Multipliers this small, relative to their typical size, are tried as 0.
constexpr double as_good_as_zero = 1e-9;

class Solver {
 public:
  Solver(const parallel::Communicator& comm, PairStore& store, const Options& options, std::vector<double> lambda,
         const MultiplierBox* box, Curvature& curvature)
      : comm_(comm),
        store_(store),
        options_(options),
        dual_(comm, store_, options.threads),
        box_(box),
        lambda_(std::move(lambda)),
        curvature_(curvature) {
    solution_.choice.assign(store_.rows(), -1);
  }

  StoreAnswer run() {
    StoreAnswer answer;
    if (store_.facts.someone_without) {
      solution_.certificate.status = Status::infeasible;
      solution_.certificate.explanation = "the row with id " + std::to_string(store_.facts.without_id) +
                                          " has no eligible offer, and every row must get exactly one";
    } else {
      answer.left_box = !minimise_dual();
      if (solution_.certificate.status != Status::infeasible && !answer.left_box && options_.node_limit > 0)
        find_choice();
    }
    solution_.multipliers = lambda_;
    solution_.certificate.passes = dual_.evaluations() + window_passes_;
    answer.solution = std::move(solution_);
    answer.found = found_;
    return answer;
  }

 private:
  /// Near known multipliers, within the box a pruned store was made for. False where the minimum is not in there.
  bool close_in(const StoreDual& dual, double relative, double tolerance) {
    NearSearch search{&store_, 1.0, tolerance, {}, false, options_.threads};
    std::vector<double> widths = widths_around(dual, lambda_, relative);
    if (box_) search.outer = *box_;
    const NearResult result = minimise_near(comm_, search, lambda_, std::move(widths), curvature_);
    window_passes_ += result.windows;
    lambda_ = result.lambda;
    return result.end == NearEnd::inside;
  }

  /// First roughly, then exactly in a window a tenth as wide, where few rows are still open.
  bool minimise_in_box() {
    NearSearch search{&store_, 1.0, rough_tolerance, *box_, true, options_.threads};
    std::vector<double> widths;
    for (std::size_t k = 0; k < lambda_.size(); ++k) widths.push_back(first_window * box_->half_width(k));
    NearResult result = minimise_near(comm_, search, lambda_, widths, curvature_);
    window_passes_ += result.windows;
    lambda_ = result.lambda;
    if (result.end != NearEnd::inside) return false;
    for (double& width : widths) width *= 0.1;
    search.tolerance = std::max(options_.dual_tolerance, share_of_gap * options_.gap_tolerance);
    search.roughly = false;
    result = minimise_near(comm_, search, lambda_, std::move(widths), curvature_);
    window_passes_ += result.windows;
    lambda_ = result.lambda;
    return result.end == NearEnd::inside;
  }

  /// False where plain cutting planes have to go on from λ.
  bool minimise_anywhere() {
    NearResult result =
        minimise_cold(comm_, store_, options_.dual_tolerance, options_.threads, std::move(lambda_), curvature_);
    window_passes_ += result.windows;
    lambda_ = std::move(result.lambda);
    return result.end == NearEnd::inside;
  }

  /// Sets λ and bound, or declares infeasible. False where λ wants to leave the box.
  bool minimise_dual() {
    BundleOptions bundle;
    bundle.tolerance = options_.dual_tolerance;
    bundle.stop_at_or_below = store_.facts.lowest_value;
    const bool inside = box_ ? minimise_in_box() : minimise_anywhere();
    if (box_ || inside) bundle.evaluation_limit = 1;  // the bound itself, over all rows
    const BundleResult result = minimise(dual_, lambda_, bundle);
    lambda_ = result.best.lambda;
    bound_ = result.best.bound();
    search_lambda_ = lambda_;
    if (inside || result.converged) round_to_zero(result.best.value);
    solution_.certificate.relaxed_bound = bound_;
    solution_.certificate.bound = bound_;
    if (inside || (!box_ && result.converged)) return true;
    if (box_) {
      // No choice is worth so little: nothing is feasible.
      if (result.below) declare_infeasible({});
      return result.below;
    }
    if (const auto conflict = conflict_of_relaxation(comm_, store_, options_.threads))
      declare_infeasible(conflict->limits);
    else if (result.below)
      declare_infeasible({});
    return true;
  }

  /// Prices of limits that do not bind are 0, not a rounding error.
  void round_to_zero(double value) {
    const std::vector<double> scale = dual_.multiplier_scale();
    std::vector<double> rounded = lambda_;
    for (std::size_t k = 0; k < rounded.size(); ++k)
      if (std::abs(rounded[k]) < as_good_as_zero * scale[k]) rounded[k] = 0.0;
    if (rounded == lambda_) return;
    const DualPoint point = dual_.evaluate(rounded);
    if (point.value > value + options_.dual_tolerance * std::abs(value)) return;
    lambda_ = rounded;
    bound_ = point.bound();
  }

  void declare_infeasible(std::vector<std::size_t> conflict) {
    Certificate& certificate = solution_.certificate;
    certificate.status = Status::infeasible;
    certificate.conflict = std::move(conflict);
    certificate.explanation = explain_conflict(*store_.rules, certificate.conflict);
  }

  void find_choice() {
    if (!box_ && store_.facts.pairs + store_.facts.rows <= whole_options) {
      const CoreAndRows whole = whole_core(comm_, store_);
      search_in(whole);
      if (found_ && !closed()) polish(whole);
      return;
    }
    std::uint64_t types = options_.core_types;
    for (int attempt = 0; attempt < core_attempts && !closed(); ++attempt, types *= core_growth) {
      auto part = core_at(comm_, store_, search_lambda_, types, nudged());
      if (!part) {
        nudge();
        part = core_at(comm_, store_, search_lambda_, types, true);
      }
      const bool unfinished = search_in(*part);
      if (found_ && unfinished && attempt > 0) break;
    }
    if (found_ && !closed() && !nudged())
      polish(*core_at(comm_, store_, search_lambda_, polish_growth * options_.core_types, true));
    if (nudged()) store_.value = std::move(true_value_);
  }

  /// Exchanges of several rows at once, also among rows that the search did not look at.
  void polish(const CoreAndRows& part) {
    const Core& core = part.core;
    const double fixed = core.fixed_value.rounded();
    const Amounts before = amounts_of(comm_, core, part.rows, solution_.choice);
    ExchangeOptions exchanges;
    exchanges.enough = bound_ - 0.5 * options_.gap_tolerance * std::max(1.0, std::abs(bound_)) - fixed;
    Amounts after;
    parallel::on_root(comm_, [&] { after = exchange(core, before, search_lambda_, exchanges); });
    after = parallel::broadcast(comm_, std::move(after));
    if (after == before) return;
    solution_.choice = spread(comm_, store_, core, part.rows, after);
    value_ = fixed + core_value(core, after);
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
    const std::vector<double> true_lambda = lambda_;
    curvature_.clear();  // that of a few large kinks, not of many small ones
    close_in(dual_, 1e-3, 1e-14);
    search_lambda_ = std::exchange(lambda_, true_lambda);
  }

  [[nodiscard]] bool closed() const {
    return found_ && bound_ - value_ <= options_.gap_tolerance * std::max(1.0, std::abs(bound_));
  }

  /// Whether there is more to look at in this core.
  bool search_in(const CoreAndRows& part) {
    const Core& core = part.core;
    const double fixed = core.fixed_value.rounded();
    SearchOptions search_options;
    search_options.gap_tolerance = options_.gap_tolerance;
    search_options.node_limit = options_.node_limit - std::min(options_.node_limit, solution_.certificate.search_nodes);
    if (!core.complete) search_options.work_limit = core_work;
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
      return false;
    }
    if (nudged()) return !result.exhausted;
    // Choices that leave a windowed core lose at least the window, or what every pair that was pruned loses.
    const double inside = result.bound + fixed + rounding;
    const double outside = core.complete ? -infinity : bound_ - std::min(core.window, store_.left_out_loses);
    bound_ = std::min(bound_, std::max(inside, outside));
    solution_.certificate.bound = bound_;
    return !result.exhausted;
  }

  const parallel::Communicator& comm_;
  PairStore& store_;
  const Options& options_;
  StoreDual dual_;
  const MultiplierBox* box_;  ///< for which the store was pruned; null: it holds every pair
  std::vector<double> lambda_;
  Curvature& curvature_;
  std::vector<double> search_lambda_;  ///< multipliers at which the core is taken
  std::vector<double> true_value_;     ///< [pairs] while the store's values are nudged
  std::uint64_t window_passes_ = 0;
  double bound_ = infinity;
  double value_ = 0.0;
  bool found_ = false;
  Solution solution_;
};

}  // namespace

StoreAnswer solve_store(const parallel::Communicator& comm, PairStore& store, const Options& options,
                        std::vector<double> lambda, const MultiplierBox* box, Curvature& curvature) {
  return Solver(comm, store, options, std::move(lambda), box, curvature).run();
}

}  // namespace proffer::allocation
