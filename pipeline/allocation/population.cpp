#include "allocation/population.hpp"

#include <optional>
#include <string>
#include <utility>

#include "allocation/pair_store.hpp"
#include "allocation/presolve.hpp"
#include "allocation/report.hpp"
#include "allocation/store_solver.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::allocation {
namespace {

/// Times a box may turn out too small before we give up.
constexpr int readings_per_solution = 8;
/// Pairs that lose less than this, relative to the mean value, stay, so that the search can improve the bound.
constexpr double margin_of_value = 0x1p-10;
const RowNote no_note{};

}  // namespace

struct Population::State {
  const parallel::Communicator* comm;
  const PairSource* source;
  Rules rules;
  Options options;
  std::vector<std::vector<double>> expected;
  std::vector<double> lambda;
  std::optional<PairStore> store;
  std::optional<MultiplierBox> box;  ///< of the store, or of the one to be read; none: every pair is kept
  Curvature curvature;
  double value_mean = 0.0;
  std::uint64_t readings = 0;

  [[nodiscard]] Solution solve();
  [[nodiscard]] Solution solve_whole();
  [[nodiscard]] Solution solve_pruned(std::uint64_t total);
  [[nodiscard]] Solution finished(StoreAnswer answer);
  [[nodiscard]] Solution without_store(const std::optional<Conflict>& conflict, std::uint64_t passes);
  [[nodiscard]] const PairStore& kept() const {
    expects(store.has_value(), "the population was solved");
    return *store;
  }
  [[nodiscard]] std::size_t pair(std::size_t row, std::int32_t offer) const {
    const std::size_t p = kept().find(row, offer);
    expects(p != no_pair, "the pair was kept");
    return p;
  }
};

Solution Population::State::solve() {
  const std::uint64_t total = parallel::sum_over_ranks(*comm, std::uint64_t{source->rows()});
  return total >= 4 * options.sample_rows ? solve_pruned(total) : solve_whole();
}

Solution Population::State::solve_whole() {
  if (!store) {
    store = read_pairs(*comm, *source, rules);
    ++readings;
  }
  return finished(solve_store(*comm, *store, options, lambda, nullptr, curvature));
}

Solution Population::State::finished(StoreAnswer answer) {
  Solution solution = std::move(answer.solution);
  finish(*comm, *store, options, answer.found, solution);
  lambda = solution.multipliers;
  return solution;
}

Solution Population::State::solve_pruned(std::uint64_t total) {
  std::uint64_t passes = 0;
  bool is_presolved = false;
  for (int reading = 0; reading < readings_per_solution; ++reading) {
    if (!box) {
      options.start = lambda;
      Presolved presolved = presolve(*comm, *source, rules, total, expected, options);
      readings += presolved.passes;
      passes += presolved.passes;
      if (!presolved.found) return without_store(presolved.conflict, passes);
      lambda = std::move(presolved.lambda);
      box = std::move(presolved.box);
      value_mean = presolved.value_mean;
      curvature = std::move(presolved.curvature);
      is_presolved = true;
    }
    if (!store) {
      store = read_pairs_near(*comm, *source, rules, *box, margin_of_value * value_mean);
      ++readings;
    }
    StoreAnswer answer = solve_store(*comm, *store, options, lambda, &*box, curvature);
    answer.solution.certificate.passes += passes;
    if (!answer.left_box) return finished(std::move(answer));
    passes = answer.solution.certificate.passes;
    lambda = answer.solution.multipliers;
    store.reset();
    // The multipliers of other bounds may be anywhere; those of the sample's bounds are near.
    if (is_presolved)
      box = widened(rules, *box, lambda);
    else
      box.reset();
  }
  return without_store(std::nullopt, passes);
}

/// The answer where no box of multipliers is known: a proof that the limits conflict, or nothing.
Solution Population::State::without_store(const std::optional<Conflict>& conflict, std::uint64_t passes) {
  Solution solution;
  solution.choice.assign(source->rows(), -1);
  solution.multipliers.assign(rules.limits.size(), 0.0);
  solution.certificate.passes = passes;
  if (conflict) {
    solution.certificate.status = Status::infeasible;
    solution.certificate.conflict = conflict->limits;
    solution.certificate.explanation = explain_conflict(rules, conflict->limits);
  }
  PairStore nothing;
  nothing.rules = &rules;
  finish(*comm, nothing, options, false, solution);
  return solution;
}

Population::Population(const parallel::Communicator& comm, const PairSource& source, Rules rules, Options options)
    : state_(std::make_unique<State>()) {
  if (!options.start.empty() && options.start.size() != rules.limits.size())
    throw UsageError({"there are " + std::to_string(options.start.size()) + " starting multipliers for " +
                          std::to_string(rules.limits.size()) + " limits",
                      "each limit has one", "leave them out or give one per limit"});
  state_->comm = &comm;
  state_->source = &source;
  state_->lambda = options.start;
  state_->lambda.resize(rules.limits.size(), 0.0);
  state_->rules = std::move(rules);
  state_->options = std::move(options);
}
Population::~Population() = default;
Population::Population(Population&&) noexcept = default;
Population& Population::operator=(Population&&) noexcept = default;

void Population::expect(std::vector<std::vector<double>> bounds) {
  state_->expected = std::move(bounds);
}

Solution Population::solve() {
  return state_->solve();
}

Solution Population::solve(std::span<const double> bounds) {
  expects(bounds.size() == state_->rules.limits.size(), "there is one bound per limit");
  for (std::size_t k = 0; k < bounds.size(); ++k) state_->rules.limits[k].bound = bounds[k];
  return state_->solve();
}

Explanation Population::explain(const Solution& solution, std::size_t first, std::size_t count) const {
  if (state_->store) return explain_rows(*state_->store, solution, first, count);
  Explanation nothing;
  nothing.reduced_value.assign(count, 0.0);
  nothing.runner_up.assign(count, -1);
  nothing.runner_up_reduced.assign(count, -infinity);
  return nothing;
}

std::size_t Population::rows() const {
  return state_->source->rows();
}
std::uint64_t Population::id(std::size_t row) const {
  return state_->kept().id[row];
}
const RowNote& Population::row_note(std::size_t row) const {
  const PairStore& store = state_->kept();
  return store.row_note.empty() ? no_note : store.row_note[row];
}
std::uint64_t Population::pair_note(std::size_t row, std::int32_t offer) const {
  const PairStore& store = state_->kept();
  return store.pair_note.empty() ? 0 : store.pair_note[state_->pair(row, offer)];
}
double Population::value(std::size_t row, std::int32_t offer) const {
  return state_->kept().value[state_->pair(row, offer)];
}
std::uint64_t Population::pairs_kept() const {
  return state_->store ? state_->store->value.size() : 0;
}
std::uint64_t Population::readings() const {
  return state_->readings;
}

Solution solve(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
               const Options& options) {
  Population population(comm, source, rules, options);
  Solution solution = population.solve();
  static_cast<Explanation&>(solution) = population.explain(solution, 0, solution.choice.size());
  return solution;
}

}  // namespace proffer::allocation
