#include "combine/list_problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "combine/certificate_file.hpp"
#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "statistics/normal.hpp"

namespace proffer::combine {
namespace {

using allocation::Sense;

constexpr int most_rounds = 40;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Whether a population read for some limits serves these: all but the right-hand sides are equal.
bool same_uses(const std::vector<LimitUse>& a, const std::vector<LimitUse>& b) {
  return std::ranges::equal(a, b, [](const LimitUse& x, const LimitUse& y) {
    return x.name == y.name && x.settings.sense == y.settings.sense && x.settings.tolerance == y.settings.tolerance &&
           x.weight == y.weight && x.quantity == y.quantity && x.filter.segments == y.filter.segments;
  });
}

/// The bound that is left when `taken_off` (the negative of what is used already) is counted in; rounded so that the
/// limit surely holds.
double rest_of(const LimitUse& limit, double bound, parallel::ExactSum taken_off) {
  taken_off.add(bound);
  const double rounded = taken_off.rounded();
  const int exact = taken_off.compare(rounded);
  if (limit.settings.sense == Sense::at_most && exact < 0) return std::nextafter(rounded, -infinity);
  if (limit.settings.sense == Sense::at_least && exact > 0) return std::nextafter(rounded, infinity);
  return rounded;
}

std::vector<std::pair<std::size_t, double>> mix_of(const std::vector<double>& weights) {
  std::vector<std::pair<std::size_t, double>> mix;
  for (std::size_t s = 0; s < weights.size(); ++s)
    if (weights[s] > 0) mix.emplace_back(s, weights[s]);
  return mix;
}

bool names_segments(const std::vector<LimitSettings>& limits) {
  return std::ranges::any_of(limits, [](const LimitSettings& limit) {
    return (limit.measure == Measure::changed || limit.measure == Measure::lost) && !limit.segments.empty();
  });
}

}  // namespace

bool SolvedList::has_answer() const {
  const allocation::Status status = solution.certificate.status;
  return status == allocation::Status::certified || status == allocation::Status::feasible;
}

ListProblem::ListProblem(const parallel::Communicator& comm, const offers::ScoredBatches& scores,
                         const CombineSettings& settings, int threads, const Log& log)
    : comm_(comm), scores_(scores), settings_(settings), threads_(threads), log_(log) {
  // What is wrong with the limits is said before anything is read.
  parallel::together(comm_, [&] { static_cast<void>(resolve_limits(settings_, scores_.schema())); });
  if (settings_.previous) {
    previous_ = PreviousList(comm_, *settings_.previous, scores_);
    previous_counts_ = previous_.counts(comm_, scores_, names_segments(settings_.limits));
  }
  cells_ = find_cells(comm_, scores_, previous_, settings_.cells, settings_.seed);
  resolve();
  if (settings_.start_from) start_from(*settings_.start_from);
}

ListProblem::~ListProblem() = default;

/// Wherever the search begins, the list is certified by the same bound: an earlier run only saves passes.
void ListProblem::start_from(const std::filesystem::path& certificate) {
  std::map<std::string, double> prices;
  parallel::together(comm_, [&] { prices = read_shadow_prices(certificate); });
  for (const LimitUse& limit : limits_) {
    const auto price = prices.find(limit.name);
    multipliers_.push_back(price == prices.end() ? 0.0 : price->second);
  }
}

void ListProblem::set_limits(const std::vector<LimitSettings>& limits) {
  settings_.limits = limits;
  margin_.clear();
  resolve();
}

/// The solver's limits, cuts behind. Independent.
std::vector<LimitUse> ListProblem::resolved(const std::vector<LimitSettings>& limits) const {
  CombineSettings settings = settings_;
  settings.limits = limits;
  std::vector<LimitUse> uses = resolve_limits(settings, scores_.schema(), previous_counts_);
  for (const Cut& cut : cuts_) {
    LimitUse limit = *std::ranges::find(uses, cut.declared, &LimitUse::declared);
    limit.quantity.mix = cut.mix;
    limit.name = fmt::format("{} (cut {})", limit.settings.name, &cut - cuts_.data() + 1);
    uses.push_back(std::move(limit));
  }
  return uses;
}

void ListProblem::resolve() {
  parallel::together(comm_, [&] { limits_ = resolved(settings_.limits); });
  margin_.resize(limits_.size(), 0.0);
  explored_ =
      cells_.explores() ? cells_.negative_uses(comm_, limits_) : std::vector<parallel::ExactSum>(limits_.size());
}

double ListProblem::tightened(std::size_t k) const {
  const LimitUse& limit = limits_[k];
  return limit.settings.sense == Sense::at_least ? limit.bound + margin_[k] : limit.bound - margin_[k];
}

std::vector<double> ListProblem::bounds() const {
  std::vector<double> bounds;
  for (std::size_t k = 0; k < limits_.size(); ++k)
    bounds.push_back(cells_.explores() ? rest_of(limits_[k], tightened(k), explored_[k]) : tightened(k));
  return bounds;
}

/// Bounds of these limits where quantile limits will end, as far as the common shock says.
std::vector<double> ListProblem::foreseen(const std::vector<LimitUse>& limits) const {
  std::vector<double> later;
  for (const LimitUse& limit : limits) {
    double margin = 0;
    if (limit.settings.basis == Basis::quantile)
      margin = statistics::normal_quantile(limit.settings.quantile) * settings_.common_shock * std::abs(limit.bound);
    later.push_back(limit.bound + (limit.settings.sense == Sense::at_least ? margin : -margin));
  }
  return later;
}

/// Tells the population for which bounds it will be solved.
void ListProblem::expect_bounds() {
  std::vector<std::vector<double>> later;
  const bool quantiles =
      std::ranges::any_of(limits_, [](const LimitUse& limit) { return limit.settings.basis == Basis::quantile; });
  if (quantiles) later.push_back(foreseen(limits_));
  parallel::together(comm_, [&] {
    for (const std::vector<LimitSettings>& expected : expected_) {
      const std::vector<LimitUse> limits = resolved(expected);
      if (same_uses(limits, read_for_)) later.push_back(foreseen(limits));
    }
  });
  if (!later.empty()) population_->expect(std::move(later));
}

void ListProblem::make_population() {
  read_for_ = limits_;
  source_ = std::make_unique<ScoreSource>(scores_, read_for_, log_, ScoreSource::Reserved{&previous_, &cells_});
  allocation::Options options;
  options.gap_tolerance = settings_.gap_tolerance;
  options.node_limit = static_cast<std::uint64_t>(settings_.node_limit);
  options.threads = threads_;
  if (!multipliers_.empty()) {
    options.start = multipliers_;
    options.start.resize(limits_.size(), 0.0);
  }
  population_ = std::make_unique<allocation::Population>(comm_, *source_, source_->rules(bounds()), options);
}

ChosenPairs ListProblem::pairs_of(const allocation::Solution& solution) const {
  return [this, chosen = chosen_pairs(*population_, solution)](const std::function<void(const PairFacts&)>& take) {
    chosen(take);
    for (const Explored& one : cells_.explored) take(one.pair);
  };
}

/// By how much each quantile limit must be tightened so that it holds with its probability, given this list's spread.
bool ListProblem::tighten(const std::vector<ListUse>& uses) {
  bool changed = false;
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    const LimitSettings& limit = limits_[k].settings;
    if (limit.basis != Basis::quantile) continue;
    const RealisedUse& use = uses[limits_[k].declared].scored;
    const double margin = statistics::normal_quantile(limit.quantile) * use.deviation;
    const bool over = limit.sense != Sense::at_least && use.mean + margin > limits_[k].bound + limit.tolerance;
    const bool under = limit.sense == Sense::at_least && use.mean - margin < limits_[k].bound - limit.tolerance;
    if (!over && !under) continue;
    margin_[k] = std::max(margin_[k], margin);
    changed = true;
  }
  return changed;
}

/// CVaR is the greatest of sums Σ q_s loss_s. The one that is greatest for this list becomes a limit of its own; there
/// are finitely many such q, so that this ends, and every problem solved on the way has the declared one's lists among
/// its own: its bound holds for the declared one.
bool ListProblem::add_cuts(const std::vector<ListUse>& uses) {
  bool added = false;
  for (std::size_t d = 0; d < settings_.limits.size(); ++d) {
    const LimitSettings& limit = settings_.limits[d];
    if (limit.basis != Basis::cvar) continue;
    const CvarOfList cvar = cvar_of(uses[d], settings_.scenarios, limit.quantile);
    const LimitUse& first = *std::ranges::find(limits_, d, &LimitUse::declared);
    if (cvar.value <= first.bound + limit.tolerance) continue;
    const auto mix = mix_of(cvar.weights);
    const bool known =
        std::ranges::any_of(limits_, [&](const LimitUse& one) { return one.declared == d && one.quantity.mix == mix; });
    if (known || limits_.size() + (added ? 1 : 0) >= allocation::max_limits) continue;
    cuts_.push_back({d, mix});
    added = true;
  }
  if (added) resolve();
  return added;
}

/// Counts the explored offers into value, bound and uses: again the exact sums over the whole list, rounded once.
void ListProblem::count_explored(allocation::Solution& solution) const {
  std::vector<parallel::ExactSum> uses(limits_.size() + 1);
  pairs_of(solution)([&](const PairFacts& pair) {
    for (std::size_t k = 0; k < limits_.size(); ++k)
      if (const double use = limits_[k].use(pair); use != 0) uses[k].add(use);
  });
  for (std::size_t row = 0; row < solution.choice.size(); ++row)
    if (solution.choice[row] >= 0) uses.back().add(population_->value(row, solution.choice[row]));
  for (const Explored& one : cells_.explored) uses.back().add(one.value);
  parallel::all_reduce(comm_, std::span(uses));
  allocation::Certificate& certificate = solution.certificate;
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    allocation::LimitReport& limit = certificate.limits[k];
    limit.limit = tightened(k);
    limit.use = uses[k].rounded();
    limit.holds = (limit.sense == Sense::at_least || uses[k].compare(limit.limit + limit.tolerance) <= 0) &&
                  (limit.sense == Sense::at_most || uses[k].compare(limit.limit - limit.tolerance) >= 0);
  }
  const double explored = cells_.value.rounded();
  certificate.value = uses.back().rounded();
  certificate.bound = std::nextafter(certificate.bound + explored, infinity);
  certificate.relaxed_bound = std::nextafter(certificate.relaxed_bound + explored, infinity);
  certificate.gap = (certificate.bound - certificate.value) / std::max(1.0, std::abs(certificate.bound));
  if (certificate.status == allocation::Status::certified || certificate.status == allocation::Status::feasible)
    certificate.status =
        certificate.gap <= settings_.gap_tolerance ? allocation::Status::certified : allocation::Status::feasible;
}

SolvedList ListProblem::solve() {
  SolvedList solved;
  for (int round = 0; round < most_rounds; ++round) {
    if (!population_ || !same_uses(limits_, read_for_)) {
      make_population();
      expect_bounds();
    }
    solved.solution = population_->solve(bounds());
    solved.chosen_value = solved.solution.certificate.value;
    if (cells_.explores()) count_explored(solved.solution);
    if (!solved.has_answer()) return solved;
    multipliers_ = solved.solution.multipliers;
    solved.uses = list_uses(comm_, limits_, pairs_of(solved.solution), settings_.common_shock);
    const bool tightened = tighten(solved.uses);
    const std::size_t before = cuts_.size();
    if (!add_cuts(solved.uses) && !tightened) return solved;
    // The solution's certificate speaks of the limits it was solved with.
    if (cuts_.size() > before) solved.uses.clear();
  }
  solved.solution.certificate.status = allocation::Status::not_found;
  solved.solution.certificate.explanation =
      fmt::format("the limits with basis quantile or cvar did not settle in {} rounds", most_rounds);
  return solved;
}

}  // namespace proffer::combine
