// From scores and settings to a list within the limits: the rounds of solving that quantile and cvar limits need, and
// what is reserved before (cells of an experiment) or known from before (an earlier list).
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "allocation/population.hpp"
#include "combine/cells.hpp"
#include "combine/list_uses.hpp"
#include "combine/previous_list.hpp"
#include "combine/score_source.hpp"
#include "combine/settings.hpp"
#include "foundation/log.hpp"
#include "offers/scored_batches.hpp"
#include "parallel/communicator.hpp"

namespace proffer::combine {

/// A solved problem. Value, bound and uses of its certificate count the explored offers in; `solution.choice` does not
/// hold them.
struct SolvedList {
  allocation::Solution solution;
  std::vector<ListUse> uses;  ///< per declared limit; empty where there is no answer
  double chosen_value = 0;    ///< value of what was chosen, without what was explored
  [[nodiscard]] bool has_answer() const;
};

/// `scores` and `log` must outlive it.
class ListProblem {
 public:
  /// Collective. Reads the earlier list and finds the cells, where the settings name them. UsageError and DataError
  /// (agreed) for limits that do not fit the scores, for an earlier list that cannot be read.
  ListProblem(const parallel::Communicator& comm, const offers::ScoredBatches& scores, const CombineSettings& settings,
              int threads, const Log& log);
  ~ListProblem();

  /// Collective. Other limits than before, of the same number: solved from the last multipliers, and from what is
  /// already in memory where only right-hand sides differ.
  void set_limits(const std::vector<LimitSettings>& limits);
  /// Independent. Limits that it will be solved for: what is read then serves them too, as far as can be told.
  void expect(std::vector<std::vector<LimitSettings>> later) { expected_ = std::move(later); }
  /// Collective.
  [[nodiscard]] SolvedList solve();

  [[nodiscard]] const std::vector<LimitUse>& limits() const { return limits_; }
  /// Without the cuts of cvar limits.
  [[nodiscard]] std::span<const LimitUse> declared() const {
    return std::span(limits_).first(limits_.size() - cuts_.size());
  }
  [[nodiscard]] const CombineSettings& settings() const { return settings_; }
  [[nodiscard]] const Cells& cells() const { return cells_; }
  [[nodiscard]] const allocation::Population& population() const { return *population_; }

 private:
  [[nodiscard]] std::vector<LimitUse> resolved(const std::vector<LimitSettings>& limits) const;
  void resolve();
  void start_from(const std::filesystem::path& certificate);
  void make_population();
  [[nodiscard]] double tightened(std::size_t k) const;  // bound of limit k, explored offers included
  [[nodiscard]] std::vector<double> bounds() const;     // … what they leave
  [[nodiscard]] std::vector<double> foreseen(const std::vector<LimitUse>& limits) const;
  void expect_bounds();
  bool tighten(const std::vector<ListUse>& uses);
  bool add_cuts(const std::vector<ListUse>& uses);
  [[nodiscard]] ChosenPairs pairs_of(const allocation::Solution& solution) const;
  void count_explored(allocation::Solution& solution) const;

  /// A sum over scenarios that a cvar limit is cut with.
  struct Cut {
    std::size_t declared;
    std::vector<std::pair<std::size_t, double>> mix;
  };

  const parallel::Communicator& comm_;
  const offers::ScoredBatches& scores_;
  CombineSettings settings_;
  int threads_;
  const Log& log_;
  PreviousList previous_;
  PreviousCounts previous_counts_;
  Cells cells_;
  std::vector<std::vector<LimitSettings>> expected_;
  std::vector<Cut> cuts_;
  std::vector<LimitUse> limits_;              // behind the declared ones' the cuts
  std::vector<parallel::ExactSum> explored_;  // [limits] uses of the explored offers
  std::vector<double> margin_;                // [limits] by how much quantile limits are tightened
  std::unique_ptr<ScoreSource> source_;
  std::unique_ptr<allocation::Population> population_;
  std::vector<LimitUse> read_for_;   // the limits that population_ was made for
  std::vector<double> multipliers_;  // of the last solution
};

}  // namespace proffer::combine
